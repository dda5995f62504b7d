"""Fill fields that an event lacks from its user's profile; a value of the event itself is never replaced."""

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple, TypeAlias

import msgspec

from config.model import Connection
from config.profiles.fields import CLICK_ID, CONSENT, IP, PROFILE_FIELDS
from config.routes import Route
from mapping.compile.steps import is_on, is_sent
from mapping.fields.consent import given_consent, opted_out
from mapping.fields.ip import FILLED
from mapping.incoming.batch_fields import BatchFields
from mapping.profiles.values import Filling
from mapping.results import Note
from mapping.tables import FIELDS, Row
from mapping.wire import Document, path_of, place_of, shape_of

_CONSENT_STATE: Final = "consent_state"
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode


FillEvent: TypeAlias = Callable[[Document, list[Note]], None]
"""Fills an event's own fields, and adds notes."""


class _Place(NamedTuple):
    """Where a field stands on the connection's route, and its note."""

    field: str
    within: tuple[str, ...]
    key: str
    takes_list: bool
    note: Note


class ProfileFiller:
    """Fills events of one connection and input."""

    def __init__(self, connection: Connection, route: Route) -> None:
        places = {place.field: place for place in _places(connection, route)}
        self._click = places.pop(CLICK_ID, None)
        places.pop(IP, None)  # `chosen_ip` fills and notes it, because of the order of I1
        self._places = tuple(places.values())
        self._purpose = connection.gdpr_purpose

    def consent(self, shared: BatchFields, filling: Filling) -> None:
        """Give the batch the remembered answers that it lacks itself, with a note."""
        state = _members(shared.consent)
        if state is None:
            return
        filled = False
        if filling.opted_out is not None and opted_out(shared.consent) is None:
            state["ccpa"] = {"data_sale_opt_out": {"consented": filling.opted_out}}
            filled = True
        if self._purpose and filling.consented is not None and given_consent(self._purpose, shared.consent) is None:
            gdpr = state.get("gdpr")
            state["gdpr"] = {
                **(gdpr if isinstance(gdpr, dict) else {}),
                self._purpose: {"consented": filling.consented},
            }
            filled = True
        if filled:
            shared.consent = msgspec.Raw(_encode(state))
            shared.notes = (*shared.notes, Note(_CONSENT_STATE, FILLED))

    def batch(self, document: Document, notes: list[Note], filling: Filling) -> None:
        """Fill the fields that all events of a batch share."""
        for place in self._places:
            _put(place, document, notes, filling.get(place.field))

    def event(self, filling: Filling) -> FillEvent | None:
        """Return the function that fills an event's own fields; None where there is nothing to fill."""
        place, click = self._click, filling.get(CLICK_ID)
        if place is None or click is None:
            return None
        return lambda document, notes: _put(place, document, notes, click)


def may_fill(shared: BatchFields) -> bool:
    """Return whether the batch itself forbids nothing: an opt-out and an unreadable answer do."""
    return opted_out(shared.consent) in (None, False)


def _put(place: _Place, document: Document, notes: list[Note], value: str | None) -> None:
    if value is None:
        return
    part: Any = document
    for name in place.within:
        part = part.setdefault(name, {})
    if place.key in part:
        return
    hashes = value.split(",") if place.field in _LISTS else [value]
    part[place.key] = hashes if place.takes_list else hashes[0]
    notes.append(place.note)


_LISTS: Final = frozenset(
    field for field, known in PROFILE_FIELDS.items() if any(path.endswith("[]") for path in known.paths)
)


def _places(connection: Connection, route: Route) -> list[_Place]:
    shape = shape_of(route)
    return [
        _place(field, row, path, connection)
        for field in connection.remembers
        if field != CONSENT
        for row in FIELDS
        if row.track in PROFILE_FIELDS[field].paths
        and route.name in row.routes
        and (path := path_of(row, shape)) is not None
        and is_on(row, connection)
        and is_sent(row.track, connection)
    ]


def _place(field: str, row: Row, path: str, connection: Connection) -> _Place:
    within, key = place_of(path)
    name = row.source.bind(connection).name
    return _Place(field, within, key, path.endswith("[]"), Note(name, FILLED))


def _members(consent: msgspec.Raw) -> dict[str, Any] | None:
    """Return the members of a consent state; None where it is no object, so that nothing is known of it."""
    try:
        state: Any = _decode(consent)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return dict(state) if isinstance(state, Mapping) else {} if state in (None, "", []) else None
