"""Generate what a shop's connection counts, in steps of ten minutes: its days, weekends, campaigns and bad hours."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from config.dead_letter_reasons import INVALID_URL, MISSING_PARAMETER
from mapping.match_keys import MATCH_KEYS
from operations.hourly_counts import EventHour, Hour, Kind

STEP_MINUTES: Final = 10
STEPS: Final = 60 // STEP_MINUTES
ZONE: Final = ZoneInfo("Europe/Berlin")
START: Final = round(datetime(2026, 2, 23, tzinfo=UTC).timestamp()) // 3600
"""A Monday, five weeks before daylight-saving time."""

_BY_HOUR: Final = (3, 2, 1, 1, 1, 2, 5, 9, 13, 16, 18, 20, 22, 21, 20, 20, 21, 23, 26, 30, 32, 28, 18, 8)
"""A shop's day, in its own time; the highest hour is 32."""
_BY_DAY: Final = (1.0, 0.95, 0.95, 1.0, 1.1, 1.25, 1.35)
PLACES: Final = {key.code: place for place, key in enumerate(MATCH_KEYS)}


class Event(NamedTuple):
    """A TikTok event: how many an hour in the best hour, its opening hours if it has any, and the shares of its keys.

    `every_hours`: its sender collects for so long. `first_week`: it is new then.
    """

    name: str
    an_hour: float
    shares: Mapping[str, float]
    open_hours: tuple[int, int] | None = None
    every_hours: int = 1
    first_week: int = 0


_KEYS: Final = {"ip": 0.99, "user_agent": 0.98, "ttclid": 0.12, "ttp": 0.55, "email": 0.18, "phone": 0.1}
_BUYERS: Final = {**_KEYS, "email": 0.95, "phone": 0.62, "external_id": 0.7, "country": 0.9}
EVENTS: Final = (
    Event("ViewContent", 1_500, _KEYS),
    Event("AddToCart", 300, {**_KEYS, "email": 0.3}),
    Event("InitiateCheckout", 90, {**_BUYERS, "phone": 0.4}),
    Event("CompletePayment", 45, _BUYERS),
    Event("Subscribe", 6, {"email": 1.0}),
    Event("OfflinePurchase", 60, {"email": 0.6, "phone": 0.8}, open_hours=(9, 19)),
    Event("Restock", 200, {"email": 1.0}, every_hours=3),
    Event("SubmitForm", 120, {"email": 1.0, "phone": 0.5}, first_week=4),
)
NO_COUNTRY: Final = Kind("phone", "no country, and the connection has no default_region")
BAD_URL: Final = Kind("", INVALID_URL.code)
MISSING: Final = Kind("", MISSING_PARAMETER.code)


class Step(NamedTuple):
    """The moment of a step: its hour since 1970, the part of that hour that is over, and the shop's own time."""

    hour: int
    number: int
    local: datetime

    @property
    def ends_ms(self) -> int:
        """When the step ends, Unix milliseconds."""
        return (self.hour * 60 + (self.number + 1) * STEP_MINUTES) * 60_000


Break = Callable[["Shop", Step, Event, EventHour], EventHour]
"""Changes what an event counts in a step."""


@dataclass
class Shop:
    """A shop with a seed: the same seed gives the same weeks."""

    seed: int
    breaks: Break | None = None
    events: Sequence[Event] = EVENTS
    away: tuple[int, int] = (0, 0)
    """Relay itself is away from this hour to that; senders repeat afterwards."""
    campaigns: list[tuple[int, int, float]] = field(default_factory=list)
    """First and last hour, and by how much the traffic rises."""
    holidays: set[int] = field(default_factory=set)
    """Days since START with less than half of the traffic."""

    def __post_init__(self) -> None:
        self.random = Random(self.seed)

    def make_lively(self, weeks: int) -> None:
        """Add campaigns of one to six days, holidays, and a night in which relay is away."""
        for _ in range(weeks // 2):
            first = START + self.random.randrange(weeks * 168)
            self.campaigns.append((first, first + 24 * self.random.randint(1, 6), self.random.uniform(1.5, 4)))
        self.holidays = {self.random.randrange(weeks * 7) for _ in range(weeks // 3)}
        night = START + 24 * self.random.randrange(14, weeks * 7) + self.random.randint(20, 24)
        self.away = (night, night + self.random.randint(3, 9))

    def steps(self, weeks: int) -> Iterator[tuple[Step, Hour]]:
        """Yield each step with what its hour has counted until then."""
        for hour in range(START, START + weeks * 168):
            local = datetime.fromtimestamp(hour * 3600, ZONE)
            day_noise = math.exp(Random(f"{self.seed} {local.date()}").gauss(0, 0.12))
            noise = {event.name: day_noise * math.exp(self.random.gauss(0, 0.12)) for event in self.events}
            burst = self.random.randint(5, 25) if self.random.random() < 0.02 else 0
            so_far: dict[str, EventHour] = {}
            for number in range(STEPS):
                step = Step(hour, number, local)
                for event in self.events:
                    rate = self.rate(event, hour) * noise[event.name] / STEPS
                    counted = self._count(event, step, rate, burst if number == 2 else 0)
                    if self.breaks:
                        counted = self.breaks(self, step, event, counted)
                    if counted.came or counted.kinds:
                        so_far[event.name] = _sum(so_far.get(event.name), counted)
                yield step, dict(so_far)

    def rate(self, event: Event, hour: int) -> float:
        """Return how many come in this hour on average."""
        local = datetime.fromtimestamp(hour * 3600, ZONE)
        if hour < START + event.first_week * 168:
            return 0.0
        rate = event.an_hour * _BY_HOUR[local.hour] / 32 * _BY_DAY[local.weekday()]
        if event.open_hours:
            is_open = event.open_hours[0] <= local.hour < event.open_hours[1] and local.weekday() < 6
            rate = event.an_hour if is_open else 0.0
        if event.every_hours > 1:
            rate = rate * event.every_hours if hour % event.every_hours == 0 else 0.0
        if (hour - START) // 24 in self.holidays:
            rate *= 0.4
        if self._is_away(hour):
            return 0.0
        repeated = 1.5 if self.away[1] <= hour < self.away[1] + 2 else 1.0
        return rate * repeated * self._campaign(event, hour)

    def _is_away(self, hour: int) -> bool:
        return self.away[0] <= hour < self.away[1]

    def _campaign(self, event: Event, hour: int) -> float:
        """Return by how much a campaign raises the traffic; fewer of its visitors buy."""
        most = max((times for first, last, times in self.campaigns if first <= hour < last), default=1.0)
        return most if event.an_hour > 200 else 1 + (most - 1) / 2

    def _share(self, key: str, share: float, hour: int) -> float:
        """Return the share that carries a key: a campaign brings clicks of TikTok, and people who are not known."""
        if not any(first <= hour < last for first, last, _ in self.campaigns):
            return share
        if key in ("ttclid", "ttp"):
            return min(1.0, share * (4 if key == "ttclid" else 1.3))
        return share if share > 0.9 else share * 0.75

    def _count(self, event: Event, step: Step, rate: float, burst: int) -> EventHour:
        came = self.poisson(rate)
        carried = [0] * len(MATCH_KEYS)
        for key, share in event.shares.items():
            carried[PLACES[key]] = self.some_of(came, self._share(key, share, step.hour))
        phone = PLACES["phone"]
        kinds = {NO_COUNTRY: self.some_of(carried[phone], 0.04)}
        carried[phone] -= kinds[NO_COUNTRY]
        if event.name == "ViewContent" and came:
            kinds[BAD_URL] = self.some_of(came, 0.003) + burst
        return EventHour(came, carried, {kind: number for kind, number in kinds.items() if number})

    def poisson(self, mean: float) -> int:
        """Return a number of events where `mean` are usual."""
        if mean > 40:
            return max(0, round(self.random.gauss(mean, math.sqrt(mean))))
        least, product, count = math.exp(-mean), self.random.random(), 0
        while product > least:
            product *= self.random.random()
            count += 1
        return count

    def some_of(self, number: int, share: float) -> int:
        """Return how many of a number are of a share."""
        if number > 30:
            spread = math.sqrt(number * share * (1 - share))
            return min(number, max(0, round(self.random.gauss(number * share, spread))))
        return sum(self.random.random() < share for _ in range(number))


def _sum(one: EventHour | None, other: EventHour) -> EventHour:
    if one is None:
        return other
    carried = [a + b for a, b in zip(one.carried, other.carried, strict=True)]
    kinds = {kind: one.kinds.get(kind, 0) + other.kinds.get(kind, 0) for kind in {**one.kinds, **other.kinds}}
    return EventHour(one.sent + other.sent, carried, kinds)
