"""Do at intervals what must be done: renew leases, reload the configuration, remove old dead letters.

Also show events that ended to those who watch. The thread that wakes lanes starts and stops with the others.
"""

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Final

import structlog
from kombu.exceptions import OperationalError

from lanes.lanes import RENEW_EVERY_S
from operations.live.feed import STEP_EVERY_S
from process.configuration_log import log_refresh
from store.diagnosis.trouble import diagnose
from store.errors import RedisAway, RedisFull
from store.records.processes import REPORT_EVERY_S, Announcement
from store.server import memory_use
from worker.archive import ARCHIVE_EVERY_S, Archiver
from worker.drift import JUDGE_EVERY_S, DriftJudge
from worker.profile_sweep import SWEEP_EVERY_S, ProfileSweeper
from worker.receipts import MERGE_EVERY_S, ReceiptMerger
from worker.retention import PAGE_EVERY_S, Retention
from worker.runtime import Runtime
from worker.waker import Waker

REFRESH_EVERY_S: Final = 0.5
MEMORY_EVERY_S: Final = 5.0

log = structlog.get_logger("relay.worker.timer")


def renew_leases(runtime: Runtime) -> None:
    """Renew every lease held. A job that lost its lease sends no further request and settles nothing."""
    leases = runtime.leases.all()
    for lease in runtime.lanes.renew_all(leases) if leases else ():
        runtime.leases.remove(lease)


def read_memory_limit(runtime: Runtime) -> None:
    """Read Redis's maxmemory. If Redis does not report it, the last known limit counts."""
    with suppress(RedisAway, RedisFull):
        limit = memory_use(runtime.client_of_redis).limit
        if limit is not None:
            runtime.learn_limit(limit)


def refresh_configuration(runtime: Runtime) -> None:
    """Reload the configuration file if it has changed."""
    before = runtime.file.error
    is_new = runtime.file.refresh()
    log_refresh(log, runtime.file, before, is_new=is_new)
    if is_new:
        resume_corrected(runtime)


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
    """Wake lanes and run the duties in five threads: no slow answer of Redis or the archive delays renewing leases."""

    def __init__(self, runtime: Runtime) -> None:
        settings = runtime.settings
        self._announcement = Announcement("worker", runtime.client_of_redis, settings.cell, settings.tiktok_url)
        duties = [
            _Duty(REPORT_EVERY_S, self._announce),
            _Duty(MEMORY_EVERY_S, read_memory_limit),
            _Duty(REFRESH_EVERY_S, refresh_configuration),
            _Duty(STEP_EVERY_S, show_live),
            _Duty(PAGE_EVERY_S, Retention(runtime.redis_url).step),
            _Duty(SWEEP_EVERY_S, ProfileSweeper(runtime.redis_url).step),
        ]
        self._threads = (
            Waker(runtime, partial(_attempt, runtime), first=read_memory_limit),
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
        """Stop, and return when the current duties have ended."""
        for thread in self._threads:
            thread.stop()
        self._announcement.end()

    def _announce(self, runtime: Runtime) -> None:
        """Say in Redis that this process runs, and why it refuses its configuration file, if it does."""
        error = runtime.file.error
        self._announcement.step(error.sentence if error else None)


class _Duties(threading.Thread):
    """A thread that runs its duties until stopped. What fails runs again when due."""

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
            _attempt(self._runtime, self._first)
        while not self._stopped.wait(max(0.0, min(duty.next_s for duty in self._duties) - time.monotonic())):
            for duty in self._duties:
                if time.monotonic() >= duty.next_s:
                    duty.next_s = time.monotonic() + duty.every_s
                    _attempt(self._runtime, duty.do)

    def stop(self) -> None:
        """Stop, and return when the current duty has ended."""
        self._stopped.set()
        if self.ident is not None:
            self.join(timeout=self._patience_s)


def _attempt(runtime: Runtime, do: Callable[[Runtime], object]) -> None:
    """Call `do`. Errors of Redis begin an outage; none ends the thread."""
    try:
        do(runtime)
    except RedisAway as away:
        runtime.outage.begin(away.trouble)
    except RedisFull:
        return  # settling will free memory
    except OperationalError as error:
        runtime.outage.begin(diagnose(error))
    except Exception:
        log.exception("timer_task_failed")
