"""Resolve the tables for one connection and one input: everything that a mapper needs."""

from collections.abc import Iterable

import msgspec

from config.conditions.rule_names import native_rule
from config.model import Connection, Input, Platform
from config.routes import Route
from mapping.compile.functions import Fill, compile_filler
from mapping.compile.steps import ObjectSteps, is_sent, steps_by_object
from mapping.forwarding.rules import Forwarding, compile_forwarding
from mapping.incoming.event import Decode, Incoming, decoder_of
from mapping.incoming.kinds import Kind
from mapping.items import custom_keys, native_key
from mapping.match_keys import ReadKeys, key_places, keys_reader
from mapping.native import COMMERCE_EVENT, describe, native_events
from mapping.profiles.filling import ProfileFiller
from mapping.properties.custom import CompiledMapping, compile_custom
from mapping.properties.native import Item, native_properties
from mapping.reads import fields_read
from mapping.results import Unsupported, Withheld
from mapping.sources import Scope
from mapping.tables import ADDRESS, FIELDS
from mapping.wire import Document, shape_of


class Recipe(msgspec.Struct, frozen=True):
    """The compiled steps of one connection's route, and the items that it makes."""

    platform: Platform
    """The input's platform."""
    forwarding: Forwarding
    """The rules that withhold events."""
    filler: ProfileFiller | None
    """Fills fields from users' profiles; None for connections that remember nothing."""
    uses_peer_ip: bool
    """Whether the address of the sender of the batch may replace it (I1)."""
    decode: Decode
    """Decodes the fields of an event that the connection reads."""
    of_event: Fill
    of_batch: Fill
    keys_of_event: ReadKeys
    """Finds the match keys among the event's own fields."""
    keys_of_batch: ReadKeys
    joined: str
    """The object that has fields of the event as well as of the batch; "" where there is none."""
    constants: Document
    native: dict[str, Item]
    off: frozenset[str]
    """The product actions whose native events are withheld."""
    custom: tuple[tuple[CompiledMapping, ...], ...]
    """The mappings, and after them those that are defaults for events that no mapping before takes."""

    def may_want(self, kind: Kind) -> bool:
        """Return whether an event of this kind can become an item; its attributes may still prevent it."""
        if kind.event_type == COMMERCE_EVENT and kind.action in self.native:
            return True
        return any(custom.selects(kind) for mappings in self.custom for custom in mappings)

    def items_of(self, incoming: Incoming) -> list[Item]:
        """Return the event's items: those of each mapping that matches (M4), else of defaults, else the native one."""
        for mappings in self.custom:
            items = [item for custom in mappings if custom.selects(incoming) for item in custom.items_of(incoming)]
            if items:
                return items
        if incoming.event_type == COMMERCE_EVENT and incoming.action in self.native:
            return [self.native[incoming.action]]
        return []

    def unwanted(self, kind: Kind) -> Unsupported | Withheld:
        """Return how an event of this kind ends that becomes no item."""
        if kind.event_type == COMMERCE_EVENT and kind.action in self.off:
            name = native_rule(kind.action)
            return Withheld(name, name)
        return Unsupported(describe(kind.event_type, kind.action))


def build_recipe(connection: Connection, source: Input, route: Route) -> Recipe:
    """Return the recipe of `connection` for events of `source` on `route`."""
    shape = shape_of(route)
    fill = native_properties(connection, route)
    mappings = connection.custom_mappings
    custom = [
        compile_custom(mapping, key, connection, route)
        for mapping, key in zip(mappings, custom_keys(mappings), strict=True)
    ]
    by_rank = (tuple(m for m in custom if m.is_default is default) for default in (False, True))
    native = native_events(connection)
    of_event, of_batch = (
        steps_by_object(FIELDS, scope, route.name, shape, connection) for scope in (Scope.EVENT, Scope.BATCH)
    )
    sends_ip = is_sent(ADDRESS.track, connection)
    return Recipe(
        platform=source.platform,
        forwarding=compile_forwarding(connection),
        filler=ProfileFiller(connection, route) if connection.remembers else None,
        uses_peer_ip=connection.peer_ip_fallback and source.platform != "feed" and sends_ip,
        decode=decoder_of(fields_read(connection)),
        of_event=compile_filler(of_event),
        of_batch=compile_filler(of_batch),
        keys_of_event=keys_reader(key_places(route, connection, Scope.EVENT)),
        keys_of_batch=keys_reader(key_places(route, connection, Scope.BATCH)),
        joined=_joined(of_event, of_batch),
        constants=shape.constants,
        custom=tuple(mappings for mappings in by_rank if mappings),
        native={action: Item(name, fill, native_key(action, name)) for action, name in native.items() if name},
        off=frozenset(action for action, name in native.items() if name is None),
    )


def _joined(of_event: Iterable[ObjectSteps], of_batch: Iterable[ObjectSteps]) -> str:
    """Return the outermost object that both fill. Raise ValueError for more than one: only one can be joined."""
    ours, theirs = ({steps.within[0] for steps in objects if steps.within} for objects in (of_event, of_batch))
    both = sorted(ours & theirs)
    if len(both) > 1:
        raise ValueError(f"both an event and its batch have fields in {both}")
    return both[0] if both else ""
