"""Run a worker, and run it again when Celery exits on its own, as it can when Redis restarts under load."""

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
from celery.utils.nodenames import host_format

import worker.jobs  # registers the job as well
import worker.messaging.job_events  # registers the command by which Flower asks for events
from config.settings import Settings
from process.log_output import flush_logs
from process.memory import use_one_arena
from worker.alerts.watcher import Alerts
from worker.app import QUEUE, app
from worker.messaging.broker import use_broker
from worker.redis_outage.direct_delivery import DirectDelivery, wait_for_room
from worker.redis_outage.waiting import EXIT_CODE, RedisMonitor, RedisWait, log_permanent_error
from worker.runtime import runtime, start
from worker.timer import Timer

RESTART_AFTER_S: Final = 1.0
END_WITHIN_S: Final = 30.0

log = structlog.get_logger("relay.worker")


def run(settings: Settings) -> None:
    """Work until SIGTERM or SIGINT. Never return: end the process, or replace it by a new one."""
    use_one_arena()
    shared_runtime = start(settings)
    use_broker(app, shared_runtime.redis_url)
    redis_wait = RedisWait(shared_runtime.redis_url, shared_runtime.outage)
    alerts = Alerts(settings, shared_runtime.redis_url, shared_runtime.outage, lambda: shared_runtime.file.current)
    stop_requested = threading.Event()
    _end_on_signals(stop_requested)
    alerts.start()
    if not redis_wait.wait():
        log_permanent_error(shared_runtime.outage)
        raise SystemExit(EXIT_CODE)
    beside = _BesideCelery(Timer(shared_runtime), alerts, redis_wait, stop_requested)
    direct = DirectDelivery(shared_runtime, worker.jobs.deliver_directly)
    shared_runtime.drain_directly = direct.take
    if redis_wait.full:
        beside.start_timer()
        wait_for_room(redis_wait.is_full, shared_runtime, direct)
    beside.start_monitor()
    code = _work()
    if beside.redis_unusable.is_set():
        raise SystemExit(EXIT_CODE)
    if stop_requested.is_set():
        raise SystemExit(code)
    log.error("celery_restarted", exit_code=code)
    time.sleep(RESTART_AFTER_S)
    flush_logs()
    os.execv(sys.executable, sys.orig_argv)  # noqa: S606 - this very command line


def _end_on_signals(stop_requested: threading.Event) -> None:
    """End on SIGTERM and SIGINT until Celery handles them; ending while Celery starts is not an error either."""

    def leave(*_: object) -> None:
        stop_requested.set()
        runtime().stopping.set()
        sys.exit(0)

    for sign in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sign, leave)


class _BesideCelery:
    """The threads that run beside Celery, started and stopped by its signals."""

    def __init__(self, timer: Timer, alerts: Alerts, redis_wait: RedisWait, stop_requested: threading.Event) -> None:
        self.redis_unusable, self._stop_requested = threading.Event(), stop_requested
        self._timer, self._alerts = timer, alerts
        self._redis_monitor = RedisMonitor(redis_wait, runtime().outage, self._end_for_redis)
        setup_logging.connect(self._keep_logging, weak=False)
        worker_ready.connect(self._begin, weak=False)
        worker_shutting_down.connect(self._stop, weak=False)
        worker_shutdown.connect(self._end, weak=False)

    def _keep_logging(self, **_: Any) -> None:
        """Do nothing: with a receiver for this signal, Celery does not set up logging."""

    def _begin(self, **_: Any) -> None:
        self.start_timer()

    def start_monitor(self) -> None:
        """Begin to watch an outage; before Celery starts, which waits for the end of one."""
        self._redis_monitor.start()

    def start_timer(self) -> None:
        """Begin to wake lanes; before Celery has started, if Celery must wait for room in Redis."""
        if not self._timer.started:
            self._timer.start()

    def _stop(self, **_: Any) -> None:
        self._stop_requested.set()
        runtime().stopping.set()

    def _end(self, **_: Any) -> None:
        self._timer.stop()
        self._redis_monitor.stop()
        self._alerts.stop()

    def _end_for_redis(self) -> None:
        """End as on SIGTERM; after a while without Celery, which may itself be waiting for Redis."""
        log_permanent_error(runtime().outage)
        self._alerts.notify_before_exit()
        self.redis_unusable.set()
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(END_WITHIN_S)
        flush_logs()
        os._exit(EXIT_CODE)


def _work() -> int:
    """Run the Celery worker until it ends, and return its exit code."""
    # Celery warns about pickle when it runs as root; this worker accepts JSON only.
    warnings.filterwarnings("ignore", category=SecurityWarning)
    celery_worker.safe_say = lambda *_: None  # it writes to stdout, and blocks if no one reads there
    name = host_format(f"relay-{os.getpid()}@%h")  # several workers on one host are several rows in Flower
    try:
        # Not `app.worker_main`: Celery's command line imports all of its commands, and Flower and a shell as plugins.
        app.Worker(
            hostname=name, queues=QUEUE, loglevel="INFO", quiet=True, without_mingle=True, without_gossip=True
        ).start()
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 1
    except Exception:
        log.exception("celery_failed")
        return 1
    return 0
