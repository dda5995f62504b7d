"""Where a row's value comes from: each source knows its incoming name and how to read it."""

from collections.abc import Callable
from enum import Enum
from operator import attrgetter
from typing import Any, NamedTuple

from config.model import Connection
from mapping.consent import opt_out
from mapping.incoming import Incoming
from mapping.shared import Shared, attribute_key
from mapping.values import first

Reader = Callable[[Any], object]


class Scope(Enum):
    """What a source reads from, and so how often: once a connection, a batch, an event, a product, an item."""

    CONNECTION = "connection"
    BATCH = "batch"
    EVENT = "event"
    PRODUCT = "product"
    CONTENTS = "contents"
    ITEM = "item"


class Bound(NamedTuple):
    """A source of one connection: the incoming name that people know the value by, and what reads it."""

    name: str
    read: Reader


class Source(NamedTuple):
    """`name` is how the tables call it; `bind` makes it one connection's."""

    scope: Scope
    name: str
    bind: Callable[[Connection], Bound]


def _plain(scope: Scope, name: str, read: Reader) -> Source:
    bound = Bound(name, read)
    return Source(scope, name, lambda _connection: bound)


def setting(name: str) -> Source:
    """A setting of the connection."""
    return Source(Scope.CONNECTION, name, lambda connection: Bound(name, lambda _: getattr(connection, name)))


def address(name: str) -> Source:
    """The batch's own address and those that may stand in for it (I1)."""
    return _plain(Scope.BATCH, name, attrgetter("addresses"))


def device(name: str) -> Source:
    """A field of `device_info`."""
    return _plain(Scope.BATCH, f"device_info.{name}", attrgetter(f"device.{name}"))


def application(name: str) -> Source:
    """A field of `application_info`."""
    return _plain(Scope.BATCH, f"application_info.{name}", attrgetter(f"application.{name}"))


def partner(name: str) -> Source:
    """A partner identity."""

    def read(shared: Shared) -> object:
        return shared.partners.get(name)

    return _plain(Scope.BATCH, f"partner_identities.{name}", read)


def identity(setting_name: str) -> Source:
    """The identity of the type that a setting names (C4–C6)."""

    def bind(connection: Connection) -> Bound:
        kind: str = getattr(connection, setting_name)

        def read(shared: Shared) -> object:
            return shared.identity(kind)

        return Bound(f"user_identities.{kind}", read)

    return Source(Scope.BATCH, setting_name, bind)


def attribute(name: str) -> Source:
    """A user attribute, the first value of a list; names with `$` whatever their case."""
    key = attribute_key(name)

    def read(shared: Shared) -> object:
        return first(shared.user.get(key))

    return _plain(Scope.BATCH, f"user_attributes.{name}", read)


def flag(name: str) -> Source:
    """A custom flag of the event, the first where there are several; `Flags` calls it by what follows `TikTok.`."""
    raw = attrgetter(f"flags.{name.removeprefix('TikTok.').lower()}")

    def read(incoming: Incoming) -> object:
        return first(raw(incoming))

    return _plain(Scope.EVENT, name, read)


def event(name: str) -> Source:
    """A field of the event's `data`."""
    return _plain(Scope.EVENT, name, attrgetter(f"data.{name}"))


def action(name: str) -> Source:
    """A field of the event's `product_action`."""
    return _plain(Scope.EVENT, name, attrgetter(f"product_action.{name}"))


def product(name: str) -> Source:
    """A field of each product."""
    return _plain(Scope.PRODUCT, name, attrgetter(name))


def contents(name: str) -> Source:
    """A field of each of the contents that were made of an event, as a list of those that have it."""

    def read(made: list[dict[str, object]]) -> object:
        return [content[name] for content in made if name in content]

    return _plain(Scope.CONTENTS, name, read)


def _clicked(incoming: Incoming) -> object:
    return first(incoming.flags.callback), first(incoming.flags.url)


def _asked(shared: Shared) -> object:
    return shared.device.ios_advertising_id, shared.device.att_authorization_status


def _opt_out(shared: Shared) -> object:
    return opt_out(shared.consent)


def _moment(incoming: Incoming) -> object:
    return incoming.data.timestamp_unixtime_ms, incoming.received_ms, incoming.shared.now_ms


TIKTOK_EVENT = _plain(Scope.ITEM, "product action or custom mapping", lambda name: name)
EVENT_ID = _plain(Scope.EVENT, "source_message_id", attrgetter("event_id"))  # else `event_id`, else minted
CLICK = _plain(Scope.EVENT, "TikTok.Callback", _clicked)  # and the page's address
IDFA_ASKED_FOR = _plain(Scope.BATCH, "device_info.ios_advertising_id", _asked)  # and the user's answer
OPT_OUT = _plain(Scope.BATCH, "consent_state.ccpa.data_sale_opt_out.consented", _opt_out)
MOMENT = _plain(Scope.EVENT, "timestamp_unixtime_ms", _moment)
