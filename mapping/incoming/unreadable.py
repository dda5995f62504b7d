"""Find the field that makes an event unreadable, from the decoder's message and without quoting the event."""

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
    """Return the sender's id of an unreadable event, when that much of it is readable."""
    try:
        data = _decode(raw).data
    except UNREADABLE:
        return None
    return None if data is None else own_id(data.source_message_id, data.event_id)


def explain_unreadable(error: Exception) -> tuple[str | None, str]:
    """Return the field by its incoming name, None for the event itself, and a sentence on what it must be."""
    if isinstance(error, RecursionError):
        return None, "The event is nested too deeply to be read."
    if not isinstance(error, msgspec.ValidationError):
        return None, "The event holds text that is not valid JSON in UTF-8."
    message = str(error)
    found = _PATH.search(message)
    field = _PREFIX.sub("", found["path"]) if found else ""
    expected = _EXPECTED.match(message)
    if expected is None:
        return field or None, f"{field or 'The event'} holds a number too large to be read."
    return field or None, f"{field or 'An event'} must be {_KINDS[expected[1]]}."
