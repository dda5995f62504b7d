"""Everything a mapper follows, resolved from the tables for one connection and one input."""

from typing import NamedTuple, Protocol

from config.model import Connection, Input
from mapping.commerce import Build, native_properties
from mapping.native import COMMERCE_EVENT, native_events
from mapping.routes import Route
from mapping.rows import FIELDS
from mapping.sources import Scope
from mapping.steps import Step, steps_of
from mapping.wire import Document, shape_of


class Kind(Protocol):
    """What an event is, as far as selecting it goes: words and names in lower case."""

    @property
    def event_type(self) -> str: ...
    @property
    def action(self) -> str: ...
    @property
    def names(self) -> tuple[str, ...]: ...
    @property
    def custom_event_type(self) -> str: ...


class Item(NamedTuple):
    """One thing an event becomes: a TikTok event, and what makes its `properties`."""

    tiktok_event: str
    build: Build


class Recipe(NamedTuple):
    """The steps of one connection's route, and how its items are chosen."""

    environments: frozenset[str]
    remembers: bool
    """Whether a remembered address may stand in for the batch's (I1)."""
    takes_peer: bool
    """Whether the address of whoever posted the batch may (I1)."""
    of_event: tuple[Step, ...]
    of_batch: tuple[Step, ...]
    constants: Document
    native: dict[str, Item]

    def may_want(self, kind: Kind) -> bool:
        """Whether an event of this kind can become anything."""
        return kind.event_type == COMMERCE_EVENT and kind.action in self.native

    def items_of(self, kind: Kind) -> list[Item]:
        """What the event becomes (N1–N6); nothing when it is unsupported."""
        native = self.native.get(kind.action) if kind.event_type == COMMERCE_EVENT else None
        return [] if native is None else [native]


def recipe_of(connection: Connection, source: Input, route: Route) -> Recipe:
    """The recipe of `connection` for events of `source`, which take `route`."""
    shape = shape_of(route)
    build = native_properties(connection, route)
    return Recipe(
        environments=connection.environments,
        remembers=connection.enrich_ip_address,
        takes_peer=connection.peer_ip_fallback and source.platform != "feed",
        of_event=steps_of(FIELDS, Scope.EVENT, route.name, shape, connection),
        of_batch=steps_of(FIELDS, Scope.BATCH, route.name, shape, connection),
        constants=shape.constants,
        native={action: Item(name, build) for action, name in native_events(connection).items()},
    )
