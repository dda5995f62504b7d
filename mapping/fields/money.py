"""Notes on an event's money: an amount without a currency, a purchase without a value."""

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from mapping.incoming.event import Incoming
from mapping.results import Note

PURCHASES: Final = frozenset({"PlaceAnOrder", "CompletePayment", "Purchase"})
"""The TikTok events whose value TikTok optimises."""

_NO_CURRENCY = "absent, and the event has an amount: TikTok cannot tell what it is worth; send the currency"
_NO_VALUE = "absent, and this is a purchase with products: TikTok cannot tell what it is worth; send the total"


class Money(NamedTuple):
    """The incoming names of an event's currency and value, and whether its TikTok event is a purchase."""

    currency: str
    value: str
    is_purchase: bool = False


NATIVE_MONEY: Final = Money("currency_code", "total_amount")


def notes_on_money(properties: dict[str, Any], incoming: Incoming, money: Money) -> Iterator[Note]:
    """Yield a note for each missing part of the money in `properties`."""
    contents = properties.get("contents", ())
    if "currency" not in properties and ("value" in properties or any(map(_has_price, contents))):
        yield Note(money.currency, _NO_CURRENCY)
    if contents and "value" not in properties and (money.is_purchase or incoming.action == "purchase"):
        yield Note(money.value, _NO_VALUE)


def _has_price(content: Any) -> bool:
    return getattr(content, "price", None) is not None
