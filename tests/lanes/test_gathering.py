"""A job that emptied its lane under load is kept it for a moment: appends go there and need no signal."""

from dataclasses import replace

import pytest
import redis
from support.lane import CLAIM_LIMITS, NOW, AppendEvents, granted, ids_in

from lanes.lanes import Lanes
from lanes.scripts import LATE_MS, LOOK_MS
from lanes.settlement import BatchSizing, Lease, Pause, Refused, Released, Settlement

MS = 20
KEPT_MS = MS + LATE_MS
LIMITS = replace(CLAIM_LIMITS, gather_ms=MS)
DONE = {"trim": 1, "counts": {"delivered": 1}, "trouble": False}


def signals(client: redis.Redis) -> int:
    """Remove the signal, and return how many there were."""
    count = client.llen("lanes:signal")
    client.delete("lanes:signal")
    return int(count)


def empty(lanes: Lanes, lane: str = "shop:0", now: int = NOW, **how: object) -> Released:
    """Claim a lane with one event, deliver that, and offer to wait for more."""
    settled = lanes.settle(granted(lanes, lane, now), Settlement(BatchSizing(), **(DONE | how)), LIMITS, now)  # type: ignore[arg-type]
    assert isinstance(settled, Released)
    return settled


def lanes_with_events(client: redis.Redis) -> set[str]:
    """Return the lanes in which events wait."""
    return {lane.decode() for lane in client.zrange("lanes:due", 0, -1)}


def test_appends_go_to_the_lane_of_the_job_that_waits(client: redis.Redis, lanes: Lanes, append: AppendEvents) -> None:
    """So its next request has all of them, and no worker is signalled or woken for them."""
    append(1)
    assert empty(lanes) == Released(0, gathers=True)
    signals(client)
    append(2, lane="shop:3")
    append(3, lane="shop:1")
    assert (signals(client), lanes_with_events(client)) == (0, {"shop:0"})
    assert lanes.wake(NOW).lanes == []
    lease = lanes.claim("shop:0", LIMITS, NOW + MS)
    assert isinstance(lease, Lease)
    assert ids_in(lease) == [2, 3]


def test_other_connections_are_not_redirected(client: redis.Redis, lanes: Lanes, append: AppendEvents) -> None:
    """Their events are of other accounts."""
    append(1)
    empty(lanes)
    signals(client)
    append(2, lane="app:2")
    assert (signals(client), lanes_with_events(client)) == (1, {"app:2"})


def test_a_job_that_found_nothing_leaves_the_next_event_to_a_signal(
    client: redis.Redis, lanes: Lanes, append: AppendEvents
) -> None:
    """It ends, so another job must begin."""
    append(1)
    empty(lanes)
    signals(client)
    assert lanes.claim("shop:0", LIMITS, NOW + MS) == Refused("not due")
    append(2, lane="shop:3", now=NOW + MS)
    append(3, now=NOW + MS)
    assert (signals(client), lanes_with_events(client)) == (1, {"shop:3", "shop:0"})


@pytest.mark.parametrize("later_ms", [KEPT_MS, LOOK_MS, -LOOK_MS], ids=["late", "much later", "clock set back"])
def test_a_job_that_does_not_come_back_delays_nothing(
    client: redis.Redis, lanes: Lanes, append: AppendEvents, later_ms: int
) -> None:
    """Its process was killed: later events go where they would go, with a signal."""
    append(1)
    empty(lanes)
    signals(client)
    append(2, now=NOW + later_ms)
    assert (signals(client), lanes_with_events(client)) == (1, {"shop:0"})
    append(3, lane="shop:3", now=NOW + later_ms)
    assert lanes_with_events(client) == {"shop:3", "shop:0"}


def test_events_that_came_for_a_killed_job_are_woken_by_a_look(lanes: Lanes, append: AppendEvents) -> None:
    """Each worker looks once a second, and sooner where it sees when a lane is held no longer."""
    append(1)
    empty(lanes)
    append(2)
    woken = lanes.wake(NOW)
    assert (woken.lanes, woken.next_ms) == ([], KEPT_MS)
    assert lanes.wake(NOW + KEPT_MS).lanes == ["shop:0"]


def test_one_lane_of_a_connection_is_kept_at_a_time(lanes: Lanes, append: AppendEvents) -> None:
    """The other job ends; once the first one has ended, the second lane can be kept."""
    append(1)
    append(2, lane="shop:1")
    assert empty(lanes).gathers
    assert not empty(lanes, "shop:1").gathers
    assert lanes.claim("shop:0", LIMITS, NOW + MS) == Refused("not due")
    append(3, lane="shop:1", now=NOW + MS)
    assert empty(lanes, "shop:1", NOW + MS).gathers


@pytest.mark.parametrize(
    "how",
    [
        pytest.param({"trouble": True}, id="slow"),
        pytest.param({"throttled": True}, id="throttled"),
        pytest.param({"pause": Pause("paused", "fix it")}, id="paused"),
    ],
)
def test_no_job_waits_for_a_connection_in_trouble(lanes: Lanes, append: AppendEvents, how: dict[str, object]) -> None:
    """Its threads are for others, and its requests may have to wait."""
    append(1)
    assert not empty(lanes, **how).gathers


def test_a_job_without_time_does_not_wait(lanes: Lanes, append: AppendEvents) -> None:
    """Jobs end after some seconds, and when their process must stop."""
    append(1)
    settled = lanes.settle(granted(lanes), Settlement(BatchSizing(), **DONE), None, NOW)  # type: ignore[arg-type]
    assert settled == Released(0)
