"""The chart of daily counts: the drawing shows the numbers."""

from datetime import date, timedelta

import pytest

from console.chart import HEIGHT, WIDTH, chart_of
from operations.status.daily import Day

TODAY = date(2026, 11, 25)


def day(days_ago: int, **counts: int) -> Day:
    """Return a day with these counts; `delivered` and `dead_lettered` are of one TikTok event."""
    result = Day(TODAY - timedelta(days=days_ago))
    names = {"delivered": "delivered:Search", "dead_lettered": "dead_lettered:Search:expired"}
    result.add((names.get(name, name), number) for name, number in counts.items())
    return result


def test_columns_are_in_order_of_time_and_fill_the_width() -> None:
    """The oldest is first, and all are equally wide."""
    chart = chart_of([day(0), day(1), day(2), day(3)])
    assert [column.day.date for column in chart.columns] == [TODAY - timedelta(days=n) for n in (3, 2, 1, 0)]
    assert [column.x for column in chart.columns] == [0, 250, 500, 750]
    assert chart.columns[-1].x + chart.columns[-1].width == WIDTH


def test_bars_are_as_high_as_their_numbers_and_stacked() -> None:
    """From the bottom up: delivered, not for TikTok, waiting, dead-lettered."""
    chart = chart_of([day(0, accepted=100, delivered=50, unsupported=10, withheld=10, dead_lettered=20)])
    (column,) = chart.columns
    assert chart.top == 100
    assert [(bar.kind, bar.height) for bar in column.bars] == [
        ("delivered", 50),
        ("unsent", 20),
        ("waiting", 10),
        ("dead-lettered", 20),
    ]
    assert [bar.y for bar in column.bars] == [50, 30, 20, 0]


def test_one_event_among_a_million_is_visible() -> None:
    """Every number above 0 has a bar."""
    (column,) = chart_of([day(0, accepted=1_000_000, delivered=999_999, dead_lettered=1)]).columns
    assert [bar.kind for bar in column.bars] == ["delivered", "dead-lettered"]
    assert all(bar.height >= 1 for bar in column.bars)
    assert all(0 <= bar.y <= HEIGHT for bar in column.bars)


@pytest.mark.parametrize(
    ("number", "top"), [(0, 1), (1, 1), (7, 8), (9, 10), (10, 10), (11, 20), (399, 400), (401, 500), (8_001, 10_000)]
)
def test_the_full_height_is_the_next_round_number(number: int, top: int) -> None:
    """A chart without events has height 1."""
    assert chart_of([day(0, accepted=number)]).top == top
