"""The Celery app: settings, each with its reason. A job's message is only a wake-up call; the events are in lanes."""

from typing import Final

from celery import Celery

from worker.slots import THREADS

QUEUE: Final = "relay"

app = Celery("relay")
app.conf.update(
    task_default_queue=QUEUE,
    task_serializer="json",  # the only argument is a lane's name
    accept_content=["json"],
    task_ignore_result=True,  # what became of events is in the books and the dead letters
    task_acks_late=False,  # a lost wake-up is sent again; a redelivered one would only be refused
    task_publish_retry=False,  # the next tick of the timer is the retry
    worker_prefetch_multiplier=1,  # wake-ups belong to whoever is free
    worker_pool="threads",  # jobs wait for TikTok; one HTTP client and one configuration serve all threads
    worker_concurrency=THREADS,
    worker_send_task_events=True,  # Flower shows jobs
    task_send_sent_event=False,  # when it was woken interests nobody
    worker_hijack_root_logger=False,  # relay's own logging is set up already
    worker_log_color=False,
    broker_connection_retry_on_startup=True,  # Redis may come later than the worker
    broker_connection_max_retries=None,  # and may be away for hours
    broker_transport_options={
        "socket_connect_timeout": 3,
        "socket_timeout": 10,  # a frozen Redis must not freeze the consumer for ever
        "socket_keepalive": True,
        "health_check_interval": 10,
        "max_connections": THREADS + 20,
    },
)
