"""A worker that waits is signalled at once when a lane becomes due, and knows when the next one does."""

import threading
import time
from collections.abc import Callable
from itertools import groupby

import pytest
import redis
from support.lane import NOW, AppendEvents, chunk_of, granted

from lanes import names
from lanes.dead_letters import ReplayItem, replay_dead_letters
from lanes.lanes import WAKE_HOLD_MS, Lanes
from lanes.names import LANE_FOR_S, LANES_PER_CONNECTION
from lanes.scripts import GATHER_MS, LOOK_MS
from lanes.settlement import BatchSizing, Settlement, StoredDeadLetter


def signals(client: redis.Redis) -> int:
    """Remove the signal, and return how many there were."""
    count = client.llen("lanes:signal")
    client.delete("lanes:signal")
    return int(count)


def settle(lanes: Lanes, **how: object) -> None:
    """Claim lane shop:0 and settle it without a further claim."""
    lanes.settle(granted(lanes), Settlement(BatchSizing(), **how), now_ms=NOW)  # type: ignore[arg-type]


def dead_letter() -> dict[str, object]:
    """Return a settlement that makes the only event a dead letter."""
    return {"trim": 1, "counts": {"dead_lettered": 1}, "dead_letters": [StoredDeadLetter("a", "", b"a")]}


STEPS: dict[str, tuple[Callable[[redis.Redis, Lanes], object], int]] = {
    "a settlement leaves events for another job": (lambda _, lanes: settle(lanes), 1),
    "a backoff shorter than a look": (lambda _, lanes: settle(lanes, delay_ms=LOOK_MS - 1), 1),
    "a longer backoff": (lambda _, lanes: settle(lanes, delay_ms=LOOK_MS), 0),
    "the last event is delivered": (lambda _, lanes: settle(lanes, trim=1, counts={"delivered": 1}), 0),
    "a connection is resumed": (lambda _, lanes: lanes.resume("shop", NOW), 1),
    "a lane is woken": (lambda _, lanes: lanes.wake(NOW), 0),
}


@pytest.mark.parametrize("name", STEPS)
def test_a_lane_that_becomes_due_is_signalled(
    name: str, client: redis.Redis, lanes: Lanes, append: AppendEvents
) -> None:
    """What becomes due later is found by a look, which every worker takes once a second."""
    step, expected = STEPS[name]
    append(1)
    signals(client)
    step(client, lanes)
    assert signals(client) == expected


def test_only_the_first_append_to_a_lane_is_signalled(client: redis.Redis, append: AppendEvents) -> None:
    """Under load lanes are never empty, so no signals are written; and without workers none pile up."""
    append(1)
    append(2, lane="shop:1")
    assert signals(client) == 1
    append(3)
    assert signals(client) == 0


def test_a_replay_is_signalled(client: redis.Redis, lanes: Lanes, append: AppendEvents) -> None:
    """Its event joins a lane like a new one."""
    append(1)
    settle(lanes, **dead_letter())
    signals(client)
    assert replay_dead_letters(client, "shop", [ReplayItem("a", b"a", chunk_of(1))]) == ["a"]
    assert signals(client) == 1


@pytest.mark.parametrize(
    ("woken_at", "now", "next_ms"),
    [
        (None, NOW - LOOK_MS - 5, LOOK_MS),
        (None, NOW - 1, 1),
        (None, NOW, GATHER_MS),  # it is woken now
        (NOW, NOW + WAKE_HOLD_MS - 300, 300),  # woken, and that wake-up may be lost
    ],
)
def test_a_look_says_when_to_take_the_next(
    lanes: Lanes, append: AppendEvents, woken_at: int | None, now: int, next_ms: int
) -> None:
    """At the time at which a lane is due and not held, at the latest after a second."""
    append(1)
    if woken_at is not None:
        lanes.wake(woken_at)
    assert lanes.wake(now).next_ms == next_ms


@pytest.mark.parametrize(("after_ms", "expected"), [(GATHER_MS - 1, 0), (GATHER_MS, 1), (-1, 1)])
def test_lanes_due_soon_after_a_look_share_the_next_one(
    client: redis.Redis, lanes: Lanes, append: AppendEvents, after_ms: int, expected: int
) -> None:
    """The worker that looked takes it without a signal. A look in the future is of a clock that was set back."""
    append(1)
    lanes.wake(NOW)
    signals(client)
    append(2, lane="shop:1", now=NOW + after_ms)
    assert signals(client) == expected


def test_a_waiting_worker_returns_at_the_append(redis_url: str, client: redis.Redis, append: AppendEvents) -> None:
    """It waits for a minute here, so only the signal can end that within half of it."""
    patient = redis.Redis.from_url(redis_url, socket_timeout=None)
    waiting = threading.Thread(target=Lanes(patient).wait_for_signal, args=(60,))
    waiting.start()
    try:
        deadline = time.monotonic() + 30
        while not client.info("clients")["blocked_clients"]:
            assert time.monotonic() < deadline
        append(1)
        waiting.join(timeout=30)
        assert not waiting.is_alive()
        assert signals(client) == 0
    finally:
        client.rpush("lanes:signal", "1")
        waiting.join()
        patient.close()


def test_appends_close_in_time_share_a_lane_and_all_lanes_have_their_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    """So requests are fuller, and four of them can be in flight."""
    now = [1000.0]
    monkeypatch.setattr(names.time, "monotonic", lambda: now[0])
    lanes = []
    for _ in range(400 * LANES_PER_CONNECTION):
        lanes.append(names.lane_of_the_moment())
        now[0] += LANE_FOR_S / 10
    runs = [len(list(run)) for _, run in groupby(lanes)]
    assert set(runs[1:-1]) <= {9, 10, 11}
    assert [lane for lane, _ in groupby(lanes)][: 1 + LANES_PER_CONNECTION] == [
        (lanes[0] + step) % LANES_PER_CONNECTION for step in range(1 + LANES_PER_CONNECTION)
    ]
