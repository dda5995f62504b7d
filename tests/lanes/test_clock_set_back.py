"""Redis's clock is set back by a minute or by days: no lane, lease, pause or spacing lasts longer than intended."""

import pytest
import redis
from support.lane import CLAIM_LIMITS, AppendEvents, granted, ids_in

from lanes.lanes import LEASE_MS, Lanes
from lanes.settlement import BatchSizing, Lease, Pause, Refused, Settlement

NOW = 1_700_000_000_000
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
"""How far the clock is set back; further than a usual wait of five minutes."""
BACK = pytest.mark.parametrize("back", [6 * MINUTE, HOUR, 100 * DAY])


def woken(lanes: Lanes, now: int) -> list[str]:
    """Return the lanes that two ticks of a worker's timer wake; the first tick may only correct wrong times."""
    return lanes.wake(now).lanes + lanes.wake(now + 50).lanes


@BACK
def test_a_lane_that_was_due_stays_due(lanes: Lanes, append: AppendEvents, back: int) -> None:
    """Its due time is now in the future."""
    append(1, now=NOW)
    assert woken(lanes, NOW - back) == ["shop:0"]
    assert ids_in(granted(lanes, now=NOW - back + 100)) == [1]


@BACK
@pytest.mark.parametrize("wait", [1_000, 300_000, HOUR])
def test_a_wait_that_began_before_ends(lanes: Lanes, append: AppendEvents, back: int, wait: int) -> None:
    """Whatever the wait was for: otherwise it would last as long as the clock was wrong."""
    append(1, now=NOW)
    lanes.settle(granted(lanes, now=NOW), Settlement(BatchSizing(), delay_ms=wait), now_ms=NOW)
    assert woken(lanes, NOW - back) == ["shop:0"]


@pytest.mark.parametrize("wait", [1_000, 300_000, HOUR])
def test_an_intended_wait_is_kept(lanes: Lanes, append: AppendEvents, wait: int) -> None:
    """Also an hour that TikTok asked for."""
    append(1, now=NOW)
    lanes.settle(granted(lanes, now=NOW), Settlement(BatchSizing(), delay_ms=wait), now_ms=NOW)
    for passed in range(0, wait, wait // 10):
        assert woken(lanes, NOW + passed) == []
    assert woken(lanes, NOW + wait) == ["shop:0"]


def test_no_wait_is_longer_than_the_longest(lanes: Lanes, client: redis.Redis, append: AppendEvents) -> None:
    """Whatever set it."""
    append(1, now=NOW)
    client.zadd("lanes:due", {"shop:0": NOW + 2 * HOUR})
    client.hset("lane:shop:0:meta", "due_set", NOW)
    assert woken(lanes, NOW) == ["shop:0"]


@BACK
def test_the_lease_of_a_crashed_worker_ends_and_that_of_a_running_one_stays(
    lanes: Lanes, append: AppendEvents, back: int
) -> None:
    """Another worker gets the lane of a crashed one when the lease ends; a worker that renews keeps its lane."""
    append(1, lane="shop:0", now=NOW)
    append(2, lane="other:1", now=NOW)
    granted(lanes, "shop:0", now=NOW)
    living = granted(lanes, "other:1", now=NOW)
    then = NOW - back
    woken(lanes, then)
    assert lanes.renew(living, then + 4_000)
    assert woken(lanes, then + LEASE_MS - 1_000) == []
    assert woken(lanes, then + LEASE_MS + 1_000) == ["shop:0"]
    assert ids_in(granted(lanes, "shop:0", now=then + LEASE_MS + 1_100)) == [1]
    assert lanes.claim("other:1", CLAIM_LIMITS, then + LEASE_MS + 1_100) == Refused("leased")


@BACK
@pytest.mark.parametrize("state", ["paused", "backing_off"])
def test_a_pause_that_began_before_ends(lanes: Lanes, append: AppendEvents, back: int, state: str) -> None:
    """The next claim tries whether the connection works."""
    append(1, now=NOW)
    rest = Pause("paused" if state == "paused" else "backing_off", "do something")
    lanes.settle(granted(lanes, now=NOW), Settlement(BatchSizing(), delay_ms=200_000, pause=rest), now_ms=NOW)
    assert woken(lanes, NOW - back) == ["shop:0"]
    lease = lanes.claim("shop:0", CLAIM_LIMITS, NOW - back + 100)
    assert isinstance(lease, Lease)
    assert lease.probing


def test_an_operators_pause_is_left_alone(lanes: Lanes, append: AppendEvents) -> None:
    """Only an operator ends it, no clock."""
    append(1, now=NOW)
    lanes.pause("shop", "paused", 0, {"by": "operator"}, NOW)
    assert lanes.claim("shop:0", CLAIM_LIMITS, NOW - HOUR) in (Refused("paused"), Refused("not due"))
    woken(lanes, NOW - HOUR)
    assert lanes.claim("shop:0", CLAIM_LIMITS, NOW - HOUR + 100) == Refused("paused")


@BACK
def test_spacing_that_began_before_ends(lanes: Lanes, append: AppendEvents, back: int) -> None:
    """The next request of a throttled connection is not deferred for as long as the clock was wrong."""
    append(1, now=NOW)
    lanes.settle(granted(lanes, now=NOW), Settlement(BatchSizing(), throttled=True, trouble=True), now_ms=NOW)
    woken(lanes, NOW - back)
    assert isinstance(lanes.claim("shop:0", CLAIM_LIMITS, NOW - back + 100), Lease)
