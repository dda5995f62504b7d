"""The one Celery job: drain a lane. Its whole journey is in `worker/drain.py`."""

from contextlib import suppress
from typing import Any

from celery import Task
from kombu.exceptions import OperationalError

from config.logs import describe
from lanes.errors import RedisAway, RedisFull
from worker.app import app
from worker.drain import drain
from worker.runtime import runtime
from worker.timer import wake_lanes


class DeliveryTrouble(Exception):
    """One line for Flower's list, said after everything is settled: counts and reason codes, no personal data."""


@app.task(name="relay.deliver", bind=True, throws=(DeliveryTrouble,))  # type: ignore[untyped-decorator]  # Celery's
def deliver(self: "Task[Any, Any]", lane: str) -> None:
    """Deliver what waits in `lane`; fails, for people to see, when events died or the connection is in trouble."""
    try:
        report = drain(lane, runtime(), job=self.request.id)
    except (RedisAway, RedisFull):
        raise DeliveryTrouble("Redis did not answer; nothing is lost, the lane is woken again") from None
    except Exception as surprise:  # noqa: BLE001 - its own words may quote an event, and Flower would show them
        raise DeliveryTrouble(f"a fault of relay, nothing is lost: {describe(surprise)}") from None
    with suppress(RedisAway, RedisFull, OperationalError):  # the timer's next tick does the same
        wake_lanes(runtime())
    failure = report.failure(self.request.id)
    if failure is not None:
        raise DeliveryTrouble(failure)
