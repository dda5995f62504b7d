"""Do what is due every so often: wake lanes, renew leases, reload the configuration, remove old dead letters.

Also show events that ended to those who watch.
"""

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

import structlog
from kombu.exceptions import OperationalError

from lanes.lanes import RENEW_EVERY_S
from operations.live.feed import STEP_EVERY_S
from store.diagnosis.trouble import diagnose
from store.errors import RedisAway, RedisFull
from store.server import memory_use
from worker.app import QUEUE, app
from worker.archive import ARCHIVE_EVERY_S, Archiver
from worker.drift import JUDGE_EVERY_S, DriftJudge
from worker.profile_sweep import SWEEP_EVERY_S, ProfileSweeper
from worker.receipts import MERGE_EVERY_S, ReceiptMerger
from worker.retention import PAGE_EVERY_S, Retention
from worker.runtime import Runtime

TICK_S: Final = 0.05
REFRESH_EVERY_S: Final = 0.5
MEMORY_EVERY_S: Final = 5.0
WAKE_UP_EXPIRES_S: Final = 60
"""Longer than hosts' clocks differ, and short enough that wake-ups do not pile up while all threads are busy."""

log = structlog.get_logger("relay.worker.timer")


def wake_lanes(runtime: Runtime) -> None:
    """Publish one wake-up for each lane that is due."""
    for lane in runtime.lanes.wake():
        publish(lane, runtime)


def publish(lane: str, runtime: Runtime) -> None:
    """Publish a wake-up for the lane; if Redis has no room for the message, drain the lane in this process."""
    try:
        app.send_task("relay.deliver", args=[lane], queue=QUEUE, expires=WAKE_UP_EXPIRES_S, retry=False)
    except OperationalError as error:
        if runtime.drain_directly is None or diagnose(error).code != "oom":
            raise
        runtime.drain_directly(lane)


def renew_leases(runtime: Runtime) -> None:
    """Renew every lease held. A job that lost its lease sends no further request and settles nothing."""
    leases = runtime.leases.all()
    for lease in runtime.lanes.renew_all(leases) if leases else ():
        runtime.leases.lose(lease)


def read_memory_limit(runtime: Runtime) -> None:
    """Read Redis's maxmemory. If Redis does not report it, the last known limit counts."""
    with suppress(RedisAway, RedisFull):
        limit = memory_use(runtime.client_of_redis).limit
        if limit is not None:
            runtime.learn_limit(limit)


def refresh_configuration(runtime: Runtime) -> None:
    """Reload the configuration file if it has changed."""
    before = runtime.file.error
    if runtime.file.refresh():
        log.info("configuration_reloaded", file=str(runtime.file.path))
        resume_corrected(runtime)
    elif runtime.file.error is not None and runtime.file.error is not before:
        log.error("configuration_refused", problems=[str(p) for p in runtime.file.error.problems])


def show_live(runtime: Runtime) -> None:
    """Show events that ended to those who watch, if someone does."""
    runtime.live.step()


def resume_corrected(runtime: Runtime) -> None:
    """Resume connections whose pause the configuration ended: enabled, back in the file, or with corrected settings."""
    for connection in runtime.file.current.connections.values():
        pause = runtime.lanes.pause_status(connection.id)
        if pause is None or pause.by == "operator" or not connection.enabled:
            continue
        corrected = pause.state == "paused" and pause.fingerprint != connection.fingerprint
        if corrected or pause.state in ("disabled", "removed"):
            runtime.lanes.resume(connection.id)
            log.info("connection_resumed", connection=connection.id, was=pause.state)


@dataclass(slots=True)
class _Duty:
    """A function that is called at an interval."""

    every_s: float
    do: Callable[[Runtime], None]
    next_s: float = 0.0


class Timer:
    """Run the duties in four threads: no slow answer of Redis or the archive, nor merging, delays renewing leases."""

    def __init__(self, runtime: Runtime) -> None:
        duties = [
            _Duty(MEMORY_EVERY_S, read_memory_limit),
            _Duty(TICK_S, wake_lanes),
            _Duty(REFRESH_EVERY_S, refresh_configuration),
            _Duty(STEP_EVERY_S, show_live),
            _Duty(PAGE_EVERY_S, Retention(runtime.redis_url).step),
            _Duty(SWEEP_EVERY_S, ProfileSweeper(runtime.redis_url).step),
        ]
        self._threads = (
            _Duties("relay-timer", runtime, duties, first=resume_corrected),
            _Duties("relay-renewals", runtime, [_Duty(RENEW_EVERY_S, renew_leases)]),
            _Duties(
                "relay-receipts",
                runtime,
                [
                    _Duty(MERGE_EVERY_S, ReceiptMerger(runtime.redis_url).step),
                    _Duty(JUDGE_EVERY_S, DriftJudge(runtime.redis_url).step),
                ],
            ),
            _Duties("relay-archive", runtime, [_Duty(ARCHIVE_EVERY_S, Archiver(runtime.redis_url).step)], patience_s=1),
        )

    @property
    def started(self) -> bool:
        """Whether `start` was called."""
        return self._threads[0].ident is not None

    def start(self) -> None:
        """Start the threads."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Stop, and return when the current duty has ended."""
        for thread in self._threads:
            thread.stop()


class _Duties(threading.Thread):
    """A thread that runs its duties until stopped. Errors of Redis begin an outage; the duty runs again when due."""

    def __init__(
        self,
        name: str,
        runtime: Runtime,
        duties: Sequence[_Duty],
        first: Callable[[Runtime], None] | None = None,
        patience_s: float = 10,
    ) -> None:
        """`patience_s`: how long `stop` waits for a duty; what takes longer may be killed at any point."""
        super().__init__(name=name, daemon=True)
        self._runtime, self._duties, self._first, self._patience_s = runtime, duties, first, patience_s
        self._stopped = threading.Event()

    def run(self) -> None:
        """Run the thread."""
        if self._first is not None:
            self._attempt(self._first)
        while not self._stopped.wait(TICK_S):
            for duty in self._duties:
                if time.monotonic() >= duty.next_s:
                    duty.next_s = time.monotonic() + duty.every_s
                    self._attempt(duty.do)

    def stop(self) -> None:
        """Stop, and return when the current duty has ended."""
        self._stopped.set()
        if self.ident is not None:
            self.join(timeout=self._patience_s)

    def _attempt(self, do: Callable[[Runtime], None]) -> None:
        try:
            do(self._runtime)
        except RedisAway as away:
            self._runtime.outage.begin(away.trouble)
        except RedisFull:
            return  # settling will free memory
        except OperationalError as error:
            self._runtime.outage.begin(diagnose(error))
        except Exception:
            log.exception("timer_task_failed")
