"""The one Celery job: drain a lane. `worker/drain.py` shows all its steps."""

from contextlib import suppress
from typing import Any

import structlog
from celery import Task
from kombu.exceptions import OperationalError
from structlog.contextvars import bound_contextvars

from process.logs import describe_exception
from store.errors import RedisAway, RedisFull
from worker.app import app
from worker.drain import drain
from worker.runtime import runtime
from worker.waker import publish

log = structlog.get_logger("relay.worker")


class DeliveryTrouble(Exception):
    """One line for Flower's list, raised after everything is settled: counts and reasons, without personal data."""


@app.task(name="relay.deliver", bind=True, throws=(DeliveryTrouble,))  # type: ignore[untyped-decorator]  # Celery's
def deliver(self: "Task[Any, Any]", lane: str) -> None:
    """Deliver what waits in `lane`. The job fails, visibly in Flower, for dead letters and connection errors."""
    with bound_contextvars(job=self.request.id, lane=lane, connection=lane.partition(":")[0]):
        try:
            _deliver(lane, self.request.id)
        except DeliveryTrouble as trouble:
            log.warning("job_failed", failure=str(trouble))
            raise


def deliver_directly(lane: str) -> None:
    """Deliver what waits in `lane` without Celery, which cannot write (worker/redis_outage/direct_delivery.py)."""
    with bound_contextvars(lane=lane, connection=lane.partition(":")[0]):
        try:
            _deliver(lane, None)
        except DeliveryTrouble as trouble:
            log.warning("job_failed", failure=str(trouble))


def _deliver(lane: str, job: str | None) -> None:
    connection, slots = lane.partition(":")[0], runtime().slots
    if not slots.enter(connection, lane):
        return  # the lane is woken when another job of the connection ends, or by the timer
    hangs, ended = True, 0
    try:
        report = drain(lane, runtime(), job=job)
        hangs, ended, failure = report.hangs, report.ended, report.failure(job)
    except RedisAway as away:
        failure = f"{away.trouble.problem}; nothing is lost, the lane is woken again"
    except RedisFull as full:
        failure = f"{full.what}; nothing is lost, the lane is woken again"
    except Exception as surprise:  # noqa: BLE001 - its own words may quote an event, and Flower would show them
        failure = f"a fault of relay, nothing is lost: {describe_exception(surprise)}"
    finally:
        queued = slots.leave(connection, troubled=hangs)
        if queued is not None:
            with suppress(OperationalError):  # the timer wakes it as well
                publish(queued, runtime())
    if failure is not None:
        raise DeliveryTrouble(failure)  # not within `except`: Celery would keep the first error, and it the request
    if ended:
        log.info("job_ended", events=ended)
