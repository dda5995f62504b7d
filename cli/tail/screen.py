"""What `relay tail` prints for an event: how it ended, then source, request and answer."""

from typing import Any, Final

import msgspec
from rich.text import Text

from cli.terminal.output import BAD, CAREFUL, GOOD, MUTED, plain

_STYLES: Final = {"delivered": GOOD, "dead_lettered": BAD, "withheld": CAREFUL, "unsupported": MUTED}


def block(event: dict[str, Any]) -> Text:
    """Return the lines of one event."""
    outcome = event["outcome"]
    text = Text()
    text.append(f"{event['ended_at']}  ", style=MUTED)
    text.append(f"{outcome.replace('_', '-'):<13} ", style=_STYLES.get(outcome, ""))
    words = (event["connection"], event["tiktok_event"], event["event_id"] or "no event id")
    text.append(plain("  ".join(word for word in words if word)) + "\n")
    for name, shown in _rows(event):
        text.append(f"  {name:<8} ", style=MUTED)
        text.append(f"{plain(shown)}\n")
    return text


def _rows(event: dict[str, Any]) -> list[tuple[str, str]]:
    rows = [("source", _compact(event["source"])), ("request", _compact(event["request"]))]
    if event["tiktok_code"] is not None or event["tiktok_request_id"]:
        answer = f"code {event['tiktok_code']}, request id {event['tiktok_request_id'] or 'none'}"
        rows.append(("TikTok", f"{answer}, attempt {event['attempts']}"))
    rows.append(("why", ": ".join(text for text in (event["reason"], event["message"]) if text)))
    rows.append(("keys", ", ".join(event["match_keys"])))
    rows += [("note", note) for note in event["notes"]]
    return [row for row in rows if row[1]]


def _compact(value: Any) -> str:
    return "" if value is None else value if isinstance(value, str) else msgspec.json.encode(value).decode()
