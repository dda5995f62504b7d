"""The breaks that the backtest plants: what happens to the events of a shop from a moment on."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from benchmarks.drift.shop import EVENTS, MISSING, NO_COUNTRY, PLACES, START, Break, Event, Shop, Step
from operations.alerts.drift.history import EVERY_EVENT, STEADY, History
from operations.hourly_counts import EventHour

HALVES_IN_HOURS: Final = 6
DEAD_AFTER_HOURS: Final = 32
"""After this number of hours a fortieth of a fading event is left."""
APPS: Final = 0.15
"""The part of the events that apps send: a release of the site does not change them."""


class Planted(NamedTuple):
    """A break: what it does, what the finding is about, and the event whose traffic counts until it is found.

    `key`: only events with this match key count. `found_after_h`: from when on it can be found. `in_campaign`: a
    campaign runs. `after_outage`: relay was away for six hours, until four hours before.
    """

    name: str
    change: Break
    subject: str
    event: str
    key: str = ""
    found_after_h: int = 0
    in_campaign: bool = False
    after_outage: bool = False

    def is_traffic(self, history: History, hour: int) -> bool:
        """Return whether its event comes steadily at this time of the week: at least 20 an hour, with the match key."""
        event = next(event for event in EVENTS if event.name == self.event)
        share = event.shares[self.key] if self.key else 1.0
        return history.usual(self.event, hour) * share >= STEADY


def stops(*names: str) -> Break:
    """Let these events stop; without names, all events."""
    return lambda _shop, _step, event, counted: EventHour() if not names or event.name in names else counted


def fades(name: str, begin: int) -> Break:
    """Let an event become half as frequent every six hours."""

    def change(shop: Shop, step: Step, event: Event, counted: EventHour) -> EventHour:
        if event.name != name:
            return counted
        left = 0.5 ** ((step.hour - begin) / HALVES_IN_HOURS)
        return EventHour(shop.some_of(counted.sent, left), [shop.some_of(n, left) for n in counted.carried])

    return change


def drops(key: str, names: Sequence[str], left: float) -> Break:
    """Let these events lose a match key."""

    def change(shop: Shop, _: Step, event: Event, counted: EventHour) -> EventHour:
        if event.name not in names:
            return counted
        carried = list(counted.carried)
        carried[PLACES[key]] = shop.some_of(carried[PLACES[key]], left)
        return EventHour(counted.sent, carried, counted.kinds)

    return change


def omits_phones(shop: Shop, _: Step, event: Event, counted: EventHour) -> EventHour:
    """Let relay omit most phone numbers, because the country is missing."""
    if not counted.sent:
        return counted
    carried, place = list(counted.carried), PLACES["phone"]
    kept = shop.some_of(carried[place], APPS)
    omitted = carried[place] - kept
    carried[place] = kept
    kinds = {**counted.kinds, NO_COUNTRY: counted.kinds.get(NO_COUNTRY, 0) + omitted}
    return EventHour(counted.sent, carried, kinds) if event.name in SITE else counted


def lacks_a_parameter(shop: Shop, _: Step, event: Event, counted: EventHour) -> EventHour:
    """Let four of five purchases become dead letters."""
    if event.name != "CompletePayment":
        return counted
    dead = shop.some_of(counted.sent, 0.8)
    return EventHour(counted.sent - dead, counted.carried, {**counted.kinds, MISSING: dead})


SITE: Final = ("ViewContent", "AddToCart", "InitiateCheckout", "CompletePayment")


def planted(begin: int) -> tuple[Planted, ...]:
    """Return the breaks that begin in this hour."""
    buys, checks_out, phone = "CompletePayment", "InitiateCheckout", "phone"
    fading = fades("AddToCart", begin)
    return (
        Planted("purchases stop", stops(buys), buys, buys),
        Planted("purchases stop during a campaign", stops(buys), buys, buys, in_campaign=True),
        Planted("purchases stop after an outage of relay", stops(buys), buys, buys, after_outage=True),
        Planted("the tills of the shops stop", stops("OfflinePurchase"), "OfflinePurchase", "OfflinePurchase"),
        Planted("the sender's outage: all events stop", stops(), EVERY_EVENT, "ViewContent"),
        Planted("an event fades within two days", fading, "AddToCart", "AddToCart", found_after_h=DEAD_AFTER_HOURS),
        Planted("a release of the site drops the phone", drops(phone, SITE, APPS), phone, "ViewContent", phone),
        Planted("the checkout drops the phone", drops(phone, (checks_out, buys), 0), phone, checks_out, phone),
        Planted("a release drops the click id", drops("ttclid", SITE, 0), "ttclid", "ViewContent", "ttclid"),
        Planted("a release drops the country of phones", omits_phones, phone, "ViewContent", phone),
        Planted("most purchases lack a parameter", lacks_a_parameter, "", buys),
    )


def begin_of(seed: int) -> int:
    """Return an hour of the fourth week, another for each seed."""
    return START + 3 * 168 + seed * 47 % 168
