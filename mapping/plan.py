"""Compile a connection: which events it wants, and how they become TikTok events. This is the face of the package."""

from collections.abc import Sequence
from functools import cached_property, lru_cache

from config.model import Connection, Input
from config.routes import route_of
from mapping.forwarding.rules import DISABLED
from mapping.forwarding.sample import reads_device_id
from mapping.incoming.batch import Head
from mapping.incoming.batch_fields import BatchFields, read_batch_fields
from mapping.incoming.invalid_batch import InvalidBatchMapper, is_no_batch
from mapping.mapper import BatchMapper
from mapping.match_keys import names_of_fields
from mapping.prepared_batch import LONGEST_LONG_KEPT, batch_preparer
from mapping.profiles.observer import ProfileObserver
from mapping.profiles.resolve import ProfileReader
from mapping.profiles.values import Filling
from mapping.recipe import build_recipe
from mapping.results import Unsupported, Withheld
from mapping.wire import envelope, shape_of


class Plan:
    """The compiled mapping of one connection for events of one input; serves any number of threads."""

    def __init__(self, connection: Connection, source: Input) -> None:
        self.connection = connection.id
        self.input = source.id
        self.platform = source.platform
        self._connection = connection
        self.route = route_of(connection, source.platform)
        self._enabled = connection.enabled
        self.remembers = bool(connection.remembers and connection.enabled)
        """Whether its batches are read for users' profiles."""
        self._recipe = build_recipe(connection, source, self.route)
        self._reads_batch = self._recipe.forwarding.reads_batch
        self._prepare = batch_preparer(self._recipe, reads_device_id=reads_device_id(connection))
        self._envelope = envelope(
            self.route, shape_of(self.route), connection.event_source_id, connection.test_event_code
        )

    def withholds(self, environment: str | None, shared: bytes) -> Withheld | None:
        """Return why no event of a batch is stored; None where its events are stored or decide themselves.

        `environment` is None and `is_no_batch(shared)` for an element that is no batch: it becomes a dead letter.
        """
        if not self._enabled:
            return DISABLED
        forwarding = self._recipe.forwarding
        if environment is None:
            return None
        if environment not in forwarding.environments:
            return forwarding.withheld_environment(environment)
        if not self._reads_batch:
            return None
        read = _fields_of if len(shared) <= LONGEST_LONG_KEPT else read_batch_fields
        return forwarding.withheld_on_arrival(read(shared, self.platform))

    def refuses(self, head: Head | None) -> Unsupported | Withheld | None:
        """Return how an event ends that is not stored; None for one that is, because only mapping can tell."""
        if head is None or self._recipe.may_want(head):
            return None
        return self._recipe.unwanted(head)

    def batch(
        self,
        shared: bytes,
        received_ms: int,
        peer_ip: str | None = None,
        filling: Filling | None = None,
        now_ms: int | None = None,
    ) -> BatchMapper | InvalidBatchMapper:
        """Return the mapper of one batch: `shared` is its JSON without `events`.

        `peer_ip` serves row I1; `filling` is what the user's profile has for this connection. `max_event_age` counts
        from `now_ms`; without it, from the time of receipt.
        """
        if is_no_batch(shared):
            return InvalidBatchMapper(shared)
        now_ms = received_ms if now_ms is None else now_ms
        prepared = self._prepare(shared, filling, peer_ip if self._recipe.uses_peer_ip else None)
        return BatchMapper(self._recipe, prepared, received_ms, now_ms)

    @property
    def uses_peer_ip(self) -> bool:
        """Return whether the address of a batch's sender may be sent (I1), and so must be stored with it."""
        return self._recipe.uses_peer_ip

    @cached_property
    def match_key_fields(self) -> dict[str, str]:
        """Return the code of each match key by the incoming name of its value, as notes have it."""
        return names_of_fields(self.route, self._connection)

    @cached_property
    def profile_observer(self) -> ProfileObserver | None:
        """Return the reader of what batches tell of their users; None where the connection remembers nothing."""
        if not self.remembers:
            return None
        return ProfileObserver(self._connection, self.platform, self.route, self._recipe.forwarding)

    @cached_property
    def profiles(self) -> ProfileReader | None:
        """Return the reader of users' profiles; None where the connection remembers nothing."""
        return ProfileReader(self._connection, self.platform, self.route) if self._connection.remembers else None

    def request(self, events: Sequence[bytes]) -> bytes:
        """Return a request's body with these events, each a `Mapped.body`."""
        return self._envelope.around(events)


@lru_cache(maxsize=4)
def _fields_of(shared: bytes, platform: str) -> BatchFields:
    """Return a batch's own fields, cached for the further connections of its input."""
    return read_batch_fields(shared, platform)


def compile_plan(connection: Connection, source: Input) -> Plan:
    """Resolve every row and setting once. Raise UnknownSourceError for a row that names an unknown field."""
    return Plan(connection, source)
