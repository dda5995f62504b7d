"""How an event ended, to the TikTok event and the reason: the names under which the days of the books count."""

from typing import NamedTuple


class OutcomeName(NamedTuple):
    """A count of a day: `name` as the books have it; for `delivered` and `dead` the TikTok event, "" where none is
    known, and for `dead` the reason.
    """

    name: str
    tiktok_event: str = ""
    reason: str = ""


def delivered(tiktok_event: str) -> str:
    """The name of a delivery as this TikTok event."""
    return f"delivered:{tiktok_event}"


def dead_lettered(tiktok_event: str | None, reason: str) -> str:
    """The name of a death by this reason."""
    return f"dead:{tiktok_event or ''}:{reason}"


def read_outcome_name(name: str) -> OutcomeName:
    """What a name says; names that are the books' own are said as they are."""
    return OutcomeName(*name.split(":", 2))
