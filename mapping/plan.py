"""Compile a connection: which events it wants, and how they become TikTok events. This is the face of the package."""

from collections.abc import Sequence
from enum import Enum
from functools import cached_property

from config.model import Connection, Input
from config.routes import route_of
from mapping.incoming.batch import Head
from mapping.incoming.batch_fields import relevant
from mapping.incoming.invalid_batch import NO_BATCH, InvalidBatchMapper
from mapping.mapper import BatchMapper
from mapping.people.ip_observations import IpObserver
from mapping.prepared_batch import batch_preparer
from mapping.recipe import build_recipe
from mapping.wire import envelope, shape_of


class Gate(Enum):
    """The quick answer about an event, before it is stored."""

    WANTED = "wanted"
    UNSUPPORTED = "unsupported"
    WITHHELD = "withheld"


class Plan:
    """The compiled mapping of one connection for events of one input; serves any number of threads."""

    def __init__(self, connection: Connection, source: Input) -> None:
        self.connection = connection.id
        self.input = source.id
        self.platform = source.platform
        self._connection = connection
        self.route = route_of(connection, source.platform)
        self._enabled = connection.enabled
        self._recipe = build_recipe(connection, source, self.route)
        self._prepare = batch_preparer(self._recipe)
        self._envelope = envelope(
            self.route, shape_of(self.route), connection.event_source_id, connection.test_event_code
        )

    def gate(self, environment: str | None, head: Head | None) -> Gate:
        """Return whether to store an event; WANTED also for unreadable events and where only mapping can decide."""
        if not self._enabled or (environment is not None and environment not in self._recipe.environments):
            return Gate.WITHHELD
        if head is None or self._recipe.may_want(head):
            return Gate.WANTED
        return Gate.UNSUPPORTED

    def batch(
        self,
        shared: bytes,
        received_ms: int,
        peer_ip: str | None = None,
        remembered_ip: str | None = None,
        now_ms: int | None = None,
    ) -> BatchMapper | InvalidBatchMapper:
        """Return the mapper of one batch: `shared` is its JSON without `events`, the addresses serve row I1.

        `max_event_age` counts from `now_ms`; without it, from the time of receipt.
        """
        if shared == NO_BATCH:
            return InvalidBatchMapper()
        now_ms = received_ms if now_ms is None else now_ms
        prepared = self._prepare(
            relevant(shared),
            remembered_ip if self._recipe.uses_remembered_ip else None,
            peer_ip if self.uses_peer_ip else None,
        )
        return BatchMapper(self._recipe, prepared, received_ms, now_ms)

    @property
    def uses_peer_ip(self) -> bool:
        """Return whether the address of a batch's sender may be sent (I1), and so must be stored with it."""
        return self._recipe.uses_peer_ip

    @cached_property
    def ip_observer(self) -> IpObserver | None:
        """Return what finds users' addresses in batches; None unless the connection wants them remembered (I1)."""
        return IpObserver(self._connection, self._recipe) if self._recipe.uses_remembered_ip else None

    def request(self, events: Sequence[bytes]) -> bytes:
        """Return a request's body with these events, each a `Mapped.body`."""
        return self._envelope.around(events)


def compile_plan(connection: Connection, source: Input) -> Plan:
    """Resolve every row and setting once. Raises UnknownSourceError for a row that names an unknown field."""
    return Plan(connection, source)
