"""The promises of lanes as examples; `test_machine.py` tries every order of the same steps."""

import asyncio
from itertools import pairwise

import pytest
import redis
from support.lane import CLAIM_LIMITS, NOW, AppendEvents, chunk_of, granted, ids_in

from lanes.appends.arrivals import Append, Arrival, Share
from lanes.appends.contents import LARGEST_SCRIPT
from lanes.batch_sizing import after_success
from lanes.chunk import read_header
from lanes.errors import ArrivalTooLarge
from lanes.lanes import LEASE_MS, WAKE_HOLD_MS, ClaimLimits, Lanes
from lanes.ledger import read_ledger
from lanes.names import LANES_PER_CONNECTION
from lanes.settlement import BatchSizing, Lease, Lost, Pause, Refused, Released, Settlement, StoredDeadLetter
from store.client import connect, connect_async
from store.errors import RedisAway, RedisFull


def test_a_job_that_outlives_its_lease_settles_nothing(lanes: Lanes, append: AppendEvents) -> None:
    """Another job has the lane by then, although nothing was settled since."""
    append(1, 2)
    late = granted(lanes)
    other = granted(lanes, now=NOW + LEASE_MS)
    assert (
        lanes.settle(late, Settlement(BatchSizing(), trim=1, counts={"delivered": 2}), now_ms=NOW + LEASE_MS) == Lost()
    )
    assert not lanes.renew(late, NOW + LEASE_MS)
    assert not lanes.mark_posted(late, 1, NOW + LEASE_MS)
    assert ids_in(other) == [1, 2]
    assert lanes.settle(other, Settlement(BatchSizing(), trim=1, counts={"delivered": 2})) == Released(waiting=0)


def test_a_settlement_repeated_after_a_lost_reply_trims_nothing_more(lanes: Lanes, append: AppendEvents) -> None:
    """The first raised `head` while the job kept its token, so the second is Lost."""
    append(1)
    append(2)
    append(3)
    lease = lanes.claim("shop:0", ClaimLimits(events=1), NOW)
    assert isinstance(lease, Lease)
    settlement = Settlement(BatchSizing(), trim=1, counts={"delivered": 1})
    assert isinstance(lanes.settle(lease, settlement, CLAIM_LIMITS, NOW), Lease)
    assert lanes.settle(lease, settlement, CLAIM_LIMITS, NOW) == Lost()
    assert ids_in(granted(lanes, now=NOW + LEASE_MS)) == [2, 3]


def test_at_maxmemory_appends_are_refused_whole_and_jobs_continue(
    client: redis.Redis, lanes: Lanes, append: AppendEvents
) -> None:
    """Delivery frees memory, so every step of it works when Redis accepts no other write."""
    append(1, 2, 3)
    append(4, lane="shop:1")
    client.config_set("maxmemory", 1)
    with pytest.raises(RedisFull, match="maxmemory"):
        append(5)
    assert sorted(lanes.wake(NOW).lanes) == ["shop:0", "shop:1"]
    lease = granted(lanes)
    assert lanes.renew(lease, NOW)
    assert lanes.mark_posted(lease, 1, NOW)
    left = [chunk_of(2), chunk_of(3)]
    counts = {"delivered": 0, "dead_lettered": 1}
    settlement = Settlement(
        BatchSizing(limit=1),
        trim=1,
        leftovers=left,
        counts=counts,
        dead_letters=[StoredDeadLetter("a", "why", b"letter")],
        trouble=True,
    )
    assert isinstance(lanes.settle(lease, settlement, CLAIM_LIMITS, NOW), Lease)
    lanes.resume("shop", NOW)
    reading = read_ledger(client, ["shop"], ["web"])
    assert reading.connections[0].balances
    assert (reading.connections[0].waiting, reading.connections[0].dead_letters) == (3, 1)
    assert reading.inputs[0].counts == {"accepted": 4}


def test_an_append_ends_neither_a_backoff_nor_a_lease(lanes: Lanes, append: AppendEvents) -> None:
    """New events wait for the lane's due time, as the earlier ones do."""
    append(1)
    lanes.settle(granted(lanes), Settlement(BatchSizing(), delay_ms=5_000, trouble=True), now_ms=NOW)
    append(2, now=NOW + 1)
    assert lanes.wake(NOW + 4_999).lanes == []
    assert lanes.wake(NOW + 5_000).lanes == ["shop:0"]
    lease = granted(lanes, now=NOW + 5_000)
    append(3, now=NOW + 5_001)
    assert lanes.wake(NOW + 5_002).lanes == []
    assert lanes.renew(lease, NOW + 5_002)


def test_a_lane_whose_jobs_do_not_settle_is_claimed_with_fewer_events(lanes: Lanes, append: AppendEvents) -> None:
    """An event that kills the process is claimed alone in the end and counted; the events beside it continue."""
    for number in range(8):
        append(number)
    taken, alone = [], []
    for claim in range(8):
        lease = granted(lanes, now=NOW + claim * LEASE_MS)
        taken.append(len(ids_in(lease)))
        alone.append(lease.alone)
        if claim == 0:
            assert lease.sizing.limit == 1000
    assert taken == [8, 8, 8, 8, 8, 8, 8, 7]
    for claim in range(8, 14):
        lease = granted(lanes, now=NOW + claim * LEASE_MS)
        taken.append(len(ids_in(lease)))
        alone.append(lease.alone)
    assert taken[8:] == [3, 1, 1, 1, 1, 1]
    assert alone[9:] == [0, 1, 2, 3, 4]
    done = Settlement(
        after_success(lease.sizing, 1000),
        trim=1,
        counts={"dead_lettered": 1},
        dead_letters=[StoredDeadLetter("a", "why", b"b")],
    )
    after = lanes.settle(lease, done, CLAIM_LIMITS, NOW + 14 * LEASE_MS)
    assert isinstance(after, Lease)
    assert (ids_in(after), after.alone) == ([1, 2], 0)


def test_an_empty_lane_is_not_due_until_an_append(client: redis.Redis, lanes: Lanes, append: AppendEvents) -> None:
    """A lane is in `lanes:due` exactly while events wait in it; its `head` stays when it is empty."""
    append(1)
    assert lanes.settle(
        granted(lanes), Settlement(BatchSizing(), trim=1, counts={"delivered": 1}), now_ms=NOW
    ) == Released(waiting=0)
    assert client.zcard("lanes:due") == client.zcard("lanes:held") == 0
    assert lanes.claim("shop:0", CLAIM_LIMITS, NOW) == Refused("not due")
    append(2, now=NOW + 1)
    assert lanes.wake(NOW + 1).lanes == ["shop:0"]
    assert granted(lanes, now=NOW + 1).head == 1


def test_many_timers_send_one_wake_up_for_a_lane(lanes: Lanes, append: AppendEvents) -> None:
    """When the wake-up is lost, another is sent after two seconds."""
    append(1)
    assert lanes.wake(NOW).lanes == ["shop:0"]
    assert lanes.wake(NOW + WAKE_HOLD_MS - 1).lanes == []
    assert lanes.wake(NOW + WAKE_HOLD_MS).lanes == ["shop:0"]


def test_wake_writes_nothing_when_nothing_is_due(client: redis.Redis, lanes: Lanes) -> None:
    """Twenty timers a second must not cost twenty writes to the append-only file."""
    before = client.info("persistence")["rdb_changes_since_last_save"]
    lanes.wake()
    assert client.info("persistence")["rdb_changes_since_last_save"] == before


def test_a_post_with_an_unknown_outcome_marks_its_chunks_once(lanes: Lanes, append: AppendEvents) -> None:
    """The mark is the time of the first such POST and never changes; events that were not in it get none."""
    append(1)
    append(2)
    assert lanes.mark_posted(granted(lanes), 1, NOW + 7)
    again = granted(lanes, now=NOW + LEASE_MS)
    assert [read_header(chunk).first_unknown_ms for chunk in again.chunks] == [NOW + 7, 0]
    assert lanes.mark_posted(again, 2, NOW + LEASE_MS + 9)
    third = granted(lanes, now=NOW + 2 * LEASE_MS)
    assert [read_header(chunk).first_unknown_ms for chunk in third.chunks] == [NOW + 7, NOW + LEASE_MS + 9]


def test_an_answer_with_an_unknown_outcome_marks_them_too(lanes: Lanes, append: AppendEvents) -> None:
    """After a time-out the next claim finds the mark; a known outcome leaves none."""
    append(1)
    lease = granted(lanes)
    lanes.mark_posted(lease, 1, NOW + 3)
    lanes.settle(lease, Settlement(BatchSizing(), posted=1, delay_ms=10, trouble=True), now_ms=NOW + 4)
    lease = granted(lanes, now=NOW + 20)
    assert read_header(lease.chunks[0]).first_unknown_ms == NOW + 3
    append(2)
    lanes.mark_posted(lease, 1, NOW + 21)
    lanes.settle(lease, Settlement(BatchSizing(), posted=0, delay_ms=10, trouble=True), now_ms=NOW + 22)
    assert [read_header(c).first_unknown_ms for c in granted(lanes, now=NOW + 40).chunks] == [NOW + 3, 0]


def test_a_failing_connection_gets_one_lease_until_it_recovers(lanes: Lanes, append: AppendEvents) -> None:
    """One hung endpoint must not take every slot of every worker."""
    for number in range(LANES_PER_CONNECTION):
        append(number, lane=f"shop:{number}")
    first, second = granted(lanes, "shop:0"), granted(lanes, "shop:1")
    lanes.settle(first, Settlement(BatchSizing(), delay_ms=9_000, trouble=True), now_ms=NOW)
    assert lanes.claim("shop:2", CLAIM_LIMITS, NOW) == Refused("busy")
    assert sorted(lanes.wake(NOW).lanes) == ["shop:2", "shop:3"]
    lanes.settle(second, Settlement(BatchSizing(), trim=1, counts={"delivered": 1}, trouble=False), now_ms=NOW)
    assert sorted(lanes.wake(NOW).lanes) == ["shop:2", "shop:3"]
    granted(lanes, "shop:2")
    granted(lanes, "shop:3")


def test_a_paused_connection_is_not_woken_probes_with_few_events_and_resumes(
    lanes: Lanes, append: AppendEvents
) -> None:
    """While it is paused every lane is deferred; then one lane sends few events; its success frees all lanes."""
    for number in range(LANES_PER_CONNECTION):
        append(number, 10 + number, 20 + number, lane=f"shop:{number}")
    lease = granted(lanes)
    lanes.settle(
        lease,
        Settlement(BatchSizing(), delay_ms=60_000, trouble=True, pause=Pause("paused", "fix the token")),
        now_ms=NOW,
    )
    assert lanes.claim("shop:1", CLAIM_LIMITS, NOW + 1) == Refused("paused")
    assert "shop:1" not in lanes.wake(NOW + 59_999).lanes
    probe = granted(lanes, "shop:1", NOW + 60_000)
    assert (probe.probing, probe.sizing.limit) == (True, 2)
    assert lanes.claim("shop:2", CLAIM_LIMITS, NOW + 60_000) == Refused("paused")
    split = Settlement(BatchSizing(), trim=1, leftovers=[chunk_of(21)], counts={"delivered": 2}, trouble=False)
    lanes.settle(probe, split, now_ms=NOW + 60_001)
    assert sorted(lanes.wake(NOW + 60_001).lanes) == ["shop:0", "shop:1", "shop:2", "shop:3"]
    assert not granted(lanes, "shop:2", NOW + 60_001).probing


def test_an_operators_pause_ends_only_by_resume(lanes: Lanes, append: AppendEvents) -> None:
    """Neither the success of a running job nor time ends it."""
    append(1)
    append(2)
    lease = granted(lanes)
    lanes.pause("shop", "paused", 60_000, {"by": "operator"}, NOW)
    done = Settlement(BatchSizing(), trim=1, leftovers=[chunk_of(2)], counts={"delivered": 0}, trouble=False)
    assert lanes.settle(lease, done, CLAIM_LIMITS, NOW) == Released(waiting=2)
    assert lanes.claim("shop:0", CLAIM_LIMITS, NOW + 99_000_000) == Refused("paused")
    lanes.resume("shop", NOW + 99_000_001)
    assert lanes.wake(NOW + 99_000_001).lanes == ["shop:0"]


def test_a_throttled_connection_continues_with_one_lease_first(lanes: Lanes, append: AppendEvents) -> None:
    """Backing off pauses the whole connection; the first success afterwards frees it."""
    append(1, lane="shop:0")
    append(2, lane="shop:1")
    lanes.settle(
        granted(lanes), Settlement(BatchSizing(), delay_ms=3_000, trouble=True, pause=Pause("backing_off")), now_ms=NOW
    )
    assert lanes.claim("shop:1", CLAIM_LIMITS, NOW + 1) == Refused("backing_off")
    first = granted(lanes, "shop:1", NOW + 3_000)
    assert lanes.claim("shop:0", CLAIM_LIMITS, NOW + 3_000) == Refused("busy")
    lanes.settle(first, Settlement(BatchSizing(), trim=1, counts={"delivered": 1}, trouble=False), now_ms=NOW + 3_001)
    granted(lanes, "shop:0", NOW + 3_001)


def test_a_throttled_connection_speeds_up_gradually(lanes: Lanes, append: AppendEvents) -> None:
    """Requests of any of its lanes are 500, 250 … ms apart; then all lanes deliver at once, as before."""
    for number in range(12):
        append(number, lane=f"shop:{number % LANES_PER_CONNECTION}")
    throttled = Settlement(BatchSizing(), delay_ms=3_000, trouble=True, throttled=True, pause=Pause("backing_off"))
    lanes.settle(granted(lanes), throttled, now_ms=NOW)
    now, sent, result = NOW + 3_000, [], None
    while not isinstance(result, Lease):
        now += 1
        for lane in lanes.wake(now).lanes:
            lease = lanes.claim(lane, ClaimLimits(events=1), now)
            if isinstance(lease, Lease):
                sent.append(now)
                done = Settlement(BatchSizing(), trim=1, counts={"delivered": 1}, trouble=False)
                result = lanes.settle(lease, done, ClaimLimits(events=1), now)
    assert [later - earlier for earlier, later in pairwise(sent)] == [500, 250, 125, 62, 0, 0]


def test_a_connection_over_its_share_of_memory_is_refused_whole(
    client: redis.Redis, lanes: Lanes, append: AppendEvents
) -> None:
    """Only its own inputs are refused; when its events are delivered, it accepts again."""
    append(1)
    with pytest.raises(RedisFull, match="connection shop"):
        append(2, most_bytes=100)
    assert read_ledger(client, ["shop"], ["web"]).inputs[0].counts == {"accepted": 1}
    lanes.settle(granted(lanes), Settlement(BatchSizing(), trim=1, counts={"delivered": 1}), now_ms=NOW)
    append(3, most_bytes=100)


@pytest.mark.parametrize(
    "settlement",
    [
        Settlement(BatchSizing(), trim=1, counts={"delivered": 1}),
        Settlement(BatchSizing(), trim=1, counts={"delivered": 3}),
        Settlement(BatchSizing(), trim=0, counts={"delivered": 1}),
        Settlement(BatchSizing(), trim=1, leftovers=[chunk_of(2)], counts={"delivered": 2}),
        Settlement(BatchSizing(), trim=1, counts={"delivered": 1, "dead_lettered": 1}),
    ],
    ids=["one is missing", "one too many", "nothing trimmed", "one twice", "a dead letter is missing"],
)
def test_a_settlement_that_does_not_balance_changes_nothing(
    client: redis.Redis, lanes: Lanes, append: AppendEvents, settlement: Settlement
) -> None:
    """An error in a job must not become an error in the ledger."""
    append(1, 2)
    lease = granted(lanes)
    with pytest.raises(AssertionError, match="UNBALANCED"):
        lanes.settle(lease, settlement, now_ms=NOW)
    assert read_ledger(client, ["shop"], []).connections[0].waiting == 2
    extra = Settlement(BatchSizing(), trim=1, counts={"delivered": 3, "extra": 1})
    assert lanes.settle(lease, extra, now_ms=NOW) == Released(waiting=0)


def test_arrivals_too_large_for_one_script_are_refused_before_they_are_sent(redis_url: str) -> None:
    """No script blocks Redis for long."""
    shares = {name: Share(1, chunk=b"x" * (LARGEST_SCRIPT // 2)) for name in ("a", "b")}
    with asyncio.Runner() as runner:
        client = connect_async(redis_url)
        with pytest.raises(ArrivalTooLarge):
            runner.run(Append(client).append([Arrival("web", 1, 0, shares)]))
        runner.run(client.aclose())


def test_without_redis_every_call_raises_redis_away() -> None:
    """One kind of error, whatever the client library calls it."""
    with pytest.raises(RedisAway):
        Lanes(connect("redis://127.0.0.1:1/0")).wake()


def test_429_names_dead_letters_once_the_backlog_is_full_too(
    client: redis.Redis, lanes: Lanes, append: AppendEvents
) -> None:
    """Until then, a connection that is paused for its dead letters accepts events."""
    append(1, most_bytes=1_000)
    lanes.pause("shop", "paused", 60_000, {"by": "dead_letters"}, NOW)
    append(2, most_bytes=1_000)
    with pytest.raises(
        RedisFull, match=r"paused because its dead letters .* relay dead-letters count --connection shop"
    ):
        append(3, most_bytes=100)
    lanes.resume("shop", NOW)
    with pytest.raises(RedisFull, match="its events must be delivered first"):
        append(3, most_bytes=100)
