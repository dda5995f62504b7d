"""Receipts in Redis: as many as items ended, found in pieces and blocks, within their budget, the oldest gone first."""

import struct
from itertools import count, islice

import pytest
import redis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.lane import NOW, AppendEvents, granted

import lanes.receipts.blocks
from lanes.dead_letters import ReplayItem, remove_dead_letters, replay_dead_letters
from lanes.lanes import Lanes
from lanes.receipts.blocks import ReceiptsKept, memory_of, merge_receipts, receipts_kept, search_receipts, trim_receipts
from lanes.settlement import BatchSizing, Lost, Receipts, Settlement, StoredDeadLetter

BUDGET = 1 << 20


def id_of(number: int) -> bytes:
    """Return an id; its bytes hold those of others at wrong places, so that a search could mistake them."""
    return struct.pack(">II", number, number)


def receipts(*numbers: int, budget: int = BUDGET) -> Receipts:
    """Return receipts of these ids."""
    return Receipts(len(numbers), b"".join(map(id_of, numbers)) + b"body of %d" % numbers[0], budget)


def end(lanes: Lanes, append: AppendEvents, *numbers: int, now: int = NOW, budget: int = BUDGET) -> None:
    """Deliver events with these receipts."""
    append(*numbers, now=now)
    settlement = Settlement(
        BatchSizing(), trim=1, counts={"delivered": len(numbers)}, receipts=receipts(*numbers, budget=budget)
    )
    assert not isinstance(lanes.settle(granted(lanes, now=now), settlement, now_ms=now), Lost)


def found(client: redis.Redis, *numbers: int) -> set[tuple[int, int, bytes, int]]:
    """Return the receipts found of these ids: number, time, body and place."""
    hits = search_receipts(client, [id_of(number) for number in numbers])
    return {(struct.unpack(">II", hit.id)[0], hit.at_ms, hit.body, hit.place) for hit in hits}


def merge(client: redis.Redis) -> int:
    """Merge receipts; ten are enough for a block."""
    return merge_receipts(client, BUDGET, 10)


def test_a_settlement_and_its_receipts_are_one(client: redis.Redis, lanes: Lanes, append: AppendEvents) -> None:
    """A settlement that is repeated, or whose lease is lost, leaves none."""
    append(1, 2)
    lease = granted(lanes)
    settlement = Settlement(BatchSizing(), trim=1, counts={"delivered": 2}, receipts=receipts(1, 2))
    lanes.settle(lease, settlement, now_ms=NOW)
    assert isinstance(lanes.settle(lease, settlement, now_ms=NOW + 1), Lost)
    assert receipts_kept(client)[0] == 2
    assert found(client, 1, 2, 3) == {(1, NOW, b"body of 1", 0), (2, NOW, b"body of 1", 1)}


@pytest.mark.parametrize("number", [1, 3])
def test_receipts_that_are_not_those_of_what_ended_are_refused(
    number: int, client: redis.Redis, lanes: Lanes, append: AppendEvents
) -> None:
    """One for each item that ended; the unsupported have none."""
    append(1, 2, 3)
    wrong = Settlement(
        BatchSizing(), trim=1, counts={"delivered": 2, "unsupported": 1}, receipts=receipts(*range(number))
    )
    with pytest.raises(AssertionError, match="receipts"):
        lanes.settle(granted(lanes), wrong, now_ms=NOW)
    assert receipts_kept(client) == ReceiptsKept(0, 0, None)


def test_pieces_become_blocks_and_are_found_as_before(client: redis.Redis, lanes: Lanes, append: AppendEvents) -> None:
    """Few and many ids, which are searched in two ways, and an id of several receipts."""
    for first in range(0, 40, 4):
        end(lanes, append, first, first + 1, 1000, first + 3, now=NOW + first)
    before = found(client, *range(40)) | found(client, 1000)
    assert len(before) == 40
    assert merge(client) == 12
    assert merge(client) == 12
    kept = receipts_kept(client)
    assert kept.receipts == 40
    assert (client.llen("receipts:blocks"), client.llen("receipts:pieces")) == (2, 4)
    assert merge(client) == 12
    assert merge(client) == 0, "four receipts are too few"
    assert found(client, *range(40)) | found(client, 1000) == before
    assert found(client, 1000) == {each for each in before if each[0] == 1000}


def test_a_block_replaces_exactly_its_pieces(
    client: redis.Redis, lanes: Lanes, append: AppendEvents, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another worker merged the same pieces meanwhile: then nothing changes."""
    for first in range(0, 24, 4):
        end(lanes, append, *range(first, first + 4))
    merged = lanes_receipts_merged(client, monkeypatch)
    assert merged == (12, 0)
    assert receipts_kept(client).receipts == 24
    assert len(found(client, *range(24))) == 24


def lanes_receipts_merged(client: redis.Redis, monkeypatch: pytest.MonkeyPatch) -> tuple[int, int]:
    """Return what two workers merged of which one was overtaken."""
    encode, overtaking = lanes.receipts.blocks._merged, []

    def overtaken(pieces: list[bytes], number: int) -> bytes:
        monkeypatch.setattr(lanes.receipts.blocks, "_merged", encode)
        overtaking.append(merge(client))
        return encode(pieces, number)

    monkeypatch.setattr(lanes.receipts.blocks, "_merged", overtaken)
    last = merge(client)
    return overtaking[0], last


def test_the_oldest_receipts_go_first(client: redis.Redis, lanes: Lanes, append: AppendEvents) -> None:
    """Blocks, then pieces; status says how far back receipts reach."""
    for number in range(60):
        end(lanes, append, number, now=NOW + number)
    while merge(client):
        pass
    end(lanes, append, 60, now=NOW + 60)
    assert receipts_kept(client).since_ms == NOW
    half = receipts_kept(client).bytes // 2
    trim_receipts(client, half)
    kept = receipts_kept(client)
    assert kept.bytes <= half
    assert kept.since_ms is not None
    assert {number for number, *_ in found(client, *range(61))} == set(range(61 - kept.receipts, 61))
    assert kept.since_ms == NOW + 60 - kept.receipts
    trim_receipts(client, 0)
    assert receipts_kept(client) == ReceiptsKept(0, 0, None)
    assert set(client.scan_iter("receipts*")) <= {b"receipts:kept"}
    end(lanes, append, 61, now=NOW + 61)
    assert receipts_kept(client)[0::2] == (1, NOW + 61)


def test_a_budget_bounds_pieces_that_no_worker_merges(client: redis.Redis, lanes: Lanes, append: AppendEvents) -> None:
    """The script that appends removes the oldest."""
    for number in range(60):
        end(lanes, append, number, budget=2_000, now=NOW + number)
    kept = receipts_kept(client)
    assert 10 < kept.receipts < 60
    assert kept.bytes <= 2_000
    assert {number for number, *_ in found(client, *range(60))} == set(range(60 - kept.receipts, 60))


def test_the_budget_covers_what_redis_uses(client: redis.Redis, lanes: Lanes, append: AppendEvents) -> None:
    """Of pieces and of blocks."""
    numbers = count()
    for _ in range(300):
        end(lanes, append, *islice(numbers, 10))
    assert used(client) <= receipts_kept(client).bytes * 1.1
    while merge(client):
        pass
    assert used(client) <= receipts_kept(client).bytes * 1.1


def used(client: redis.Redis) -> int:
    """Return the memory of all keys of receipts, as Redis says."""
    return sum(int(client.memory_usage(key, samples=0) or 0) for key in client.scan_iter("receipts*"))


@given(size=st.integers(16_384, 1 << 24))
def test_memory_is_estimated_in_steps_of_the_allocator(size: int) -> None:
    """Never less than the size, and never a quarter more."""
    assert size < memory_of(size) <= size * 1.25 + 1_000


def test_at_maxmemory_receipts_are_written_and_merged(client: redis.Redis, lanes: Lanes, append: AppendEvents) -> None:
    """Settling frees more than receipts take."""
    for first in range(0, 12, 4):
        append(*range(first, first + 4))
    client.config_set("maxmemory", 1)
    for first in range(0, 12, 4):
        settlement = Settlement(
            BatchSizing(), trim=1, counts={"delivered": 4}, receipts=receipts(*range(first, first + 4))
        )
        lanes.settle(granted(lanes), settlement, now_ms=NOW)
    assert merge(client) == 12
    assert len(found(client, *range(12))) == 12


def test_dead_letters_that_leave_have_receipts(client: redis.Redis, lanes: Lanes, append: AppendEvents) -> None:
    """Replayed or removed: one each, and none for those that were gone already."""
    append(1, 2, 3)
    dead_letters = [StoredDeadLetter(name, "why", b"content") for name in "abc"]
    settlement = Settlement(
        BatchSizing(), trim=1, counts={"dead_lettered": 3}, dead_letters=dead_letters, receipts=receipts(1, 2, 3)
    )
    lanes.settle(granted(lanes), settlement, now_ms=NOW)
    gone = remove_dead_letters(client, "shop", ["a", "zz"], receipts=[receipts(4), receipts(5)])
    assert gone == ["a"]
    append(9)
    chunk = client.lindex("lane:shop:0", 0) or b""
    items = [ReplayItem("b", b"content", chunk, receipts(6)), ReplayItem("c", b"changed", chunk, receipts(7))]
    assert replay_dead_letters(client, "shop", items) == ["b"]
    assert {number for number, *_ in found(client, *range(8))} == {1, 2, 3, 4, 6}


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ids=st.lists(st.binary(min_size=8, max_size=8), min_size=1, max_size=40), data=st.data())
def test_ids_are_found_only_at_their_places(client: redis.Redis, ids: list[bytes], data: st.DataObject) -> None:
    """Whatever bytes stand across two ids."""
    client.flushall()
    client.rpush("receipts:pieces", struct.pack(">QI", NOW, len(ids)) + b"".join(ids) + b"body")
    wanted = data.draw(st.lists(st.sampled_from([*ids, b"12345678"]), min_size=1))
    places = sorted(hit.place for hit in search_receipts(client, set(wanted)))
    assert places == [place for place, each in enumerate(ids) if each in wanted]
