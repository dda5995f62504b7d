"""Hourly counts: lists that settlements add to, bounded in names and in hours."""

import asyncio
from collections.abc import Callable, Mapping, Sequence

import pytest
import redis

from lanes.appends.arrivals import Append, Arrival, Share
from lanes.chunk import Batch, Chunk, ChunkCodec, Entry
from lanes.hourly_counts import hour_of, read_hours, remove_old_hours
from lanes.lanes import ClaimLimits, Lanes
from lanes.scripts import HOUR_MS, HOUR_NAMES, HOURS_KEPT
from lanes.settlement import BatchSizing, Lease, Settlement
from store.client import connect_async

HOUR = 500_000
NOW = HOUR * HOUR_MS + 5
CHUNK = ChunkCodec().encode(Chunk("web", NOW, [Batch(b"{}", [Entry(0, None, b"{}")])]))
Hours = Mapping[int, Mapping[str, Sequence[int]]]
Settle = Callable[..., None]


@pytest.fixture
def settle(client: redis.Redis, redis_url: str) -> Settle:
    """settle(hours) delivers an event with a settlement that has these counts."""

    async def append(now_ms: int) -> None:
        connection = connect_async(redis_url)
        arrival = Arrival("web", 1, 0, {"shop": Share(1, chunk=CHUNK)})
        await Append(connection, choose_lane=lambda: 0).append([arrival], now_ms)
        await connection.aclose()

    def settle(hours: Hours, now_ms: int = NOW) -> None:
        asyncio.run(append(now_ms))
        lease = Lanes(client).claim("shop:0", ClaimLimits(), now_ms)
        assert isinstance(lease, Lease)
        Lanes(client).settle(lease, Settlement(BatchSizing(), 1, (), {"delivered": 1}, hours=hours), now_ms=now_ms)

    return settle


def test_numbers_are_added_by_place(client: redis.Redis, settle: Settle) -> None:
    """Also where a list was shorter or longer before; and no hour has an expiry in Redis."""
    settle({HOUR: {"a": [1, 0, 2], "b": [5]}, HOUR - 1: {"a": [70_000]}})
    settle({HOUR: {"a": [1, 4], "b": [0, 0, 9]}})
    assert read_hours(client, "shop", range(HOUR - 2, HOUR + 1)) == {
        HOUR - 1: {"a": [70_000]},
        HOUR: {"a": [2, 4, 2], "b": [5, 0, 9]},
    }
    assert client.ttl(f"hours:shop:{HOUR}") == -1
    assert hour_of(NOW) == HOUR


@pytest.mark.parametrize(
    ("hours_ago", "counted"),
    {
        "the oldest hour that is kept": (HOURS_KEPT - 1, True),
        "an hour before": (HOURS_KEPT, False),
        "received by a clock that is a little ahead": (-1, True),
        "received by a clock that is wrong": (-2, False),
    }.values(),
)
def test_only_hours_that_are_kept_are_counted(
    client: redis.Redis, settle: Settle, hours_ago: int, counted: bool
) -> None:
    """A dead letter that is replayed a month later brings back no old hour."""
    settle({HOUR - hours_ago: {"a": [1]}})
    assert bool(client.exists(f"hours:shop:{HOUR - hours_ago}")) is counted


def test_an_hour_has_a_limit_of_names(client: redis.Redis, settle: Settle) -> None:
    """Names beyond it are not counted; those that are there still are."""
    settle({HOUR: {f"name {number}": [1] for number in range(HOUR_NAMES - 1)}})
    settle({HOUR: {"name 0": [1], "last": [1]}})
    settle({HOUR: {"name 0": [1], "one too many": [1]}})
    settle({HOUR: {f"other {number}": [1] for number in range(3 * HOUR_NAMES)}})
    [counts] = read_hours(client, "shop", [HOUR]).values()
    assert len(counts) == HOUR_NAMES
    assert (counts["name 0"], counts["last"]) == ([3], [1])


@pytest.mark.parametrize(
    ("clock", "left"),
    {
        "the last hour of the 15 days": (HOUR + HOURS_KEPT, [HOUR - 5, HOUR]),
        "an hour later": (HOUR + HOURS_KEPT + 1, []),
        "a clock before 1970": (-1, [HOUR - 5, HOUR]),
    }.values(),
)
def test_an_hour_is_removed_once_it_and_its_last_name_are_old(
    client: redis.Redis, settle: Settle, clock: int, left: list[int]
) -> None:
    """Both hours began at the same time, by Redis's clock."""
    settle({HOUR: {"a": [1]}, HOUR - 5: {"a": [1]}})
    removed = remove_old_hours(client, "shop", clock * HOUR_MS + 5)
    assert (sorted(read_hours(client, "shop", range(HOUR - 9, HOUR + 1))), removed) == (left, 2 - len(left))
    assert client.zcard("hours:shop") == len(left)
