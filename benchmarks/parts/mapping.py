"""Measure mapping on one core: a batch's JSON in, a request's bytes out, three products an event; against its floor."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, Final

from benchmarks.report.result import Result
from benchmarks.report.tables import command
from benchmarks.support.data import NOW_MS, USERS, batches
from benchmarks.support.floor import floor
from benchmarks.support.timing import Contestant, Timed, alternate
from config.model import (
    Condition,
    Connection,
    CustomMapping,
    Forward,
    Input,
    Match,
    Parameter,
    Platform,
    Selection,
    Transform,
)
from mapping.incoming.batch import split_batch
from mapping.plan import Plan, compile_plan
from mapping.results import Mapped

EVENTS: Final = 2_000
"""Batches in the work of each contestant: several requests, in a short time."""
EVENTS_A_MEGABYTE: Final = 600
"""The most such events in a request, because a request has at most a megabyte."""
MOST_TIMES_THE_FLOOR: Final = 6.0
MOST_TIMES_ON_THE_WEB: Final = {1: 2.2, 5: 2.5}
"""Events a batch → the target in multiples of the floor's CPU."""
MOST_TIMES_FOR_STRANGERS: Final = 2.5
TARGETS: Final = {1: 40_000.0, 5: 100_000.0}
"""Events a batch → the target in events/s."""
STRANGERS: Final = 3_000
THE_FLOOR: Final = "parsing, the hashes needed and serialising, with the fastest libraries and nothing in between"
ONE_CORE: Final = "events a second of this process's CPU time: the rate of a core that has nothing else to do"

_ROUTES: dict[str, tuple[Platform, dict[str, Any], int]] = {  # the last is how many identities a batch hashes
    "web": ("web", {"enable_web_migration": True}, 6),
    "legacy": ("web", {}, 3),
    "app": ("ios", {}, 4),
}
_CUSTOM_MAPPINGS = (
    CustomMapping(
        "CompletePayment",
        Match(event_type="commerce_event", action="purchase"),
        {
            "value": Parameter("field", "total_amount", type="number", required=True),
            "currency": Parameter("field", "currency_code", default="USD"),
            "content_id": Parameter("product", "id"),
            "price": Parameter("product", "price"),
            "quantity": Parameter("product", "quantity"),
            "description": Parameter("static", "web order"),
        },
    ),
    CustomMapping(
        "ViewContent",
        Match(name="ecommerce - viewdetail", attributes={"section": frozenset({"shop"})}),
        {"content_id": Parameter("product", "id"), "content_name": Parameter("product", "name")},
    ),
    CustomMapping("Search", Match(event_type="custom_event"), {"query": Parameter("attribute", "term", required=True)}),
)
_IN_CENTS = (Transform("multiply", "100"), Transform("round", "0"))
_WIDE_MAPPINGS = (
    CustomMapping(
        "Lead",
        Match(
            event_type="commerce_event",
            only_if=(Condition("attribute", "section", "in", ("shop", "sale")),),
            never_if=(Condition("user_attribute", "internal", "is", ("true",)),),
        ),
        {
            "value": Parameter("field", "total_amount", transform=_IN_CENTS),
            "currency": Parameter("field", "currency_code", default="USD"),
            "content_id": Parameter("product", "id"),
            "content_name": Parameter("product", "name", transform=(Transform("lower"),)),
            "price": Parameter("product", "price"),
            "description": Parameter("product", "name", transform=(Transform("join", ", "),)),
        },
        products=Selection(only_if=(Condition("product", "id", "exists", ("true",)),)),
    ),
)
_RULES = (
    Condition("user_attribute", "internal", "is", ("true",)),
    Condition("user_attribute", "loyalty_tier", "in", ("test", "staff")),
    Condition("identity", "email", "matches", (r"@shop\.example$",)),
    Condition("batch", "app_version", "less", ("3.2",)),
    Condition("gdpr_consent", "marketing", "is", ("false",)),
    Condition("attribute", "channel", "is", ("internal",)),
    Condition("attribute", "section", "starts_with", ("admin",)),
    Condition("field", "total_amount", "less", ("0.01",)),
    Condition("product", "category", "in", ("gift card", "test")),
    Condition("field", "event_name", "is", ("eCommerce - Refund",)),
)
"""Rules that withhold none of the events: five on the batch, five on each event."""
_WIDE: Final = "mappings with conditions and transforms"
_SETTINGS: Final[dict[str, dict[str, Any]]] = {
    "": {},
    "custom mappings": {"custom_mappings": _CUSTOM_MAPPINGS},
    _WIDE: {"custom_mappings": _WIDE_MAPPINGS},
    "ten rules": {"forward": Forward(never_if=_RULES)},
}


@dataclass(frozen=True, slots=True)
class Case:
    """One kind of batch and its route."""

    route: str
    events_a_batch: int
    settings: str = ""
    users: int = USERS

    @property
    def what(self) -> str:
        """The case as a result's name."""
        size = "1 event" if self.events_a_batch == 1 else f"{self.events_a_batch} events"
        name = f"{self.route}, {size} a batch"
        name += f", {self.settings}" if self.settings else ""
        return name if self.users == USERS else f"{name}, every batch another user"

    @property
    def most_times(self) -> float | None:
        """The target in multiples of the floor's CPU; None without one."""
        if self.settings:
            return None
        if self.users != USERS:
            return MOST_TIMES_FOR_STRANGERS
        times = MOST_TIMES_ON_THE_WEB if self.route == "web" else {}
        return times.get(self.events_a_batch, MOST_TIMES_THE_FLOOR)


CASES = (
    *(Case(route, size, settings) for settings in ("", "custom mappings") for route in _ROUTES for size in (1, 5, 50)),
    *(Case("web", size, settings) for settings in ("ten rules", _WIDE) for size in (1, 5)),
    *(Case("web", size, users=STRANGERS) for size in (1, 5)),
)


def run(quick: bool) -> list[Result]:
    """Measure rates, and CPU in multiples of the floor's; about two minutes, or some seconds if `quick`."""
    rounds, seconds = (3, 0.1) if quick else (7, 0.5)
    return [result for case in CASES for result in _measured(case, rounds, seconds)]


def _measured(case: Case, rounds: int, seconds: float) -> Iterator[Result]:
    platform, _, digests = _ROUTES[case.route]
    count = max(EVENTS // case.events_a_batch, case.users if case.users != USERS else 0)
    raw = batches(count, case.events_a_batch, platform=platform, users=case.users)
    plan = _plan(case)
    bodies = [body for one in raw for body in _mapped(plan, one)]
    events = count * case.events_a_batch
    if len(bodies) != events:
        raise AssertionError(f"{events} events became {len(bodies)}")
    relay, beneath = alternate(
        [
            Contestant("relay", events, _mapper(plan, raw)),
            Contestant("floor", events, floor(raw, bodies, digests, min(plan.route.max_events, EVENTS_A_MEGABYTE))),
        ],
        rounds,
        seconds,
    )
    yield Result(
        *("mapping", case.what, "events/s", relay.per_core, *relay.spread),
        target=None if case.settings or case.users != USERS else TARGETS.get(case.events_a_batch),
        note=ONE_CORE,
    )
    yield Result("mapping", case.what, "µs CPU/event", relay.cpu, min(relay.cpu_us), max(relay.cpu_us), better="less")
    times = _times(relay, beneath)
    yield Result(
        *("mapping", case.what, "× the floor", median(times), min(times), max(times)),
        target=case.most_times,
        better="less",
        note=THE_FLOOR,
    )


def _times(relay: Timed, beneath: Timed) -> list[float]:
    """Return the CPU in multiples of the floor's, for each round."""
    return [ours / least for ours, least in zip(relay.cpu_us, beneath.cpu_us, strict=True)]


def relay_work(case: Case, raw: Sequence[bytes]) -> Callable[[], None]:
    """Return relay's work on these batches."""
    return _mapper(_plan(case), raw)


def _plan(case: Case) -> Plan:
    platform, settings, _ = _ROUTES[case.route]
    connection = Connection(
        id="shop",
        inputs=("shop",),
        access_token="token",
        event_source_id="CUSG5HBC77UD11VVRQEG",
        **settings,
        **_SETTINGS[case.settings],
    )
    return compile_plan(connection, Input("shop", platform, "key", "secret"))


def _mapper(plan: Plan, raw: Sequence[bytes]) -> Callable[[], None]:
    """Return the work: split as ingest does, map and join to requests as a worker does."""
    most = min(plan.route.max_events, EVENTS_A_MEGABYTE)

    def work() -> None:
        bodies: list[bytes] = []
        for one in raw:
            bodies += _mapped(plan, one)
            if len(bodies) >= most:
                plan.request(bodies[:most])
                del bodies[:most]
        plan.request(bodies)

    return work


def _mapped(plan: Plan, raw: bytes) -> list[bytes]:
    """Return the TikTok events of one batch."""
    batch = split_batch(raw)
    mapper = plan.batch(batch.shared, NOW_MS)
    return [
        result.body for event in batch.events for result in mapper.map(bytes(event), None) if isinstance(result, Mapped)
    ]


if __name__ == "__main__":
    command(run)()
