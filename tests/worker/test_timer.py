"""A worker's timer renews leases whatever else is slow, in one round trip, and notices a lost lease."""

import threading
import time
from collections.abc import Callable

import pytest
from support.bench import Bench
from support.events import purchase

from lanes.lanes import ClaimLimits, Woken
from lanes.settlement import Lease, PauseState
from store.errors import RedisAway
from worker.drain import drain
from worker.runtime import Runtime
from worker.timer import Timer, renew_leases
from worker.waker import Waker


def claim(bench: Bench) -> Lease:
    """Return a lease of lane shop:0."""
    lease = bench.runtime.lanes.claim("shop:0", ClaimLimits())
    assert isinstance(lease, Lease)
    return lease


def wait_for(condition: Callable[[], bool]) -> None:
    """Return when the condition holds."""
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_leases_are_renewed_while_another_duty_hangs(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Waking lanes waits for a Redis that does not answer; a job's lease does not expire meanwhile."""
    bench.put([purchase(1)])
    lease = claim(bench)
    bench.runtime.leases.keep(lease)
    until = bench.redis.zscore("lanes:held", "shop:0")
    released = threading.Event()
    monkeypatch.setattr(bench.runtime.lanes, "wake", lambda: Woken([], 1000 * released.wait(60)))
    timer = Timer(bench.runtime)
    timer.start()
    try:
        wait_for(lambda: bench.redis.zscore("lanes:held", "shop:0") > until)
    finally:
        released.set()
        timer.stop()


def test_a_waker_that_waits_stops_at_once_and_without_an_error(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """`stop` closes the connection under a read, which is no fault of relay."""
    monkeypatch.setattr(bench.runtime.lanes, "wake", lambda: Woken([], 60_000))
    errors: list[Exception] = []

    def attempt(step: Callable[[Runtime], object]) -> None:
        try:
            step(bench.runtime)
        except (RedisAway, ValueError) as error:
            errors.append(error)

    waker = Waker(bench.runtime, attempt, first=lambda _: None)
    waker.start()
    wait_for(lambda: any(client["cmd"] == "brpop" for client in bench.redis.client_list()))
    waker.stop()
    waker.join(timeout=30)
    assert not waker.is_alive()
    assert errors == []


@pytest.mark.parametrize("error", [ValueError("I/O on a closed file"), AttributeError("no attribute readline")])
def test_what_the_client_raises_for_a_closed_connection_is_no_error_of_a_stopped_waker(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """It depends on where in its read the client is; before `stop`, it is an error."""
    monkeypatch.setattr(bench.runtime.lanes, "wake", lambda: Woken([], 60_000))
    waiting, go_on, errors = threading.Event(), threading.Event(), list[Exception]()

    def read(_seconds: float) -> None:
        waiting.set()
        go_on.wait(30)
        raise error

    def attempt(step: Callable[[Runtime], object]) -> None:
        try:
            step(bench.runtime)
        except (ValueError, AttributeError) as raised:
            errors.append(raised)

    waker = Waker(bench.runtime, attempt, first=lambda _: None)
    monkeypatch.setattr(waker._signals, "wait_for_signal", read)
    waker.start()
    assert waiting.wait(30)
    waker.stop()
    go_on.set()
    waker.join(timeout=30)
    assert not waker.is_alive()
    assert errors == []


def test_all_leases_are_renewed_together_and_a_lost_one_is_noticed(bench: Bench) -> None:
    """A job without its lease sends no further request, as `holds` says."""
    bench.put([purchase(1)])
    lost = claim(bench)
    bench.runtime.leases.keep(lost)
    renew_leases(bench.runtime)
    assert bench.runtime.leases.holds(lost)
    bench.redis.hset("lane:shop:0:meta", "token", "another's")
    renew_leases(bench.runtime)
    assert not bench.runtime.leases.holds(lost)
    assert bench.runtime.leases.all() == []


def test_a_connection_resumed_while_its_lane_is_deferred_is_not_left_leased(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The claim is then granted, and without release no job would hold its lease for 15 s."""
    bench.put([purchase(1)])
    bench.configure("enable_web_migration: true", "enabled: false")
    pause = bench.runtime.lanes.pause

    def pause_and_be_resumed(connection: str, state: PauseState, pause_ms: int, details: dict[str, str]) -> None:
        pause(connection, state, pause_ms, details)
        bench.runtime.lanes.resume(connection)

    monkeypatch.setattr(bench.runtime.lanes, "pause", pause_and_be_resumed)
    drain("shop:0", bench.runtime)
    assert bench.redis.hget("lane:shop:0:meta", "token") is None
    claim(bench)
    assert bench.count("accepted", "waiting") == (1, 1)
