"""Read what a batch tells of its user, for the profile: at ingest, from every batch that may be remembered."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple

import msgspec
from msgspec.structs import replace

from config.conditions.rule_names import LOGGED_IN_ONLY
from config.model import Connection
from config.profiles.fields import CLICK_ID, CONSENT, IP, PROFILE_FIELDS
from config.routes import Route
from mapping.compile.functions import compile_filler
from mapping.compile.steps import is_sent, steps_by_object
from mapping.fields.consent import given_consent, opted_out
from mapping.forwarding.rules import Forwarding
from mapping.forwarding.sample import reads_device_id
from mapping.incoming.batch_fields import BatchFields, read_batch_fields, relevant
from mapping.incoming.invalid_batch import is_no_batch
from mapping.prepared_batch import LONGEST_KEPT, MOST_KEPT
from mapping.profiles.clicks import newest_click, opts_out
from mapping.profiles.subjects import Subjects
from mapping.profiles.values import ProfileUpdate, ip_name, value_name
from mapping.results import OmitField
from mapping.sources import Scope
from mapping.tables import FIELDS
from mapping.wire import TRACK, Document, place_of

MOST_HASHES: Final = 5
"""Of a list of identities, as many are remembered."""
LONGEST_VALUE: Final = 1_024
"""Longer values are not remembered."""
Named = tuple[str, str]


class _BatchPart(NamedTuple):
    """What the batch's own fields tell: its user, values by name, and the user's answers."""

    shared: BatchFields
    subjects: tuple[str, ...]
    values: tuple[Named, ...]
    opted_out: bool | None
    consented: bool | None


class ProfileObserver:
    """Reads batches of one input for one connection; serves any number of threads."""

    def __init__(self, connection: Connection, platform: str, route: Route, forwarding: Forwarding) -> None:
        self._connection, self._platform, self._route = connection, platform, route
        self._times = connection.remembers
        self._subjects = Subjects(connection)
        self._rules = rules_of_profiles(forwarding)
        self._purpose = connection.gdpr_purpose
        self._with_device_id = reads_device_id(connection)
        self._fields = _filled_fields(connection)
        self._fill = compile_filler(steps_by_object(self._fields.values(), Scope.BATCH, "web", TRACK, connection))
        self._remembers_clicks = CLICK_ID in self._times and any(
            is_sent(path, connection) for path in PROFILE_FIELDS[CLICK_ID].paths
        )
        self._cached = lru_cache(maxsize=MOST_KEPT)(self._read)

    def observe(self, shared: bytes, events: Sequence[bytes | msgspec.Raw], received_ms: int) -> ProfileUpdate | None:
        """Return what a batch adds to its user's profile; None for nothing. `shared` is its JSON without `events`."""
        if is_no_batch(shared):
            return None
        raw = relevant(shared, with_device_id=self._with_device_id)
        part = (self._cached if len(raw) <= LONGEST_KEPT else self._read)(raw)
        if part is None:
            return None
        told = opts_out(events)
        out = part.opted_out if told is None else told
        values: list[tuple[str, str, int, int]] = []
        if not out and part.consented is not False:
            values = [(name, text, self._times[name.partition(":")[0]], 0) for name, text in part.values]
            click = newest_click(events, part.shared, received_ms) if self._remembers_clicks else None
            if click is not None and click.age_s < self._times[CLICK_ID]:
                name = value_name(CLICK_ID, self._connection, self._route.name)
                values.append((name, click.ttclid, self._times[CLICK_ID], click.age_s))
        if not values and out is None and part.consented is None:
            return None
        for_s = self._times.get(CONSENT, PROFILE_FIELDS[CONSENT].time_to_live_s)
        return ProfileUpdate(part.subjects, tuple(values), out, self._purpose, part.consented, for_s)

    def _read(self, raw: bytes) -> _BatchPart | None:
        shared = read_batch_fields(raw, self._platform)
        if self._rules.withheld(shared) is not None:
            return None
        subjects = self._subjects.of(shared)
        out = opted_out(shared.consent)
        agreed = None if self._purpose is None else given_consent(self._purpose, shared.consent)
        if not subjects or isinstance(out, OmitField) or isinstance(agreed, OmitField):
            return None  # an answer that cannot be read may be a no
        shared.addresses = (shared.ip, None, None)
        document: Document = {}
        self._fill(shared, document, [])
        return _BatchPart(shared, subjects, tuple(self._values(document)), out, agreed)

    def _values(self, document: Document) -> list[Named]:
        values = []
        for field, row in self._fields.items():
            within, key = place_of(row.track or "")
            part: Any = document
            for name in within:
                part = part.get(name, {})
            found = part.get(key)
            text = ",".join(found[:MOST_HASHES]) if isinstance(found, list) else found
            if isinstance(text, str) and 0 < len(text) <= LONGEST_VALUE:
                name = ip_name(self._platform) if field == IP else value_name(field, self._connection, self._route.name)
                values.append((name, text))
        return values


def rules_of_profiles(forwarding: Forwarding) -> Forwarding:
    """Return the rules that forbid to remember anything of a batch.

    Consent is not among them, because the profile asks for it itself; and pages seen before a login are what fills the
    events after it.
    """
    return replace(
        forwarding, purpose=None, of_batch=tuple(rule for rule in forwarding.of_batch if rule.name != LOGGED_IN_ONLY)
    )


def _filled_fields(connection: Connection) -> Mapping[str, Any]:
    """Return the row of each field that a batch itself fills, in any route."""
    rows = {}
    for field in connection.remembers:
        for row in FIELDS:
            wanted = (
                row.track in PROFILE_FIELDS[field].paths and row.source.scope is Scope.BATCH and "web" in row.routes
            )
            if wanted and is_sent(row.track, connection):
                rows[field] = row
    return rows
