"""Read ids of events and requests as senders write them (E2)."""

from typing import Final

from mapping.fields.placeholders import LONGEST, own_text
from mapping.incoming.kinds import Leaf
from mapping.values import text

STARTS: Final = frozenset("123456789abcdeABCDE")
_NO_UUIDS: Final = frozenset({"00000000", "ffffffff", "FFFFFFFF", "urn:uuid"})
_EXACT: Final = 2**53
"""Floats above it have lost digits: two ids may have become one."""


def is_plainly_id(identifier: str) -> bool:
    """Return whether text is certainly an id, by its beginning; most ids are UUIDs."""
    return len(identifier) > LONGEST and (
        identifier[0] in STARTS or (identifier[0].isalnum() and identifier[:8] not in _NO_UUIDS)
    )


def usable_id(value: Leaf) -> str | None:
    """Return the id as text, exact at any length; None for a value that can be no id."""
    if type(value) is str and is_plainly_id(value):
        return value
    if isinstance(value, bool) or (isinstance(value, float) and not (value.is_integer() and abs(value) <= _EXACT)):
        return None
    identifier = text(value)
    return own_text(identifier) if isinstance(identifier, str) else None
