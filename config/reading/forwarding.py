"""Read `forward` and the switches of native events."""

import re
from typing import Final

from config.model import Forward
from config.reading.conditions import CONDITION
from config.reading.readers import Reader, boolean, exactly, refuse, shown, text
from config.reading.records import KeyRow, Record, listing
from config.reading.yaml_tree import Node
from config.vocabulary import TIKTOK_EVENTS

PPM: Final = 1_000_000
_PERCENT: Final = re.compile(r"(\d{1,3})(?:\.(\d{1,4}))?%", re.ASCII)
_OFF: Final = ("off", "false", "no")
_EXAMPLE: Final = "[{attribute: channel, in: [web, shop]}]"


def _sample(name: str, node: Node) -> int | None:
    value = text(name, node)
    found = _PERCENT.fullmatch(value)
    ppm = int(found[1]) * 10_000 + int((found[2] or "0").ljust(4, "0")) if found else -1
    if not 0 <= ppm <= PPM:
        refuse(node, f"`{name}` is `{shown(value)}`: allowed is a share of the users from 0.0001% to 100%, such as 25%")
    if not ppm:
        refuse(node, f"`{name}` is 0% and would withhold every event: write `enabled: false` on the connection instead")
    return None if ppm == PPM else ppm


sample: Reader[int | None] = Reader(_sample, {"type": "string", "pattern": f"^(?:{_PERCENT.pattern})$"})
"""A share of the users such as `25%`, in millionths; None for all of them."""

FORWARD: Final[Record[Forward]] = Record(
    make=Forward,
    what="`forward`",
    example="{only_if: [{attribute: channel, in: [web, shop]}], sample: 25%}",
    rows={
        "only_if": KeyRow(
            listing(CONDITION, _EXAMPLE), "Conditions that must all hold; else the event is withheld.", default="[]"
        ),
        "never_if": KeyRow(listing(CONDITION, _EXAMPLE), "Conditions of which any withholds the event.", default="[]"),
        "logged_in_only": KeyRow(
            boolean, "Withhold the events of users without a customer id and without an email address.", default="false"
        ),
        "sample": KeyRow(
            sample,
            "Forward the events of this share of the users only; a user is always in or always out.",
            to="sample_ppm",
            default="100%",
        ),
    },
)

_event = exactly((*TIKTOK_EVENTS, _OFF[0]))


def _native_event(name: str, node: Node) -> str | None:
    return None if text(name, node).lower() in _OFF else _event(name, node)


native_event: Reader[str | None] = Reader(_native_event, {"enum": [*TIKTOK_EVENTS, _OFF[0], False]})
"""A TikTok event, or None for `off`; older YAML readers read `off` as false."""
