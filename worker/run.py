"""Runs a worker, and runs it again when Celery gives up: it can exit when Redis restarts under load."""

import os
import signal
import sys
import threading
import time
import warnings
from typing import Any, Final

import structlog
from celery.apps import worker as celery_worker
from celery.exceptions import SecurityWarning
from celery.signals import setup_logging, worker_ready, worker_shutdown, worker_shutting_down

import worker.jobs  # registers the job as well
from config.settings import Settings
from process.log_output import flush_logs
from worker.alerts.watcher import Alerts
from worker.app import QUEUE, app
from worker.broker import use_broker
from worker.redis_outage.direct_delivery import DirectDelivery, wait_for_room
from worker.redis_outage.waiting import EXIT_CODE, RedisMonitor, RedisWait, log_hopeless_redis
from worker.runtime import runtime, start
from worker.timer import Timer

RESTART_AFTER_S: Final = 1.0
END_WITHIN_S: Final = 30.0

log = structlog.get_logger("relay.worker")


def run(settings: Settings) -> None:
    """Work until told to stop (SIGTERM, SIGINT). Ends the process or replaces it by a fresh one; never returns."""
    alive = start(settings)
    use_broker(app, alive.redis_url)
    redis_wait = RedisWait(alive.redis_url, alive.outage)
    alerts = Alerts(settings, alive.redis_url, alive.outage, lambda: alive.file.current)
    told_to_stop = threading.Event()
    _leave_on_signals(told_to_stop)
    alerts.start()
    if not redis_wait.wait():
        log_hopeless_redis(alive.outage)
        raise SystemExit(EXIT_CODE)
    life = _Life(Timer(alive), alerts, redis_wait, told_to_stop)
    direct = DirectDelivery(alive, worker.jobs.deliver_directly)
    alive.drain_directly = direct.take
    if redis_wait.full:
        life.start_timer()
        wait_for_room(redis_wait.is_full, alive, direct)
    code = _work()
    if life.gave_up.is_set():
        raise SystemExit(EXIT_CODE)
    if told_to_stop.is_set():
        raise SystemExit(code)
    log.error("celery_restarted", exit_code=code)
    time.sleep(RESTART_AFTER_S)
    flush_logs()
    os.execv(sys.executable, sys.orig_argv)  # noqa: S606 - this very command line


def _leave_on_signals(told_to_stop: threading.Event) -> None:
    """End on SIGTERM and SIGINT until Celery listens to them; in the midst of its start, too, this is no fault."""

    def leave(*_: object) -> None:
        told_to_stop.set()
        runtime().stopping.set()
        sys.exit(0)

    for sign in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sign, leave)


class _Life:
    """What runs beside Celery, tied to its signals."""

    def __init__(self, timer: Timer, alerts: Alerts, redis_wait: RedisWait, told_to_stop: threading.Event) -> None:
        self.gave_up, self._told_to_stop = threading.Event(), told_to_stop
        self._timer, self._alerts = timer, alerts
        self._redis_monitor = RedisMonitor(redis_wait, runtime().outage, self._give_up)
        setup_logging.connect(self._keep_logging, weak=False)
        worker_ready.connect(self._begin, weak=False)
        worker_shutting_down.connect(self._stop, weak=False)
        worker_shutdown.connect(self._end, weak=False)

    def _keep_logging(self, **_: Any) -> None:
        """Celery leaves logging alone when somebody listens."""

    def _begin(self, **_: Any) -> None:
        self.start_timer()
        self._redis_monitor.start()

    def start_timer(self) -> None:
        """Wake lanes from now on: at once where Celery has to wait for room."""
        if not self._timer.started:
            self._timer.start()

    def _stop(self, **_: Any) -> None:
        self._told_to_stop.set()
        runtime().stopping.set()

    def _end(self, **_: Any) -> None:
        self._timer.stop()
        self._redis_monitor.stop()
        self._alerts.stop()

    def _give_up(self) -> None:
        """End as if told to; and at once where Celery, which waits for Redis as well, does not."""
        log_hopeless_redis(runtime().outage)
        self._alerts.tell_before_the_end()
        self.gave_up.set()
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(END_WITHIN_S)
        flush_logs()
        os._exit(EXIT_CODE)


def _work() -> int:
    """One life of the Celery worker; its exit code."""
    # Celery warns root of pickle, which this worker refuses to read.
    warnings.filterwarnings("ignore", category=SecurityWarning)
    celery_worker.safe_say = lambda *_: None  # it writes to stdout as it likes, and waits for whoever reads there
    name = f"--hostname=relay-{os.getpid()}@%h"  # several workers on one host are several rows in Flower
    try:
        app.worker_main(
            ["--quiet", "worker", name, f"--queues={QUEUE}", "--loglevel=INFO", "--without-mingle", "--without-gossip"]
        )
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 1
    except Exception:
        log.exception("celery_failed")
        return 1
    return 0
