"""Runs a worker, and runs it again when Celery gives up: it can exit when Redis restarts under load."""

import os
import sys
import threading
import time
import warnings
from typing import Any, Final

import structlog
from celery.exceptions import SecurityWarning
from celery.signals import setup_logging, worker_ready, worker_shutdown, worker_shutting_down

import worker.jobs  # noqa: F401 - registers the job
from config.settings import Settings
from worker.alerts import Alerts
from worker.app import QUEUE, app
from worker.broker import use_broker
from worker.runtime import runtime, start
from worker.timer import Timer

RESTART_AFTER_S: Final = 1.0

log = structlog.get_logger("relay.worker")


def run(settings: Settings) -> None:
    """Work until told to stop (SIGTERM, SIGINT). Ends the process or replaces it by a fresh one; never returns."""
    timer = Timer(start(settings))
    alerts = Alerts(settings, runtime().redis_url)
    use_broker(app, runtime().redis_url)
    told_to_stop = threading.Event()

    def keep_logging(**_: Any) -> None:
        """Celery leaves logging alone when somebody listens."""

    def begin(**_: Any) -> None:
        timer.start()
        alerts.start()

    def stop(**_: Any) -> None:
        told_to_stop.set()
        runtime().stopping.set()

    def end(**_: Any) -> None:
        timer.stop()
        alerts.stop()

    setup_logging.connect(keep_logging, weak=False)
    worker_ready.connect(begin, weak=False)
    worker_shutting_down.connect(stop, weak=False)
    worker_shutdown.connect(end, weak=False)
    code = _work()
    if told_to_stop.is_set():
        raise SystemExit(code)
    log.error("Celery ended by itself; starting the worker anew", exit_code=code)
    time.sleep(RESTART_AFTER_S)
    os.execv(sys.executable, sys.orig_argv)  # noqa: S606 - this very command line


def _work() -> int:
    """One life of the Celery worker; its exit code."""
    # Celery warns root of pickle, which this worker refuses to read.
    warnings.filterwarnings("ignore", category=SecurityWarning)
    name = f"--hostname=relay-{os.getpid()}@%h"  # several workers on one host are several rows in Flower
    try:
        app.worker_main(
            ["--quiet", "worker", name, f"--queues={QUEUE}", "--loglevel=INFO", "--without-mingle", "--without-gossip"]
        )
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 1
    except Exception:
        log.exception("Celery failed")
        return 1
    return 0
