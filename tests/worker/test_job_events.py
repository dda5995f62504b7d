"""Workers send Celery's events of jobs while Flower asks for them, and otherwise not."""

from types import SimpleNamespace
from typing import Any

import pytest
from celery.worker.control import Panel

from worker.app import app
from worker.messaging import job_events
from worker.messaging.job_events import ASKED_FOR_S, Audience, Dispatcher, enable_events


class _Producer:
    """Keeps what is published."""

    def __init__(self) -> None:
        self.types: list[str] = []

    def publish(self, event: dict[str, Any], **how: object) -> None:
        """Keep the event's type."""
        del how
        self.types.append(event["type"])


@pytest.fixture
def clock() -> list[float]:
    """The seconds of the audience's clock."""
    return [1000.0]


@pytest.fixture
def audience(clock: list[float], monkeypatch: pytest.MonkeyPatch) -> Audience:
    """The process's audience, with that clock."""
    audience = Audience(lambda: clock[0])
    monkeypatch.setattr(job_events, "audience", audience)
    monkeypatch.setattr(Dispatcher, "audience", audience)
    return audience


def test_events_of_jobs_are_wanted_at_first_and_while_someone_asks(audience: Audience, clock: list[float]) -> None:
    """Flower asks every 5 s, and may be there when a worker starts."""
    assert audience.is_there
    clock[0] += ASKED_FOR_S
    assert not audience.is_there
    audience.renew()
    clock[0] += ASKED_FOR_S - 1
    assert audience.is_there


def test_without_an_audience_only_events_of_the_worker_are_sent(audience: Audience, clock: list[float]) -> None:
    """So Flower, when it comes, sees that the worker is there."""
    dispatcher = app.events.Dispatcher(app.connection_for_write("memory://"), hostname="relay-1")
    assert isinstance(dispatcher, Dispatcher)
    dispatcher.producer = producer = _Producer()
    dispatcher.send("task-received", uuid="a")
    clock[0] += ASKED_FOR_S
    dispatcher.send("task-started", uuid="a")
    dispatcher.send("worker-heartbeat")
    audience.renew()
    dispatcher.send("task-succeeded", uuid="a")
    assert producer.types == ["task-received", "worker-heartbeat", "task-succeeded"]


def test_flowers_request_renews_the_audience(audience: Audience, clock: list[float]) -> None:
    """The worker's remote control has this command under Celery's name, and answers as Celery does."""
    clock[0] += ASKED_FOR_S
    assert Panel.data["enable_events"] is enable_events
    state = SimpleNamespace(consumer=SimpleNamespace(event_dispatcher=SimpleNamespace(groups=set())))
    assert Panel.data["enable_events"](state) == {"ok": "task events already enabled"}
    assert audience.is_there
