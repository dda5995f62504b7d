"""The two shapes that TikTok takes, in one place: where a row's field stands, what surrounds it, and the request."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec

from config.routes import Route
from mapping.fields.event_time import iso_8601
from mapping.fields.rules import Rule, only_one, written
from mapping.tables import Row

Document = dict[str, Any]
"""An event, or a part of one, as nested objects."""

encode = msgspec.json.Encoder().encode


class Shape(NamedTuple):
    """One API's: its column of the tables, what each event holds besides, and the names of a request's fields."""

    column: str
    constants: Document
    source_id: str
    events: str
    takes_tests: bool


TRACK = Shape("track", {}, "event_source_id", "data", takes_tests=True)
LEGACY = Shape("legacy", {"type": "track"}, "pixel_code", "batch", takes_tests=False)


def shape_of(route: Route) -> Shape:
    """The shape of requests on a route."""
    return LEGACY if route.event_source is None else TRACK


def path_of(row: Row, shape: Shape) -> str | None:
    """Where `row` goes in this shape, None when this API has no such field."""
    path: str | None = getattr(row, shape.column)
    return path


def represented(row: Row, path: str, rule: Rule) -> Rule:
    """`rule` with what this API wants a value written as: one where the other takes lists, time as text."""
    if row.track is not None and row.track.endswith("[]") and not path.endswith("[]"):
        return only_one(rule)
    return written(rule, iso_8601) if path == "timestamp" else rule


class Place(NamedTuple):
    """Where a field stands: the objects around it, outermost first, and its key."""

    within: tuple[str, ...]
    key: str


def place_of(path: str) -> Place:
    """The place that a path of the tables means."""
    *within, key = path.removesuffix("[]").split(".")
    return Place(tuple(within), key)


class Envelope(NamedTuple):
    """A request's body around its events."""

    before: bytes
    after: bytes

    def around(self, events: Sequence[bytes]) -> bytes:
        """The body with these events, which are JSON already."""
        return b"".join((self.before, b",".join(events), self.after))


def envelope(route: Route, shape: Shape, event_source_id: str, test_event_code: str | None = None) -> Envelope:
    """What a request of this connection holds besides its events; a test code marks them all (X8)."""
    source = {} if route.event_source is None else {"event_source": route.event_source}
    test = {"test_event_code": test_event_code} if test_event_code and shape.takes_tests else {}
    fields = encode({**source, shape.source_id: event_source_id, **test, shape.events: []})
    return Envelope(fields[:-2], b"]}")


class Spliced:
    """A part of many events encoded once: its objects go into each event's document as they are."""

    def __init__(self, document: Document) -> None:
        encoded = {key: encode(part) for key, part in document.items()}
        self._parts = [(key, msgspec.Raw(part), part) for key, part in encoded.items()]

    def into(self, document: Document) -> None:
        """Add every object; one that the event has a part of already is joined with that part."""
        for key, whole, encoded in self._parts:
            own = document.get(key)
            document[key] = whole if own is None else msgspec.Raw(b"%b,%b" % (encoded[:-1], encode(own)[1:]))
