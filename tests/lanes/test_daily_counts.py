"""Daily counts as an example; `test_machine.py` compares them with the ledger in every order of steps."""

import asyncio
from collections.abc import Iterator

import pytest
import redis

from lanes.appends.arrivals import Append, Arrival, Share
from lanes.backlog import discard_page
from lanes.chunk import Batch, Chunk, ChunkCodec, Entry
from lanes.daily_counts import day_of, read_days, remove_old_days
from lanes.dead_letters import ReplayItem, replay_dead_letters
from lanes.lanes import ClaimLimits, Lanes
from lanes.names import DAYS_KEPT
from lanes.settlement import BatchSizing, Lease, Settlement, StoredDeadLetter
from store.client import connect, connect_async

DAY_MS = 86_400_000
TUESDAY, WEDNESDAY = 20_000, 20_001
NOW = WEDNESDAY * DAY_MS + 5
CODEC = ChunkCodec()


def received(day: int, events: int) -> bytes:
    """Return a chunk of `events` events received on that day."""
    return CODEC.encode(Chunk("web", day * DAY_MS + 7, [Batch(b"{}", [Entry(n, None, b"{}") for n in range(events)])]))


@pytest.fixture
def client(redis_url: str) -> Iterator[redis.Redis]:
    """A client; on Wednesday two unsupported events came, and events of Tuesday were appended late."""
    client = connect(redis_url)
    asyncio.run(append(redis_url, Share(5, unsupported=1, withheld={"sample": 1}, chunk=received(TUESDAY, 3))))
    asyncio.run(append(redis_url, Share(2, unsupported=2)))
    yield client
    client.close()


async def append(url: str, share: Share) -> None:
    """Append one share of the connection `shop`."""
    client = connect_async(url)
    await Append(client, choose_lane=lambda: 0).append([Arrival("web", share.accepted, 0, {"shop": share})], NOW)
    await client.aclose()


def days(client: redis.Redis) -> list[dict[str, int]]:
    """Return the counts of Tuesday and Wednesday."""
    return read_days(client, "shop", [TUESDAY, WEDNESDAY])


def claimed(client: redis.Redis) -> Lease:
    """Claim the lane."""
    lease = Lanes(client).claim("shop:0", ClaimLimits(), NOW)
    assert isinstance(lease, Lease)
    return lease


def test_an_arrival_counts_on_the_day_of_its_chunk_or_else_today(client: redis.Redis) -> None:
    """And no day has an expiry in Redis."""
    assert days(client) == [
        {"accepted": 5, "unsupported": 1, "withheld:sample": 1},
        {"accepted": 2, "unsupported": 2},
    ]
    assert client.ttl(f"days:shop:{TUESDAY}") == -1
    assert day_of(NOW) == WEDNESDAY


@pytest.mark.parametrize(
    ("clocks", "left"),
    {
        "the last day of the 90": (WEDNESDAY + DAYS_KEPT, [TUESDAY, WEDNESDAY]),
        "a day later": (WEDNESDAY + DAYS_KEPT + 1, [WEDNESDAY]),
        "two days later": (WEDNESDAY + DAYS_KEPT + 2, []),
        "a clock before 1970": (-1, [TUESDAY, WEDNESDAY]),
    }.values(),
)
def test_a_day_is_removed_once_its_date_and_its_last_count_are_old(
    client: redis.Redis, clocks: int, left: list[int]
) -> None:
    """Counts of Tuesday began on Wednesday: both must be past."""
    client.zadd("days:shop", {str(WEDNESDAY): NOW + DAY_MS})  # an event of Wednesday was replayed on Thursday
    remove_old_days(client, "shop", clocks * DAY_MS + 5)
    assert [day for day in (TUESDAY, WEDNESDAY) if client.exists(f"days:shop:{day}")] == left
    assert client.zcard("days:shop") == len(left)


def test_settlements_and_replays_count_on_the_day_of_receipt(client: redis.Redis) -> None:
    """At whatever time they happen."""
    settled = Settlement(
        BatchSizing(),
        trim=1,
        counts={"delivered": 2, "dead_lettered": 1},
        days={TUESDAY: {"delivered:a": 2, "dead_lettered:b": 1}},
        dead_letters=[StoredDeadLetter("one", "why", b"dead letter")],
    )
    Lanes(client).settle(claimed(client), settled, now_ms=NOW)
    tuesday = {"accepted": 5, "unsupported": 1, "withheld:sample": 1, "delivered:a": 2, "dead_lettered:b": 1}
    assert days(client)[0] == tuesday
    replay_dead_letters(client, "shop", [ReplayItem("one", b"dead letter", received(TUESDAY, 2))], NOW)
    assert days(client)[0] == {**tuesday, "replayed": 1, "extra": 1}


def test_a_discarded_backlog_counts_on_the_day_of_receipt(client: redis.Redis) -> None:
    """As discarded."""
    assert discard_page(client, "shop", now_ms=NOW).events == 3
    assert days(client)[0]["discarded"] == 3
    assert "discarded" not in days(client)[1]
