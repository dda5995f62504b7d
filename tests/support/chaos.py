"""Do to a relay everything that can happen to it, at random instants, and then search for lost events."""

import random
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import redis
from support.plant import Plant, Process
from support.posters import Posters

from config.settings import Settings
from delivery.dead_letter import DeadLetter
from lanes.lanes import Lanes
from lanes.ledger import ConnectionReading, read_ledger
from lanes.receipts.blocks import merge_receipts, receipts_kept
from operations.dead_letters.store import DeadLetterStore
from operations.receipts.item import TraceItem
from operations.receipts.trace import trace
from operations.status.daily import Day, days_of
from store.client import connect
from store.clocks import now_ms
from store.errors import RedisAway, RedisFull

SOURCES = {"shop-web": "CUSG5HBC77UD11VVRQEG", "shop-legacy": "C9LEGACYPIXELCODE0000"}
CONFIGURATION = f"""
inputs:
  - {{id: web, platform: web, api_key: key, api_secret: secret}}
connections:
  - id: shop-web
    inputs: [web]
    access_token: TOKEN
    event_source_id: {SOURCES["shop-web"]}
    enable_web_migration: true
  - id: shop-legacy
    inputs: [web]
    access_token: good
    event_source_id: {SOURCES["shop-legacy"]}
"""
FAULTS: tuple[dict[str, Any], ...] = (
    {"mode": "http_503", "probability": 0.2},
    {"mode": "http_429", "probability": 0.1, "retry_after": 1},
    {"mode": "throttle_40100", "probability": 0.1},
    {"mode": "error_50000", "probability": 0.2},
    {"mode": "partial_20001", "probability": 0.1},
    {"mode": "partial_20001_no_list", "probability": 0.1},
    {"mode": "garbage", "probability": 0.1},
    {"mode": "slow", "probability": 0.2, "seconds": 3},
    {"mode": "hang", "probability": 0.1, "seconds": 3},
    {"mode": "reset", "probability": 0.2},
    {"mode": "take_then_reset", "probability": 0.3},
    {"mode": "take_then_503", "probability": 0.2},
)
WAIT_FOR_REST_S = 300.0
MERGED_BUDGET = 64 << 20


def configuration(token: str = "good") -> str:
    """Return the configuration file; TikTok refuses every token but `good`."""
    return CONFIGURATION.replace("TOKEN", token)


class Chaos:
    """Random actions on a plant, counted by name."""

    def __init__(
        self, plant: Plant, posters: Posters, choices: random.Random, always: Sequence[dict[str, Any]]
    ) -> None:
        self.plant, self.posters, self._choices, self.always = plant, posters, choices, always
        self.done: Counter[str] = Counter()
        self.recoveries: list[float] = []
        self.worker_pss: list[int] = []

    def go_on(self, seconds: float, actions: Mapping[str, int]) -> None:
        """Do one of `actions`, chosen by weight, about every half second; change the sandbox's faults every few."""
        names, weights = list(actions), list(actions.values())
        until, faults_until = time.monotonic() + seconds, 0.0
        while time.monotonic() < until:
            if time.monotonic() > faults_until:
                chosen = self._choices.sample(FAULTS, self._choices.randint(0, 3))
                seeded = ({**fault, "seed": self._choices.randrange(1000)} for fault in chosen)
                self.plant.sandbox.faults(*self.always, *seeded)
                self.done.update(fault["mode"] for fault in chosen)
                faults_until = time.monotonic() + self._choices.uniform(1, 4)
            name = self._choices.choices(names, weights)[0]
            action: Callable[[], None] = getattr(self, name)
            action()
            self.done[name] += 1
            self.plant.restart_the_dead()
            self.worker_pss.extend(filter(None, (worker.pss() for worker in self.plant.workers)))
            time.sleep(self._choices.uniform(0, 0.8))

    def kill_worker(self) -> None:
        """Send SIGKILL to a worker."""
        self._choices.choice(self.plant.workers).kill()
        time.sleep(self._choices.uniform(0, 0.5))

    def kill_ingest(self) -> None:
        """Send SIGKILL to an ingest."""
        self._choices.choice(self.plant.ingests).kill()
        time.sleep(self._choices.uniform(0, 0.5))

    def kill_server(self) -> None:
        """Send SIGKILL to the server, and note how long it takes until a sender gets a 202 again."""
        self.plant.server.kill()
        time.sleep(self._choices.uniform(0, 0.5))
        self.plant.restart_the_dead()
        restarted = time.monotonic()
        while self.posters.last_accepted < restarted and time.monotonic() < restarted + 30:
            self.plant.restart_the_dead()
            time.sleep(0.01)
        self.recoveries.append(self.posters.last_accepted - restarted)

    def freeze(self) -> None:
        """Send SIGSTOP and SIGCONT to any process; a worker may be stopped for longer than its lease."""
        victim = self._choices.choice([*self.plant.workers, *self.plant.ingests, *self._servers()])
        victim.pause(self._choices.choice((0.3, 1.0, 2.5, 16.0) if victim in self.plant.workers else (0.3, 1.0, 2.5)))

    def _servers(self) -> list[Process]:
        return [self.plant.server]

    def stop_worker(self) -> None:
        """Send SIGTERM to a worker."""
        self._choices.choice(self.plant.workers).stop()

    def join(self) -> None:
        """Add a worker and an ingest, up to four of each."""
        self.plant.add_worker() if len(self.plant.workers) < 4 else self.plant.remove(self.plant.workers[0])
        self.plant.add_ingest() if len(self.plant.ingests) < 4 else self.plant.remove(self.plant.ingests[0])

    def leave(self) -> None:
        """Remove a worker and an ingest, but never the last."""
        for processes in (self.plant.workers, self.plant.ingests):
            if len(processes) > 1:
                self.plant.remove(self._choices.choice(processes))

    def spoil_file(self) -> None:
        """Write half a file and a typing error for a while. (Half a file alone may be valid.)"""
        self.plant.file.write_text(configuration()[: self._choices.randrange(300)] + "\n: [")
        time.sleep(1)
        self.plant.file.write_text(configuration())

    def refuse_token(self) -> None:
        """Write a token that TikTok refuses, then the right one again."""
        self.plant.file.write_text(configuration("revoked"))
        time.sleep(self._choices.uniform(1, 4))
        self.plant.file.write_text(configuration())

    def fill_memory(self) -> None:
        """Leave Redis no memory for a while."""
        try:
            with self.plant.client() as client:
                client.config_set("maxmemory", 1)
                time.sleep(self._choices.uniform(0.5, 2))
                client.config_set("maxmemory", "512mb")
        except redis.RedisError:
            return

    def merge(self) -> None:
        """Merge receipts into a block, long before a worker would, while workers append more."""
        with suppress(RedisAway, RedisFull), self.plant.client() as client:
            self.done["blocks"] += bool(merge_receipts(client, MERGED_BUDGET, 200))

    def fill_disk(self) -> None:
        """Leave the disk a few hundred bytes: the server writes half a line and ends. Then free the space again."""
        self.plant.server.limit_file_size(300)
        time.sleep(self._choices.uniform(0.5, 2))
        self.plant.server.limit_file_size(None)


@dataclass
class Outcome:
    """How the events ended. `posted` and `lost` are pairs of event source id and event id."""

    posted: set[tuple[str, str]]
    arrived: dict[tuple[str, str, str], int]
    dead: dict[tuple[str, str], str]
    connections: list[ConnectionReading]
    days: dict[str, list[Day]]
    receipts: list[TraceItem]
    receipts_kept: int
    lost: set[tuple[str, str]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.lost = self.posted - {(source, event_id) for source, _, event_id in self.arrived} - self.dead.keys()

    @property
    def duplicates(self) -> int:
        """Return how many repetitions TikTok received, which it drops by their id."""
        return sum(self.arrived.values()) - len(self.arrived)


def outcome_of(plant: Plant, posters: Posters) -> Outcome:
    """Wait until no event waits (backoffs end, leases of killed processes expire); return how all events ended."""
    client = connect(plant.redis_url)
    lanes, deadline = Lanes(client), time.monotonic() + WAIT_FOR_REST_S
    while sum(connection.waiting for connection in _readings(client)):
        assert time.monotonic() < deadline, f"still waiting: {_readings(client)}"
        for name in SOURCES:
            lanes.resume(name)
        plant.restart_the_dead()
        time.sleep(0.5)
    connections = _readings(client)
    days = {name: days_of(client, [name], 3, now_ms(client)) for name in SOURCES}
    stored = [content for name in SOURCES for content in client.hvals(f"dead_letters:{name}")]
    dead_letters = [DeadLetter.decode(content) for content in stored]
    store = DeadLetterStore(Settings(config=plant.file, redis_url=plant.redis_url), client)  # type: ignore[arg-type]
    found = trace(store, read_ledger(client, list(SOURCES), ["web"]), posters.accepted)
    kept = receipts_kept(client).receipts
    client.close()
    return Outcome(
        posted={(source, event_id) for source in SOURCES.values() for event_id in posters.accepted},
        arrived=plant.sandbox.ids(),
        dead={(SOURCES[dead.connection], dead.event_id or ""): dead.reason for dead in dead_letters},
        connections=connections,
        days=days,
        receipts=[item for items in found.items.values() for item in items],
        receipts_kept=kept,
    )


def _readings(client: redis.Redis) -> list[ConnectionReading]:
    return read_ledger(client, list(SOURCES), ["web"]).connections


def check(result: Outcome, bad: set[str]) -> None:
    """Check that no event is lost, only bad events are dead-lettered, and the ledger agrees with the sandbox."""
    check_cells([result], bad)


def check_cells(results: Sequence[Outcome], bad: set[str]) -> None:
    """Check the same of cells, of which each has a part of the events; all delivered to one sandbox."""
    dead = {item: reason for result in results for item, reason in result.dead.items()}
    assert not set.intersection(*(result.lost for result in results))
    assert {event_id for (_, event_id), reason in dead.items() if reason == "invalid_url"} == bad
    assert set(dead.values()) <= {"invalid_url", "rejected_by_tiktok"}
    for result in results:
        check_ledger(result)
        check_receipts(result)
    seen = {(SOURCES[item.facts.connection], item.event_id) for result in results for item in result.receipts}
    assert set.union(*(result.posted for result in results)) <= seen


def check_ledger(result: Outcome) -> None:
    """The ledger of each connection, and its daily counts, agree with each other and with the sandbox."""
    for connection in result.connections:
        assert connection.balances, connection
        ledger = connection.counts
        assert ledger["accepted"] == ledger["delivered"] + ledger.get("dead_lettered", 0)
        days = result.days[connection.name]
        assert sum(day.others["accepted"] for day in days) == ledger["accepted"]
        assert sum(day.delivered.total() for day in days) == ledger["delivered"]
        assert sum(day.dead_lettered.total() for day in days) == ledger.get("dead_lettered", 0)
        assert not any(day.waiting for day in days)
        here = sum(count for (source, _, _), count in result.arrived.items() if source == SOURCES[connection.name])
        assert here >= ledger["delivered"]


def check_receipts(result: Outcome) -> None:
    """Every item that ended has one receipt, and TikTok's stand-in has all that receipts call delivered."""
    ended: Counter[tuple[str, str]] = Counter()
    delivered: Counter[tuple[str, str, str]] = Counter()
    for item in result.receipts:
        ended[item.facts.connection, item.facts.outcome] += 1
        if item.facts.outcome == "delivered":
            assert item.facts.tiktok_request_id
            delivered[SOURCES[item.facts.connection], item.facts.tiktok_event or "", item.event_id] += 1
    for connection in result.connections:
        for outcome in ("delivered", "dead_lettered"):
            assert ended[connection.name, outcome] == connection.counts.get(outcome, 0)
    assert ended.total() == result.receipts_kept == len(result.receipts)
    more = {item: number for item, number in delivered.items() if number > result.arrived.get(item, 0)}
    assert not more, "receipts of deliveries that never were"
