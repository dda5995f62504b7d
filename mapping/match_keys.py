"""Match keys: the identifiers that TikTok can match a person by, which of them an event carries, and which it lost."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Final, Literal, NamedTuple, TypeAlias

from config.model import Connection
from config.routes import Route
from mapping.compile.steps import OMITTED, is_on
from mapping.fields.ip import FILLED
from mapping.results import Note
from mapping.sources import Scope
from mapping.tables import FIELDS, Row
from mapping.wire import Document, path_of, place_of, shape_of

Grade = Literal["good", "fair", "none"]


class MatchKey(NamedTuple):
    """One match key, by its paths in Events API 2.0; `code` names it in JSON, counts and metrics.

    `grade` says how well TikTok matches by it alone. `with_` is the code of another key that it needs.
    """

    code: str
    name: str
    grade: Grade
    paths: tuple[str, ...]
    with_: str | None = None


MATCH_KEYS: Final = (
    MatchKey("ttclid", "click id", "good", ("user.ttclid", "ad.callback")),
    MatchKey("email", "email", "good", ("user.email[]",)),
    MatchKey("phone", "phone", "good", ("user.phone[]",)),
    MatchKey("idfa", "IDFA (iOS)", "good", ("user.idfa",)),
    MatchKey("gaid", "GAID (Android)", "good", ("user.gaid",)),
    MatchKey("external_id", "external id", "fair", ("user.external_id[]",)),
    MatchKey("ttp", "TikTok's cookie", "fair", ("user.ttp",)),
    MatchKey("ip", "IP address", "fair", ("user.ip",), with_="user_agent"),
    MatchKey("user_agent", "user agent", "fair", ("user.user_agent",), with_="ip"),
    MatchKey("first_name", "first name", "none", ("user.first_name",)),
    MatchKey("last_name", "last name", "none", ("user.last_name",)),
    MatchKey("city", "city", "none", ("user.city",)),
    MatchKey("state", "state", "none", ("user.state",)),
    MatchKey("country", "country", "none", ("user.country",)),
    MatchKey("zip_code", "postal code", "none", ("user.zip_code",)),
)
"""In receipts a key is the bit of its place here: append new ones at the end."""

_NOTHING: Final[Document] = {}
_SHAPES: Final = 256
"""Shapes of an object that are cached: which of a user's fields there are, of at most fifteen."""

_KEYS: Final = {path: (1 << place, key) for place, key in enumerate(MATCH_KEYS) for path in key.paths}


class KeyPlace(NamedTuple):
    """Where a match key stands in a document: the keys of the objects around it and its own; `bit` stands for it."""

    within: tuple[str, ...]
    key: str
    bit: int


ReadKeys: TypeAlias = Callable[[Document], int]
"""Takes a document; returns the bits of the match keys that it has."""


def rows_with_keys(route: Route, connection: Connection) -> Iterator[tuple[MatchKey, Row]]:
    """Yield each match key for which this route has a field, with its row, in the order of the tables."""
    shape = shape_of(route)
    for row in FIELDS:
        is_there = route.name in row.routes and path_of(row, shape) is not None
        if row.track in _KEYS and is_there and is_on(row, connection):
            yield _KEYS[row.track][1], row


def key_places(route: Route, connection: Connection, scope: Scope) -> tuple[KeyPlace, ...]:
    """Return where the match keys of rows of this scope stand."""
    shape = shape_of(route)
    rows = [row for _, row in rows_with_keys(route, connection) if row.source.scope is scope]
    places = (KeyPlace(*place_of(path_of(row, shape) or ""), _KEYS[row.track or ""][0]) for row in rows)
    return tuple(dict.fromkeys(places))


def keys_reader(places: Iterable[KeyPlace]) -> ReadKeys:
    """Return a function that finds the match keys at these places of a document.

    Documents have few shapes: the keys of an object are looked up once, and cached by the names of all its fields.
    """
    objects: dict[tuple[str, ...], dict[str, int]] = {}
    for within, key, bit in places:
        objects.setdefault(within, {})[key] = bit
    readers = tuple((within, _bits_reader(bits)) for within, bits in objects.items())
    if len(readers) == 1 and len(readers[0][0]) == 1:
        return _reader_of_one(*readers[0][0], readers[0][1])

    def read(document: Document) -> int:
        found = 0
        for within, bits_of in readers:
            part = document
            for name in within:
                part = part.get(name, _NOTHING)
            if part:
                found |= bits_of(tuple(part))
        return found

    return read


def _reader_of_one(name: str, bits_of: Callable[[tuple[str, ...]], int]) -> ReadKeys:
    """Return a function that finds the match keys of the object of this name, which is that of most connections."""

    def read(document: Document) -> int:
        part = document.get(name)
        return bits_of(tuple(part)) if part else 0

    return read


def _bits_reader(bits: Mapping[str, int]) -> Callable[[tuple[str, ...]], int]:
    """Return a function from the names of an object's fields to the bits of those that are match keys."""
    return lru_cache(maxsize=_SHAPES)(lambda names: sum(bits.get(name, 0) for name in names))


def codes_of(bits: int) -> list[str]:
    """Return the codes of these match keys."""
    return [MATCH_KEYS[place].code for place in places_of(bits)]


@lru_cache(1 << 10)
def places_of(bits: int) -> tuple[int, ...]:
    """Return the places of these match keys in MATCH_KEYS."""
    return tuple(place for place in range(len(MATCH_KEYS)) if bits >> place & 1)


def bits_of(codes: Iterable[str]) -> int:
    """Return the bits of the match keys with these codes; unknown codes are ignored."""
    return sum({1 << place for place, key in enumerate(MATCH_KEYS) if key.code in set(codes)})


def names_of_fields(route: Route, connection: Connection) -> dict[str, str]:
    """Return the code of each match key by the incoming name of its value, as notes have it."""
    return {row.source.bind(connection).name: key.code for key, row in rows_with_keys(route, connection)}


def filled_keys(notes: Sequence[Note], fields: Mapping[str, str]) -> list[str]:
    """Return the code of each match key that the user's profile filled."""
    return [fields[note.field] for note in notes if note.note == FILLED and note.field in fields]


def lost_keys(notes: Sequence[Note], fields: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return (code, why) of each match key that an event came with and that was omitted, and not filled."""
    filled = filled_keys(notes, fields)
    return [
        (fields[note.field], note.note.removeprefix(OMITTED))
        for note in notes
        if note.field in fields and note.note.startswith(OMITTED) and fields[note.field] not in filled
    ]
