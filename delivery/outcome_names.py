"""Name how an event ended, with its TikTok event and reason: the names of the daily counts."""

from typing import Final, NamedTuple

OUTCOMES: Final = ("delivered", "dead_lettered", "withheld", "unsupported")
"""How an event that was mapped can end without an operator."""
WITHHELD: Final = "withheld:"
"""What begins the names that count by rule; the script that appends writes them too."""


class OutcomeName(NamedTuple):
    """A daily count: `name` is the ledger's; `delivered` and `dead` also have a TikTok event, `dead` also a reason.

    `tiktok_event` is "" where the event could not be read. The reason of `withheld` is the rule.
    """

    name: str
    tiktok_event: str = ""
    reason: str = ""


def delivered(tiktok_event: str) -> str:
    """Return the name that counts deliveries as this TikTok event."""
    return f"delivered:{tiktok_event}"


def dead_lettered(tiktok_event: str | None, reason: str) -> str:
    """Return the name that counts dead letters with this TikTok event and reason."""
    return f"dead_lettered:{tiktok_event or ''}:{reason}"


def withheld(rule: str) -> str:
    """Return the name that counts events that this rule withholds."""
    return f"{WITHHELD}{rule}"


def read_outcome_name(name: str) -> OutcomeName:
    """Return the parts of a name."""
    if name.startswith(WITHHELD):
        return OutcomeName("withheld", reason=name.removeprefix(WITHHELD))
    return OutcomeName(*name.split(":", 2))
