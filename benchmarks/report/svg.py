"""Draw a bar chart as SVG text: a bar and its value in each row, with a line from the worst round to the best."""

from collections.abc import Sequence
from typing import Final, NamedTuple
from xml.sax.saxutils import escape

WIDTH: Final = 760
LABELS: Final = 250
VALUES: Final = 130
ROW: Final = 30
TOP: Final = 52
BOTTOM: Final = 18
_STYLE: Final = (
    "text{font:13px system-ui,sans-serif;fill:#1f2933}.title{font-size:15px;font-weight:600}.quiet{fill:#616e7c}"
    ".ours{fill:#2f6f9f}.theirs{fill:#b8c4ce}.spread,.target{stroke:#1f2933}.target{stroke-dasharray:4 3}"
)


class Bar(NamedTuple):
    """One row. `target` is drawn as a dashed line, None for none; `ours` selects the colour."""

    label: str
    value: float
    low: float
    high: float
    ours: bool = True
    target: float | None = None


def bar_chart(title: str, unit: str, bars: Sequence[Bar]) -> str:
    """Return the whole document; bars start at zero and share one scale."""
    most = max(max(bar.high, bar.target or 0) for bar in bars)
    scale = (WIDTH - LABELS - VALUES) / most
    height = TOP + ROW * len(bars) + BOTTOM
    rows = [_row(bar, TOP + ROW * number, scale) for number, bar in enumerate(bars)]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">',
            f"<style>{_STYLE}</style>",
            f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
            f'<text class="title" x="16" y="24">{escape(title)}</text>',
            f'<text class="quiet" x="16" y="42">{escape(unit)}</text>',
            *rows,
            "</svg>",
            "",
        ]
    )


def shown(value: float) -> str:
    """Return the figure rounded to three digits or to a whole number."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _row(bar: Bar, top: float, scale: float) -> str:
    middle, end = top + ROW / 2, LABELS + bar.value * scale
    after = LABELS + max(bar.value, bar.high, bar.target or 0) * scale + 8
    colour = "ours" if bar.ours else "theirs"
    parts = [
        f'<text x="{LABELS - 10}" y="{middle + 5}" text-anchor="end">{escape(bar.label)}</text>',
        f'<rect class="{colour}" x="{LABELS}" y="{top + 6}" width="{max(end - LABELS, 1):.1f}" height="{ROW - 12}"/>',
        _line("spread", LABELS + bar.low * scale, middle, LABELS + bar.high * scale, middle),
        f'<text x="{after:.1f}" y="{middle + 5}">{shown(bar.value)}</text>',
    ]
    if bar.target is not None:
        at = LABELS + bar.target * scale
        parts.append(_line("target", at, top + 2, at, top + ROW - 2))
    return "".join(parts)


def _line(name: str, x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<line class="{name}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'
