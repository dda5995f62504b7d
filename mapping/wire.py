"""The request shapes of TikTok's two APIs: where a row's field belongs, what surrounds it, and the request."""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import msgspec

from config.routes import Route
from mapping.fields.event_time import iso_8601
from mapping.fields.rules import Rule, only_one, written
from mapping.tables import Row

Document = dict[str, Any]
"""An event, or a part of one, as nested objects."""

encode = msgspec.json.Encoder().encode

_EMPTY: Final = b"{}"
_NO_ENDS: Final = (b"", b"", b"")


class Shape(NamedTuple):
    """One API's column of the tables, the constants of each event, and the names of a request's fields."""

    column: str
    constants: Document
    source_id: str
    events: str
    takes_tests: bool


TRACK = Shape("track", {}, "event_source_id", "data", takes_tests=True)
LEGACY = Shape("legacy", {"type": "track"}, "pixel_code", "batch", takes_tests=False)


def shape_of(route: Route) -> Shape:
    """Return the shape of requests on a route."""
    return LEGACY if route.event_source is None else TRACK


def path_of(row: Row, shape: Shape) -> str | None:
    """Return the path of a row's field in this shape; None when this API has no such field."""
    path: str | None = getattr(row, shape.column)
    return path


def represented(row: Row, path: str, rule: Rule) -> Rule:
    """Return `rule` with the representation of this API: one value where the other takes a list, time as text."""
    if row.track is not None and row.track.endswith("[]") and not path.endswith("[]"):
        return only_one(rule)
    return written(rule, iso_8601) if path == "timestamp" else rule


def represented_result(row: Row, path: str, result: str) -> str:
    """Return an expression for one value, `result`, with the same representation."""
    if row.track is not None and row.track.endswith("[]") and path.endswith("[]"):
        return f"[{result}]"
    return f"iso_8601({result})" if path == "timestamp" else result


class Place(NamedTuple):
    """The place of a field: the keys of the objects around it, outermost first, and its own key."""

    within: tuple[str, ...]
    key: str


def place_of(path: str) -> Place:
    """Return the place that a path of the tables names."""
    *within, key = path.removesuffix("[]").split(".")
    return Place(tuple(within), key)


class Envelope(NamedTuple):
    """A request's body around its events."""

    before: bytes
    after: bytes

    def around(self, events: Sequence[bytes]) -> bytes:
        """Return the body with these events, which are JSON already."""
        return b"".join((self.before, b",".join(events), self.after))


def envelope(route: Route, shape: Shape, event_source_id: str, test_event_code: str | None = None) -> Envelope:
    """Return a request's body without its events; a test code applies to all events of the request (X8)."""
    source = {} if route.event_source is None else {"event_source": route.event_source}
    test = {"test_event_code": test_event_code} if test_event_code and shape.takes_tests else {}
    fields = encode({**source, shape.source_id: event_source_id, **test, shape.events: []})
    return Envelope(fields[:-2], b"]}")


class Spliced:
    """The fields that many events share, spliced into the JSON of each event.

    They are encoded for the second event: a lone one costs less as one document. `joined` names the one object that an
    event may have as well: its own fields then come first. "" is no object.
    """

    __slots__ = ("_ends", "_fields", "_is_used", "_joined")

    def __init__(self, document: Document, joined: str) -> None:
        self._joined = joined
        self._fields: Document | None = document
        self._is_used = False
        self._ends = _NO_ENDS

    def complete(self, document: Document) -> bytes:
        """Return the JSON of an event with these fields; the document is not to be used any more."""
        own, fields = document.pop(self._joined, None), self._fields
        if fields is not None:  # until they are encoded, by any thread
            if not self._is_used:
                self._is_used = True
                return _whole(document, own, fields, self._joined)
            self._ends = _ends_of(fields, self._joined)
            self._fields = None
        end, before_own, end_of_joined = self._ends
        if own is None:
            return b"%b%b" % (encode(document)[:-1], end)
        return b"%b%b%b%b" % (encode(document)[:-1], before_own, encode(own)[:-1], end_of_joined)


def _whole(document: Document, own: Document | None, fields: Document, joined: str) -> bytes:
    """Return the JSON of an event with these fields, in the order of a spliced one."""
    shared = fields.get(joined)
    if own is not None or shared is not None:
        document[joined] = None  # its place
    document.update(fields)
    if own is not None:
        document[joined] = own if shared is None else own | shared
    return encode(document)


def _ends_of(fields: Document, joined: str) -> tuple[bytes, bytes, bytes]:
    """Return the JSON after an event's own fields; and that before and after those of its joined object."""
    name, shared = b",%b:" % encode(joined), fields.get(joined)
    rest = {key: part for key, part in fields.items() if key != joined}
    if shared is not None:
        encoded = encode({joined: shared, **rest})
        return b"," + encoded[1:], name, b"," + encoded[len(name) + 1 :]
    encoded = encode(rest)
    end = b"}" if encoded == _EMPTY else b"," + encoded[1:]
    return end, name, b"}" + end
