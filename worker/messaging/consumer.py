"""Celery's consumer, which waits while Redis cannot be used instead of connecting again at once."""

import warnings
from time import sleep

from celery.exceptions import CPendingDeprecationWarning
from celery.worker.consumer import Consumer as CelerysConsumer
from celery.worker.state import maybe_shutdown

from store.diagnosis.trouble import diagnose
from worker.runtime import runtime

CHECK_EVERY_S = 0.2


class Consumer(CelerysConsumer):  # type: ignore[misc]
    """Celery's consumer. `RedisMonitor` ends the outage, or this process."""

    def on_connection_error_after_connected(self, exc: Exception) -> None:
        """Connect again, without Celery's advice to cancel jobs: leases make sure that no job is done twice at once."""
        warnings.filterwarnings("ignore", category=CPendingDeprecationWarning)
        super().on_connection_error_after_connected(exc)

    def on_connection_error_before_connected(self, exc: Exception) -> None:
        """Record why the connection failed, and return once Redis can be used. A replica, for one, accepts any."""
        outage = runtime().outage
        outage.begin(diagnose(exc))
        while outage.trouble is not None:
            maybe_shutdown()
            sleep(CHECK_EVERY_S)
