"""What waits for the archive: appended with the receipts, closed by the hour, removed once, the oldest gone first."""

import hashlib
import struct

import pytest
import redis
from support.lane import NOW, AppendEvents, chunk_of, granted

import lanes.receipts.archive as archive_module
from lanes.dead_letters import ReplayItem, remove_dead_letters, replay_dead_letters
from lanes.lanes import Lanes
from lanes.receipts.archive import (
    archive_kept,
    close_portion,
    discard_waiting,
    move_since,
    note_failure,
    remove_portion,
    waiting_pieces,
)
from lanes.receipts.blocks import receipts_kept, search_receipts
from lanes.settlement import BatchSizing, Lost, Receipts, Settlement, StoredDeadLetter
from store.clocks import now_ms

HOUR = 3_600_000
BUDGET = 1 << 20
BATCH = BUDGET // 8
LAST_HOUR = 400_000 * HOUR


def sha256(number: int) -> bytes:
    """Return the archive's id of a receipt."""
    return hashlib.sha256(b"%d" % number).digest()


def receipts(*numbers: int, budget: int = BUDGET, archive: int = BUDGET, body: bytes = b"body") -> Receipts:
    """Return receipts of these numbers, with an archive."""
    digests = b"".join(map(sha256, numbers)) if archive else b""
    return Receipts(
        len(numbers), digests + b"".join(struct.pack(">Q", number) for number in numbers) + body, budget, archive
    )


def end(lanes: Lanes, append: AppendEvents, *numbers: int, now: int = LAST_HOUR, **options: int | bytes) -> None:
    """Deliver events with these receipts."""
    append(*numbers, now=now)
    settlement = Settlement(
        BatchSizing(),
        trim=1,
        counts={"delivered": len(numbers)},
        receipts=receipts(*numbers, **options),  # type: ignore[arg-type]
    )
    assert not isinstance(lanes.settle(granted(lanes, now=now), settlement, now_ms=now), Lost)


def closed(client: redis.Redis) -> list[bytes] | None:
    """Return the ids of the portion that is to be written."""
    portion = close_portion(client, BUDGET)
    return portion and [piece.ids for piece in portion.pieces]


def test_a_settlement_gives_the_archive_its_own_ids(client: redis.Redis, lanes: Lanes, append: AppendEvents) -> None:
    """SHA-256 there, and the short digest in what a trace searches; both with the same body."""
    end(lanes, append, 1, 2)
    assert waiting_pieces(client) == [(LAST_HOUR, sha256(1) + sha256(2), b"body")]
    [hit] = search_receipts(client, [struct.pack(">Q", 2)])
    assert (hit.body, hit.place) == (b"body", 1)
    assert (archive_kept(client).receipts, receipts_kept(client).receipts) == (2, 2)


def test_without_an_archive_nothing_is_kept_for_it(client: redis.Redis, lanes: Lanes, append: AppendEvents) -> None:
    """No key, and no byte more in what the scripts get."""
    end(lanes, append, 1, archive=0)
    assert client.keys("archive:*") == []
    assert receipts(1, archive=0).described() == {"number": 1, "budget": BUDGET}


def test_an_archive_needs_no_receipts_in_redis(client: redis.Redis, lanes: Lanes, append: AppendEvents) -> None:
    """RELAY_RECEIPTS_MEMORY=0 turns only those off that a trace searches."""
    end(lanes, append, 1, budget=0)
    assert receipts_kept(client).receipts == 0
    assert archive_kept(client).receipts == 1


def test_every_script_that_ends_something_feeds_the_archive(
    client: redis.Redis, lanes: Lanes, append: AppendEvents
) -> None:
    """Dead letters that are removed or replayed."""
    append(1, 2)
    dead = [StoredDeadLetter(name, "why", name.encode()) for name in "ab"]
    settlement = Settlement(
        BatchSizing(), trim=1, counts={"dead_lettered": 2}, dead_letters=dead, receipts=receipts(1, 2)
    )
    lanes.settle(granted(lanes), settlement, now_ms=NOW)
    remove_dead_letters(client, "shop", ["a", "gone"], receipts=[receipts(3), receipts(4)])
    assert replay_dead_letters(client, "shop", [ReplayItem("b", b"b", chunk_of(9), receipts(5))]) == ["b"]
    assert [piece.ids for piece in waiting_pieces(client)] == [sha256(1) + sha256(2), sha256(3), sha256(5)]


def test_a_portion_has_one_hour(client: redis.Redis, lanes: Lanes, append: AppendEvents) -> None:
    """It is closed when its hour is over; the hour that runs waits."""
    end(lanes, append, 1, now=LAST_HOUR)
    end(lanes, append, 2, now=LAST_HOUR + HOUR - 1)
    end(lanes, append, 3, now=LAST_HOUR + HOUR)
    end(lanes, append, 4, now=now_ms(client))
    for expected in ([sha256(1), sha256(2)], [sha256(3)]):
        portion = close_portion(client, BUDGET)
        assert portion
        assert [piece.ids for piece in portion.pieces] == expected
        assert remove_portion(client, portion) == len(expected)
    if closed(client) is not None:  # the hour ended during this test
        assert now_ms(client) % HOUR < HOUR // 2
    kept = archive_kept(client)
    assert (kept.archived, kept.lost, kept.since_ms, kept.until_ms) == (3, 0, LAST_HOUR, LAST_HOUR + HOUR)


def test_a_portion_is_closed_early_when_it_is_large(client: redis.Redis, lanes: Lanes, append: AppendEvents) -> None:
    """Files stay small enough for one upload, and memory stays free."""
    now = now_ms(client)
    for number in range(4):
        end(lanes, append, number, now=now, body=bytes(BATCH // 3))
    assert closed(client) == [sha256(0), sha256(1), sha256(2)]


def test_a_closed_portion_never_changes(client: redis.Redis, lanes: Lanes, append: AppendEvents) -> None:
    """Not by more receipts, a full memory or another process; its removal works once."""
    end(lanes, append, 1)
    portion = close_portion(client, BUDGET)
    assert portion
    for number in range(2, 12):
        end(lanes, append, number, body=bytes(BUDGET // 4))
    assert close_portion(client, BUDGET) == portion
    kept = archive_kept(client)
    assert kept.lost == 7
    assert kept.bytes <= BUDGET
    assert remove_portion(client, portion) == 1
    assert remove_portion(client, portion) == 0
    following = close_portion(client, BUDGET)
    assert following
    assert (following.series, following.number) == (portion.series, portion.number + 1)
    assert remove_portion(client, portion) == 0, "a process that was late"
    assert [piece.ids for piece in following.pieces] == [sha256(9)]


def test_the_oldest_go_first_and_are_counted(client: redis.Redis, lanes: Lanes, append: AppendEvents) -> None:
    """While the archive is away: memory stays within its budget, and delivery continues."""
    for number in range(50):
        end(lanes, append, number, now=LAST_HOUR + number, body=bytes(BUDGET // 8))
        assert archive_kept(client).bytes <= BUDGET
    kept = archive_kept(client)
    assert kept.receipts + kept.lost == 50
    assert kept.lost_at_ms == LAST_HOUR + 49
    assert [piece.ids for piece in waiting_pieces(client)] == [sha256(n) for n in range(kept.lost, 50)]


def test_receipts_in_no_file_count_as_lost(client: redis.Redis, lanes: Lanes, append: AppendEvents) -> None:
    """Those that this version cannot read."""
    end(lanes, append, 1, 2, 3)
    portion = close_portion(client, BUDGET)
    assert portion
    assert remove_portion(client, portion, unreadable=1) == 3
    assert archive_kept(client)[:4] == (0, 0, 2, 1)


def test_a_failure_is_known_until_a_file_is_written(client: redis.Redis, lanes: Lanes, append: AppendEvents) -> None:
    """Since when, and the last reason; the reason is kept for the status."""
    end(lanes, append, 1)
    note_failure(client, "no bucket", 5)
    note_failure(client, "no answer", 9)
    kept = archive_kept(client)
    assert (kept.failing_since_ms, kept.error, kept.error_at_ms) == (5, "no answer", 9)
    portion = close_portion(client, BUDGET)
    assert portion
    remove_portion(client, portion)
    kept = archive_kept(client)
    assert (kept.failing_since_ms, kept.error, kept.error_at_ms) == (None, "no answer", 9)
    move_since(client, 7)
    assert archive_kept(client).since_ms == 7


def test_what_waits_can_be_discarded(client: redis.Redis, lanes: Lanes, append: AppendEvents) -> None:
    """When RELAY_ARCHIVE is taken away: nothing stays in Redis but the counts."""
    end(lanes, append, 1)
    close_portion(client, BUDGET)
    end(lanes, append, 2, 3)
    assert discard_waiting(client) == 3
    assert waiting_pieces(client) == []
    assert archive_kept(client)[:4] == (0, 0, 0, 3)
    end(lanes, append, 4)
    portion = close_portion(client, BUDGET)
    assert portion
    assert portion.number == 2, "a file of another name"


def test_everything_works_at_maxmemory(client: redis.Redis, lanes: Lanes, append: AppendEvents) -> None:
    """Closing and removing free memory, so they must never be refused for lack of it."""
    end(lanes, append, 1)
    client.config_set("maxmemory", 1)
    with pytest.raises(redis.ResponseError, match="maxmemory"):
        client.set("x", 1)
    portion = close_portion(client, BUDGET)
    assert portion
    assert remove_portion(client, portion) == 1


def test_a_portion_is_bounded_in_pieces(
    client: redis.Redis, lanes: Lanes, append: AppendEvents, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also across the pages that the script reads."""
    monkeypatch.setattr(archive_module, "MOST_PORTION_PIECES", 1_001)
    with client.pipeline() as pipeline:
        for number in range(1_500):
            pipeline.rpush("archive:pieces", struct.pack(">QI", LAST_HOUR, 1) + sha256(number) + b"b")
        pipeline.hset("archive:kept", mapping={"receipts": 1_500, "bytes": 117_000, "open": 117_000})
        pipeline.execute()
    portion = close_portion(client, 8 * BUDGET)
    assert portion
    assert [piece.ids for piece in portion.pieces] == [sha256(number) for number in range(1_001)]
    assert remove_portion(client, portion) == 1_001
    rest = close_portion(client, 8 * BUDGET)
    assert rest
    assert len(rest.pieces) == 499
