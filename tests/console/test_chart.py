"""The chart of the books: what is drawn stands for the numbers."""

from datetime import date, timedelta

import pytest

from console.chart import HEIGHT, WIDTH, chart_of
from operations.status.daily import Day

TODAY = date(2026, 11, 25)


def day(days_ago: int, **counts: int) -> Day:
    """A day with these counts; `delivered` and `dead` are of one TikTok event."""
    made = Day(TODAY - timedelta(days=days_ago))
    names = {"delivered": "delivered:Search", "dead": "dead_lettered:Search:expired"}
    made.add((names.get(name, name), number) for name, number in counts.items())
    return made


def test_columns_stand_in_the_order_of_time_and_fill_the_field() -> None:
    """Oldest first, each as wide as the others."""
    chart = chart_of([day(0), day(1), day(2), day(3)])
    assert [column.day.date for column in chart.columns] == [TODAY - timedelta(days=n) for n in (3, 2, 1, 0)]
    assert [column.x for column in chart.columns] == [0, 250, 500, 750]
    assert chart.columns[-1].x + chart.columns[-1].width == WIDTH


def test_parts_are_as_high_as_their_numbers_and_stand_on_each_other() -> None:
    """From the ground up: delivered, what is not for TikTok, what waits, what died."""
    chart = chart_of([day(0, accepted=100, delivered=50, unsupported=10, withheld=10, dead=20)])
    (column,) = chart.columns
    assert chart.most == 100
    assert [(part.kind, part.height) for part in column.parts] == [
        ("delivered", 50),
        ("unsent", 20),
        ("open", 10),
        ("dead", 20),
    ]
    assert [part.y for part in column.parts] == [50, 30, 20, 0]


def test_one_among_a_million_is_seen() -> None:
    """What is there at all is a line at least."""
    (column,) = chart_of([day(0, accepted=1_000_000, delivered=999_999, dead=1)]).columns
    assert [part.kind for part in column.parts] == ["delivered", "dead"]
    assert all(part.height >= 1 for part in column.parts)
    assert all(0 <= part.y <= HEIGHT for part in column.parts)


@pytest.mark.parametrize(
    ("number", "most"), [(0, 1), (1, 1), (7, 8), (9, 10), (10, 10), (11, 20), (399, 400), (401, 500), (8_001, 10_000)]
)
def test_the_full_height_is_a_round_number_that_is_not_below_the_highest(number: int, most: int) -> None:
    """Also without any event."""
    assert chart_of([day(0, accepted=number)]).most == most
