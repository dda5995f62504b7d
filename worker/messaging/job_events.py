"""Send Celery's events of jobs only while Flower asks for them: they cost more than a job's Celery message.

Flower asks every 5 s. A worker sends them when it starts, as Flower may run, and stops when nothing has asked for 20 s.
"""

import time
from collections.abc import Callable
from typing import Any, Final

from celery.app.events import Events as CelerysEvents
from celery.events.dispatcher import EventDispatcher
from celery.worker import control
from celery.worker.control import control_command

ASKED_FOR_S: Final = 20.0
"""How long a request for events holds: four of Flower's."""


class Audience:
    """Whether someone wants events of jobs; at first, someone may."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self.renew()

    def renew(self) -> None:
        """Note that someone asked for events now."""
        self._until = self._monotonic() + ASKED_FOR_S

    @property
    def is_there(self) -> bool:
        """Whether someone asked within the last 20 s."""
        return self._monotonic() < self._until


audience: Final = Audience()


class Dispatcher(EventDispatcher):  # type: ignore[misc]
    """Celery's dispatcher, without events of jobs that no one wants."""

    audience = audience

    def send(self, type: str, *arguments: Any, **fields: Any) -> Any:  # noqa: A002 - Celery's name
        """Send an event; one of a job only while someone wants it."""
        if type.startswith("task-") and not self.audience.is_there:
            return None
        return super().send(type, *arguments, **fields)


class Events(CelerysEvents):  # type: ignore[misc]
    """Celery's events with `Dispatcher`."""

    dispatcher_cls = f"{__name__}:{Dispatcher.__name__}"


@control_command()  # type: ignore[untyped-decorator]  # Celery's
def enable_events(state: Any) -> Any:
    """Note that someone wants events of jobs, and do what Celery's command of this name does."""
    audience.renew()
    return control.enable_events(state)
