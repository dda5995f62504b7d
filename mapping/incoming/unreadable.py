"""Which field of an event made it unreadable, told from the decoder's complaint without quoting the event."""

import re

import msgspec

from mapping.incoming.event import UNREADABLE, own_id
from mapping.incoming.kinds import Leaf

_PATH = re.compile(r" - at `\$(?P<path>[^`]*)`$")
_PREFIX = re.compile(r"^\.(?:data\.)?(?:product_action\.(?=products))?")
_KINDS = {"array": "a list", "object": "an object"}
_EXPECTED = re.compile(r"^Expected `(object|array)")


class _Data(msgspec.Struct):
    source_message_id: Leaf = None
    event_id: Leaf = None


class _Event(msgspec.Struct):
    data: _Data | None = None


_decode = msgspec.json.Decoder(_Event).decode


def own_id_of(raw: bytes) -> str | None:
    """The id that an unreadable event has all the same, when that much of it can be read."""
    try:
        data = _decode(raw).data
    except UNREADABLE:
        return None
    return None if data is None else own_id(data.source_message_id, data.event_id)


def explain_unreadable(error: Exception) -> tuple[str | None, str]:
    """The field, by its incoming name and None for the event itself, and a sentence that says what it must be."""
    if isinstance(error, RecursionError):
        return None, "The event is nested too deeply to be read."
    if not isinstance(error, msgspec.ValidationError):
        return None, "The event holds text that is not valid JSON in UTF-8."
    complaint = str(error)
    found = _PATH.search(complaint)
    field = _PREFIX.sub("", found["path"]) if found else ""
    expected = _EXPECTED.match(complaint)
    if expected is None:
        return field or None, f"{field or 'The event'} holds a number too large to be read."
    return field or None, f"{field or 'An event'} must be {_KINDS[expected[1]]}."
