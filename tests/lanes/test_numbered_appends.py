"""Appends are numbered and kept: whatever Redis goes back to, what was confirmed is there again, once."""

import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence

import pytest
import redis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test
from support.lane import CODEC, chunk_of
from support.rollback import State, go_back, state_of

from lanes.appends import replicated
from lanes.appends.arrivals import Arrival, Share
from lanes.appends.contents import AppendContents, append_contents
from lanes.appends.kept import KEEP_S, MOST_KEPT_BYTES, KeptAppends
from lanes.appends.replicated import Repair, ReplicatedAppend
from store.client import connect, connect_async
from store.errors import RedisAway


def arrivals(*ids: int, connection: str = "shop") -> list[Arrival]:
    return [Arrival("web", len(ids), 0, {connection: Share(len(ids), chunk=chunk_of(*ids))})]


class Ingest:
    """One process that appends, its clock in the test's hands; there is one server, and no replica."""

    def __init__(self, url: str) -> None:
        self.now_s = 1_000.0
        self.repairs: list[Repair] = []
        self.runner = asyncio.Runner()
        self.client = connect_async(url)
        self.start()

    def start(self) -> None:
        """Begin as a new process."""
        kept = KeptAppends(lambda: self.now_s)
        self.append = ReplicatedAppend(self.client, 0, self.repairs.append, choose_lane=lambda: 0, kept=kept)

    def add(self, *ids: int, confirmed: bool = True) -> None:
        """Append; without `confirmed`, no replica confirms it, so the sender is answered 503."""
        self.append._replicas = 0 if confirmed else 1
        self.append._replicas_missing = False
        if confirmed:
            self.runner.run(self.append.append(arrivals(*ids)))
            return
        with pytest.raises(RedisAway):
            self.runner.run(self.append.append(arrivals(*ids)))

    def compare(self) -> None:
        """Compare the numbers, as ingest does twice a second."""
        self.runner.run(self.append.repair())

    def close(self) -> None:
        self.runner.run(self.client.aclose())
        self.runner.close()


@pytest.fixture
def ingest(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ingest]:
    monkeypatch.setattr(replicated, "WAIT_MS", 1)
    ingest = Ingest(redis_url)
    yield ingest
    ingest.close()


def waiting(client: redis.Redis) -> list[int]:
    """Return the events that wait, in order."""
    chunks = (CODEC.decode(chunk) for chunk in client.lrange("lane:shop:0", 0, -1))
    return [entry.position for chunk in chunks for part in chunk.batches for entry in part.entries]


def test_what_a_failover_lost_is_made_again_in_order_before_the_next_append(
    ingest: Ingest, client: redis.Redis
) -> None:
    """Also where an append in between was not confirmed: that one was answered 503."""
    ingest.add(1)
    state = state_of(client)
    ingest.add(2)
    ingest.add(3, confirmed=False)
    ingest.add(4)
    go_back(client, state)
    ingest.add(5)
    assert waiting(client) == [1, 2, 4, 5]
    assert ingest.repairs == [Repair(2, 2, lost=False)]


def test_after_an_append_without_a_replica_the_next_opens_its_connection_again(
    ingest: Ingest, client: redis.Redis
) -> None:
    """What it wrote to may be no primary any more, and not know it; opening asks Sentinel."""

    def opened() -> int:
        return int(client.info("stats")["total_connections_received"])

    ingest.add(1, 2)
    ingest.add(3)
    before = opened()
    ingest.add(4, confirmed=False)
    ingest.add(5)
    assert opened() == before + 1


def test_a_failover_that_lost_only_the_last_append_is_noticed(ingest: Ingest, client: redis.Redis) -> None:
    """The next append brings it."""
    ingest.add(1)
    state = state_of(client)
    ingest.add(2)
    go_back(client, state)
    ingest.add(3)
    assert waiting(client) == [1, 2, 3]


def test_a_comparison_that_was_overtaken_makes_nothing_twice(ingest: Ingest, client: redis.Redis) -> None:
    """An append repaired in between: the number that the comparison read is no longer right."""
    state = state_of(client)
    ingest.add(1)
    ingest.add(2)
    go_back(client, state)
    ingest.add(3)
    ingest.runner.run(ingest.append._make_again(0))
    assert (waiting(client), ingest.repairs) == ([1, 2, 3], [Repair(2, 2, lost=False)])


def test_an_idle_ingest_makes_appends_again_too(ingest: Ingest, client: redis.Redis) -> None:
    """Only once: a second comparison finds everything."""
    state = state_of(client)
    ingest.add(1)
    ingest.add(2)
    go_back(client, state)
    ingest.compare()
    ingest.compare()
    assert (waiting(client), ingest.repairs) == ([1, 2], [Repair(2, 2, lost=False)])


def test_a_second_failover_within_half_a_minute_after_a_repair_is_repaired_as_well(
    ingest: Ingest, client: redis.Redis
) -> None:
    """What was made again has only one copy so far, so it is kept for another half minute."""
    state = state_of(client)
    ingest.add(1)
    ingest.now_s += KEEP_S - 1
    go_back(client, state)
    ingest.compare()
    ingest.now_s += KEEP_S - 1
    go_back(client, state)
    ingest.compare()
    assert waiting(client) == [1]


def test_older_appends_that_are_missing_are_reported(ingest: Ingest, client: redis.Redis) -> None:
    """A backup was restored: what is still kept is made again, and the rest is reported as lost."""
    state = state_of(client)
    ingest.add(1)
    ingest.now_s += KEEP_S + 1
    ingest.add(2)
    go_back(client, state)
    ingest.add(3)
    assert (waiting(client), ingest.repairs) == ([2, 3], [Repair(1, 1, lost=True)])
    ingest.add(4)
    assert (waiting(client), len(ingest.repairs)) == ([2, 3, 4], 1)


def test_a_number_that_expired_means_nothing(ingest: Ingest, client: redis.Redis) -> None:
    """An ingest that was idle for a day appends as usual."""
    ingest.add(1)
    ingest.now_s += 86_400
    client.delete(f"appends:{ingest.append._kept.process}")
    ingest.add(2)
    assert (waiting(client), ingest.repairs) == ([1, 2], [])


def test_each_process_has_numbers_of_its_own(ingest: Ingest, client: redis.Redis) -> None:
    """A restarted ingest begins at one."""
    ingest.add(1)
    ingest.start()
    ingest.add(2)
    assert (waiting(client), ingest.repairs) == ([1, 2], [])


def test_a_full_connection_does_not_refuse_what_was_confirmed(ingest: Ingest, client: redis.Redis) -> None:
    """The bound of a backlog is for new events."""
    state = state_of(client)
    ingest.add(1)
    ingest.add(2)
    go_back(client, state)
    ingest.append.max_backlog_bytes = 1
    ingest.compare()
    assert waiting(client) == [1, 2]


@given(
    sizes=st.lists(st.integers(0, MOST_KEPT_BYTES // 3), max_size=12), pauses=st.lists(st.integers(0, 20), min_size=12)
)
def test_what_is_kept_is_bounded_in_bytes_and_time(sizes: Sequence[int], pauses: Sequence[int]) -> None:
    """The newest are kept; `dropped` is the number of the last one that is not."""
    now = [0.0]
    kept = KeptAppends(lambda: now[0])
    blob = bytes(MOST_KEPT_BYTES // 3)
    for size, pause in zip(sizes, pauses, strict=False):
        now[0] += pause
        number = kept.next_number()
        kept.confirm(number, AppendContents({"inputs": [], "shares": []}, [blob[:size]]))
    left = kept.after(0)
    assert sum(each.contents.memory for each in left) <= MOST_KEPT_BYTES
    assert all(now[0] - each.confirmed_s <= KEEP_S for each in left)
    assert [each.number for each in left] == list(range(kept.dropped + 1, len(sizes) + 1))


def test_contents_are_kept_as_they_were_sent() -> None:
    """The chosen lane is part of it: an append that is made again goes where it was."""
    contents = append_contents(arrivals(1), lambda: 3)
    assert contents.arguments(max_backlog_bytes=0) == contents.arguments(max_backlog_bytes=0)
    assert contents.described["shares"][0]["lane"] == "shop:3"


class Rollbacks(RuleBasedStateMachine):
    """Appends, confirmed or not, and failovers to any earlier state, in any order."""

    def __init__(self, ingest: Ingest, client: redis.Redis) -> None:
        super().__init__()
        client.flushall()
        self.ingest, self.client = ingest, client
        ingest.start()
        self.next_id = 0
        self.confirmed: list[int] = []
        self.states: list[State] = [state_of(client)]

    @rule(confirmed=st.booleans())
    def append(self, confirmed: bool) -> None:
        self.next_id += 1
        self.ingest.add(self.next_id, confirmed=confirmed)
        if confirmed:
            self.confirmed.append(self.next_id)
            self.all_confirmed_are_there()

    @rule()
    def remember(self) -> None:
        self.states.append(state_of(self.client))

    @rule(data=st.data())
    def failover(self, data: st.DataObject) -> None:
        go_back(self.client, data.draw(st.sampled_from(self.states)))

    @precondition(lambda self: self.confirmed)
    @rule()
    def compare(self) -> None:
        self.ingest.compare()
        self.all_confirmed_are_there()

    def all_confirmed_are_there(self) -> None:
        found = Counter(waiting(self.client))
        assert set(self.confirmed) <= set(found)
        assert set(found.values()) <= {1}
        assert not any(repair.lost for repair in self.ingest.repairs)


def test_no_order_of_appends_and_failovers_loses_or_doubles_a_confirmed_event(
    redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The comparison and the append script repair each other's gaps."""
    monkeypatch.setattr(replicated, "WAIT_MS", 1)
    ingest = Ingest(redis_url)
    with connect(redis_url) as client:
        run_state_machine_as_test(
            lambda: Rollbacks(ingest, client),
            settings=settings(max_examples=40, stateful_step_count=25, suppress_health_check=list(HealthCheck)),
        )
    ingest.close()
