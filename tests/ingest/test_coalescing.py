"""Concurrent requests share appends; each is answered after its own append and fails only with it."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import pytest
from support.events import as_json, batch, purchase
from support.site import CONFIGURATION

from config.file import ConfigurationFile
from ingest import coalescer
from ingest.active_configuration import ActiveConfiguration, compile_configuration
from ingest.answers import INTERNAL_ERROR, OVERLOADED, TOO_LARGE, UNAVAILABLE, RefusalKind, RequestRefused
from ingest.coalescer import Coalescer
from ingest.sorting import SortedRequest, sort
from lanes.appends.arrivals import Append, Arrival
from lanes.chunk import ChunkCodec
from lanes.errors import ArrivalTooLarge
from lanes.names import LANES_PER_CONNECTION
from lanes.settlement import Receipts
from operations.alerts.outage import Outage
from store.client import connect, connect_async
from store.errors import RedisAway

Outcomes = list[RefusalKind | None]


class Workbench:
    """A coalescer on real lanes; the test can delay, count and fail its appends."""

    def __init__(self, append: Append, active: ActiveConfiguration) -> None:
        self.pauses: asyncio.Queue[asyncio.Event] | None = None
        self.coalescer = Coalescer(self, ChunkCodec(), Outage(), self._pause)  # type: ignore[arg-type]
        self.appends: list[list[str]] = []
        self.before: Callable[[Sequence[Arrival]], Awaitable[None]] | None = None
        self._append = append
        self._plans = active.plans

    async def append(self, arrivals: Sequence[Arrival], receipts: Receipts, profiles: object) -> None:
        """Replace the append of lanes, and call it."""
        self.appends.append([arrival.input for arrival in arrivals])
        if self.before:
            await self.before(arrivals)
        await self._append.append(arrivals, receipts=receipts)

    async def _pause(self, _: float) -> None:
        """Return at once, or when the test allows it."""
        if self.pauses is not None:
            await self.pauses.put(over := asyncio.Event())
            await over.wait()

    def request(self, number: int = 1, input_id: str = "web", padding: int = 0) -> SortedRequest:
        """Return a sorted request with the purchase e<number>."""
        body = as_json(batch(purchase(number, padding="x" * padding)))
        return sort(input_id, self._plans[input_id], [body], 1_795_000_000_000)

    async def outcome(self, request: SortedRequest) -> RefusalKind | None:
        """Return None if the request is accepted, else the kind of refusal."""
        try:
            await self.coalescer.append(request)
        except RequestRefused as refused:
            return refused.kind
        return None


@pytest.fixture
def run(redis_url: str, tmp_path: Path) -> Callable[[Callable[[Workbench], Awaitable[None]]], None]:
    """Run a test's coroutine with a workbench."""
    path = tmp_path / "relay.yaml"
    path.write_text(CONFIGURATION, encoding="utf-8")
    active = compile_configuration(ConfigurationFile(path).current)

    def run_story(story: Callable[[Workbench], Awaitable[None]]) -> None:
        async def tell() -> None:
            async with connect_async(redis_url) as client:
                await story(Workbench(Append(client), active))

        asyncio.run(tell())

    return run_story


Run = Callable[[Callable[[Workbench], Awaitable[None]]], None]


def events_in(redis_url: str, connection: str) -> list[str]:
    """Return the events that wait for a connection."""
    with connect(redis_url) as client:
        sealed = [
            stored for n in range(LANES_PER_CONNECTION) for stored in client.lrange(f"lane:{connection}:{n}", 0, -1)
        ]
    raws = [e.raw for stored in sealed for part in ChunkCodec().decode(stored).batches for e in part.entries]
    return sorted(raw.split(b'"source_message_id": "')[1].split(b'"')[0].decode() for raw in raws)


def test_concurrent_requests_share_an_append(run: Run, redis_url: str) -> None:
    """A hundred at once are all accepted, each event once, by at most two scripts."""

    async def story(bench: Workbench) -> None:
        outcomes = await asyncio.gather(*(bench.outcome(bench.request(n)) for n in range(100)))
        assert set(outcomes) == {None}
        assert len(bench.appends) <= 2

    run(story)
    assert events_in(redis_url, "shop") == events_in(redis_url, "mirror") == sorted(f"e{n}" for n in range(100))
    with connect(redis_url) as client:
        assert client.hgetall("ledger:shop") == {b"accepted": b"100"}
        assert client.hgetall("ledger:input:web") == {b"accepted": b"100"}


def test_requests_after_an_append_of_several_share_the_next_append(run: Run) -> None:
    """An append waits a moment for them; a request after a single one does not wait."""

    async def story(bench: Workbench) -> None:
        bench.pauses = asyncio.Queue()
        await asyncio.gather(*(bench.outcome(bench.request(n)) for n in (1, 2)))
        pause = await bench.pauses.get()
        followers = [asyncio.create_task(bench.outcome(bench.request(n))) for n in (3, 4, 5)]
        await asyncio.sleep(0)
        assert len(bench.appends) == 1
        pause.set()
        assert await asyncio.gather(*followers) == [None] * 3
        assert len(bench.appends) == 2
        (await bench.pauses.get()).set()
        for number in (6, 7):
            assert await bench.outcome(bench.request(number)) is None
        assert len(bench.appends) == 4
        assert bench.pauses.empty()

    run(story)


def test_inputs_are_joined_in_one_script_but_not_in_one_chunk(run: Run) -> None:
    """A chunk has events of one input."""

    async def story(bench: Workbench) -> None:
        await asyncio.gather(*(bench.outcome(bench.request(n, ("web", "app", "lonely")[n % 3])) for n in range(9)))
        assert bench.appends == [["web", "app", "lonely"]]

    run(story)


def test_a_failed_append_fails_those_it_carried_and_no_others(run: Run, redis_url: str) -> None:
    """The first is written; requests that arrive meanwhile share the second, which fails; the next is written."""

    async def story(bench: Workbench) -> None:
        writing, go_on = asyncio.Event(), asyncio.Event()

        async def hold(_: Sequence[Arrival]) -> None:
            writing.set()
            await go_on.wait()
            if len(bench.appends) == 2:
                raise RedisAway

        bench.before = hold
        first = asyncio.create_task(bench.outcome(bench.request(1)))
        await writing.wait()
        meanwhile = [asyncio.create_task(bench.outcome(bench.request(n))) for n in (2, 3, 4)]
        await asyncio.sleep(0)
        go_on.set()
        assert await first is None
        assert await asyncio.gather(*meanwhile) == [UNAVAILABLE] * 3
        assert await bench.outcome(bench.request(5)) is None

    run(story)
    assert events_in(redis_url, "shop") == ["e1", "e5"]


def test_a_full_connection_concerns_its_own_inputs_only(run: Run, redis_url: str) -> None:
    """`game` is full: its input gets 429, while requests of the other input are accepted."""

    async def story(bench: Workbench) -> None:
        bench._append.max_backlog_bytes = 100_000
        with connect(redis_url) as client:
            client.hset("connection:game", "bytes", 100_000)
        requests = [bench.request(1), bench.request(2, "app"), bench.request(3), bench.request(4, "lonely")]
        outcomes: Outcomes = list(await asyncio.gather(*(bench.outcome(request) for request in requests)))
        assert outcomes == [None, OVERLOADED, None, None]

    run(story)
    assert (events_in(redis_url, "shop"), events_in(redis_url, "game")) == (["e1", "e3"], [])


def test_requests_too_large_together_are_written_one_by_one(run: Run) -> None:
    """Only a request that is too large alone is refused."""

    async def story(bench: Workbench) -> None:
        async def demand_small(arrivals: Sequence[Arrival]) -> None:
            if sum(arrival.accepted for arrival in arrivals) > 1 or arrivals[0].input == "app":
                raise ArrivalTooLarge

        bench.before = demand_small
        requests = [bench.request(1), bench.request(2, "app"), bench.request(3)]
        assert list(await asyncio.gather(*map(bench.outcome, requests))) == [None, TOO_LARGE, None]

    run(story)


def test_one_append_carries_at_most_what_a_script_may(run: Run, redis_url: str) -> None:
    """Twenty-four requests of 300 kB, shared by three connections, need several appends."""

    async def story(bench: Workbench) -> None:
        requests = [bench.request(n, padding=300_000) for n in range(24)]
        assert set(await asyncio.gather(*map(bench.outcome, requests))) == {None}
        assert len(bench.appends) >= 3

    run(story)
    assert len(events_in(redis_url, "shop")) == 24


def test_no_request_waits_longer_than_the_deadline(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """If an append never returns, its requests and those behind it get 503; later requests are accepted."""
    monkeypatch.setattr(coalescer, "ANSWER_WITHIN_S", 0.4)
    monkeypatch.setattr(coalescer, "LEAST_TIME_S", 0.05)

    async def story(bench: Workbench) -> None:
        writing = asyncio.Event()

        async def hang(_: Sequence[Arrival]) -> None:
            writing.set()
            await asyncio.Event().wait()

        bench.before = hang
        loop = asyncio.get_running_loop()
        began = loop.time()
        first = asyncio.create_task(bench.outcome(bench.request(1)))
        await writing.wait()
        behind = [asyncio.create_task(bench.outcome(bench.request(n))) for n in range(2, 9)]
        assert await asyncio.gather(first, *behind) == [UNAVAILABLE] * 8
        assert loop.time() - began < 0.8
        assert len(bench.appends) == 1  # there was no time left to try those behind
        bench.before = None
        assert await bench.outcome(bench.request(9)) is None

    run(story)


def test_requests_beyond_the_waiting_bytes_are_refused_at_once(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory is bounded while Redis is slow."""
    monkeypatch.setattr(coalescer, "MOST_WAITING_BYTES", 20_000)

    async def story(bench: Workbench) -> None:
        assert list(await asyncio.gather(*map(bench.outcome, [bench.request(n) for n in range(40)]))).count(UNAVAILABLE)
        assert await bench.outcome(bench.request(41)) is None

    run(story)


def test_a_request_with_none_before_it_is_accepted_at_any_size(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise it would always be refused."""
    monkeypatch.setattr(coalescer, "MOST_WAITING_BYTES", 1)

    async def story(bench: Workbench) -> None:
        assert await bench.outcome(bench.request(1)) is None

    run(story)


def test_a_client_that_left_changes_nothing_for_the_others(run: Run, redis_url: str) -> None:
    """Its events are written all the same, because the client cannot know."""

    async def story(bench: Workbench) -> None:
        tasks = [asyncio.create_task(bench.outcome(bench.request(n))) for n in range(3)]
        await asyncio.sleep(0)
        tasks[1].cancel()
        assert await tasks[0] is None
        assert await tasks[2] is None

    run(story)
    assert events_in(redis_url, "shop") == ["e0", "e1", "e2"]


def test_an_unexpected_error_fails_only_its_requests(run: Run) -> None:
    """The next append works as usual."""

    async def story(bench: Workbench) -> None:
        async def stumble(_: Sequence[Arrival]) -> None:
            if len(bench.appends) == 1:
                raise KeyError("for the test")

        bench.before = stumble
        assert await bench.outcome(bench.request(1)) == INTERNAL_ERROR
        assert await bench.outcome(bench.request(2)) is None

    run(story)
