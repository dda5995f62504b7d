"""Runs a worker, and runs it again when Celery gives up: it can exit when Redis restarts under load."""

import os
import sys
import time
from typing import Any, Final

import structlog
from celery.signals import worker_ready, worker_shutdown, worker_shutting_down

import worker.jobs  # noqa: F401 - registers the job
from config.settings import Settings
from worker.app import QUEUE, SLOTS, app
from worker.runtime import runtime, start
from worker.timer import Timer

RESTART_AFTER_S: Final = 1.0

log = structlog.get_logger("relay.worker")


def run(settings: Settings) -> None:
    """Work until told to stop (SIGTERM, SIGINT). Ends the process or replaces it by a fresh one; never returns."""
    timer = Timer(start(settings))
    app.conf.broker_url = runtime().redis_url
    state = {"asked": False}

    @worker_shutting_down.connect(weak=False)
    def _asked(**_: Any) -> None:
        state["asked"] = True

    @worker_ready.connect(weak=False)
    def _ready(**_: Any) -> None:
        timer.start()

    @worker_shutdown.connect(weak=False)
    def _down(**_: Any) -> None:
        timer.stop()

    code = _work()
    if state["asked"]:
        raise SystemExit(code)
    log.error("Celery ended by itself; starting the worker anew", exit_code=code)
    time.sleep(RESTART_AFTER_S)
    os.execv(sys.executable, sys.orig_argv)  # noqa: S606 - this very command line


def _work() -> int:
    """One life of the Celery worker; its exit code."""
    try:
        app.worker_main(
            [
                "worker",
                "--loglevel=INFO",
                f"--concurrency={SLOTS}",
                "--pool=threads",
                f"--queues={QUEUE}",
                "--without-mingle",
                "--without-gossip",
            ]
        )
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 1
    except Exception:
        log.exception("Celery failed")
        return 1
    return 0
