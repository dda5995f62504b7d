"""The sources of values: each has its incoming name and a Python expression that reads it."""

from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any, NamedTuple

from config.model import Connection
from config.vocabulary import EVENT_FIELDS, MPID
from mapping.fields.consent import opt_out
from mapping.fields.presence import has_identity
from mapping.fields.web import page_or_flag
from mapping.incoming.batch_fields import attribute_key
from mapping.incoming.flags import CALLBACK, URL
from mapping.incoming.identity_names import ALIASES
from mapping.values import first

EXPRESSION_FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "first": first,
    "has_identity": has_identity,
    "opt_out": opt_out,
    "page_or_flag": page_or_flag,
}
"""The functions that expressions call."""

_ELSEWHERE = {"event_name": "name"} | {name: f"data.{name}" for name in ("currency_code", "screen_name", "page_url")}
FIELD_PATHS: Mapping[str, str] = {name: _ELSEWHERE.get(name, f"product_action.{name}") for name in EVENT_FIELDS}
"""Where an `Incoming` has each field of an event that the configuration names."""


class Scope(Enum):
    """What a source reads from, and so how often: once a connection, batch, event, product, promotion or item."""

    CONNECTION = "connection"
    BATCH = "batch"
    EVENT = "event"
    PRODUCT = "product"
    PROMOTION = "promotion"
    CONTENTS = "contents"
    ITEM = "item"


class BoundSource(NamedTuple):
    """A source for one connection: its incoming name for operators, and the Python expression that reads the value.

    `expression` reads from `subject`, whose type follows from the scope: BatchFields, Incoming, Product or contents.
    `mapping/compile/check.py` checks it against that type.
    """

    name: str
    expression: str
    scope: Scope
    takes_first: bool = False
    """Whether the first scalar of a list is read in its place."""


class Source(NamedTuple):
    """`name` is the source's name in the tables; `bind` makes it one connection's."""

    scope: Scope
    name: str
    bind: Callable[[Connection], BoundSource]


def _always(scope: Scope, name: str, expression: str, *, takes_first: bool = False) -> Source:
    """Return a source that is the same for every connection."""
    bound = BoundSource(name, expression, scope, takes_first)
    return Source(scope, name, lambda _connection: bound)


def connection_setting(name: str) -> Source:
    """Return the source of a setting of the connection."""
    return Source(
        Scope.CONNECTION, name, lambda connection: BoundSource(name, repr(getattr(connection, name)), Scope.CONNECTION)
    )


def address(name: str) -> Source:
    """Return the source of the batch's own address and of those that may replace it (I1)."""
    return _always(Scope.BATCH, name, "subject.addresses")


def device(name: str) -> Source:
    """Return the source of a field of `device_info`."""
    return _always(Scope.BATCH, f"device_info.{name}", f"subject.device.{name}")


def application(name: str) -> Source:
    """Return the source of a field of `application_info`."""
    return _always(Scope.BATCH, f"application_info.{name}", f"subject.application.{name}")


def partner(name: str) -> Source:
    """Return the source of a partner identity."""
    return _always(Scope.BATCH, f"partner_identities.{name}", f"subject.partners.get({name!r})")


def identity(setting_name: str) -> Source:
    """Return the source of the identity whose type a setting names (C4–C6)."""

    def bind(connection: Connection) -> BoundSource:
        kind: str = getattr(connection, setting_name)
        if kind == MPID:
            return BoundSource(MPID, "subject.mpid", Scope.BATCH)
        read = f"subject.identity({kind!r})" if kind in ALIASES else f"subject.identities.get({kind!r})"
        return BoundSource(f"user_identities.{kind}", read, Scope.BATCH)

    return Source(Scope.BATCH, setting_name, bind)


def attribute(name: str) -> Source:
    """Return the source of a user attribute, the first value of a list; names with `$` in any case."""
    read = f"subject.user.get({attribute_key(name)!r})"
    return _always(Scope.BATCH, f"user_attributes.{name}", read, takes_first=True)


def event_attribute(name: str, *, whole: bool = False) -> Source:
    """Return the source of one of the event's `custom_attributes`: the first value of a list, or the `whole` list."""
    return _always(Scope.EVENT, f"custom_attributes.{name}", f"subject.attribute({name!r})", takes_first=not whole)


def flag(name: str) -> Source:
    """Return the source of a custom flag of the event, the first of several."""
    return _always(Scope.EVENT, name, _flag(name), takes_first=True)


def _flag(name: str) -> str:
    return f"subject.flags.get({name!r})"


def advertising(name: str) -> Source:
    """Return the source of a device's advertising id; a pair with `limit_ad_tracking` where that is not false."""
    return _always(
        Scope.BATCH,
        f"device_info.{name}",
        f"found if (found := subject.device.{name}) is None or (limit := subject.device.limit_ad_tracking) is None"
        " or limit is False else (found, limit)",
    )


def event(name: str) -> Source:
    """Return the source of a field of the event's `data`."""
    return _always(Scope.EVENT, name, f"subject.data.{name}")


def action(name: str) -> Source:
    """Return the source of a field of the event's `product_action`."""
    return _always(Scope.EVENT, name, f"subject.product_action.{name}")


def product(name: str) -> Source:
    """Return the source of a field of each product."""
    return _always(Scope.PRODUCT, name, f"subject.{name}")


def contents(name: str) -> Source:
    """Return the source of a field of the event's contents; the values are collected while the contents are made."""
    return _always(Scope.CONTENTS, name, f"[content.{name} for content in subject]")


def quantities() -> Source:
    """Return the source of the quantities of an event's contents: 1 for a content without one."""
    found = "1 if content.quantity is None else content.quantity"
    return _always(Scope.CONTENTS, "quantity", f"[{found} for content in subject]")


def _attribute_or(name: str, otherwise: str) -> str:
    """Return an expression for the event's attribute, else the user's, else `otherwise`."""
    event, user = f"subject.attribute({name!r})", f"subject.shared.user.get({attribute_key(name)!r})"
    return f"first([first({event}), first({user}), {otherwise}])"


def _lead_id(connection: Connection) -> BoundSource:
    name = connection.lead_id_attribute
    return BoundSource(f"custom_attributes.{name}", _attribute_or(name, "None"), Scope.EVENT)


def _lead_event_source(connection: Connection) -> BoundSource:
    name = "lead_event_source"
    read = _attribute_or(name, repr(connection.lead_event_source))
    return BoundSource(f"custom_attributes.{name}", read, Scope.EVENT)


def _several(*expressions: str) -> str:
    return f"({', '.join(expressions)})"


def _clicked(connection: Connection) -> BoundSource:
    """Return the click id's flag, the page's address, and `page_url` where the connection allows it."""
    page = "subject.data.page_url" if connection.page_url_fallback else "None"
    return BoundSource(CALLBACK, _several(f"first({_flag(CALLBACK)})", f"first({_flag(URL)})", page), Scope.EVENT)


_PAGE = (
    f"found if type(found := {_flag(URL)}) is str and '!' < found < '\x7f' "  # certainly not blank
    "else page_or_flag(found, subject.data.page_url)"
)
_DEVICE = "subject.device"
_IDFA_AND_ANSWERS = _several(
    *(f"{_DEVICE}.ios_advertising_id", f"{_DEVICE}.att_authorization_status", f"{_DEVICE}.limit_ad_tracking")
)
_IDFV_AND_ANSWERS = _several(
    *(f"{_DEVICE}.ios_idfv", f"{_DEVICE}.att_authorization_status", f"{_DEVICE}.limit_ad_tracking")
)
_LOCALE = _several(f"{_DEVICE}.locale_language", f"{_DEVICE}.locale_country")
_ATT = _several(f"{_DEVICE}.att_authorization_status", "subject.os", f"{_DEVICE}.os_version")
_MOMENT = _several("subject.data.timestamp_unixtime_ms", "subject.received_ms", "subject.now_ms")

TIKTOK_EVENT = _always(Scope.ITEM, "product action or custom mapping", "subject")
EVENT_ID = _always(Scope.EVENT, "source_message_id", "subject.event_id")  # else `event_id`, else the generated id
PAGE = _always(Scope.EVENT, URL, _PAGE)  # else the event's own `page_url`
CLICK = Source(Scope.EVENT, CALLBACK, _clicked)  # and the page's address
APP_OF_EVENT = _always(Scope.BATCH, "application_info.package", _several("subject.application.package", "subject.os"))
IDFA_ASKED_FOR = _always(Scope.BATCH, "device_info.ios_advertising_id", _IDFA_AND_ANSWERS)  # and the user's answers
IDFV_ASKED_FOR = _always(Scope.BATCH, "device_info.ios_idfv", _IDFV_AND_ANSWERS)  # and the user's answers
LOCALE = _always(Scope.BATCH, "device_info.locale_language", _LOCALE)  # and `locale_country`
ATT_ANSWER = _always(Scope.BATCH, "device_info.att_authorization_status", _ATT)  # and the device's system
LEAD_ID = Source(Scope.EVENT, "lead_id_attribute", _lead_id)  # an attribute of the event, else of the user
LEAD_EVENT_SOURCE = Source(Scope.EVENT, "lead_event_source", _lead_event_source)  # the same, else the setting
OPT_OUT = _always(Scope.BATCH, "consent_state.ccpa.data_sale_opt_out.consented", "opt_out(subject.consent)")
MOMENT = _always(Scope.EVENT, "timestamp_unixtime_ms", _MOMENT)
