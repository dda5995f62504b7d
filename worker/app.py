"""The Celery app: settings, each with its reason. A job's message is only a wake-up; the events are in lanes."""

from typing import Final

from celery import Celery

from worker.slots import THREADS

QUEUE: Final = "relay"

app = Celery("relay", events="worker.messaging.job_events:Events")
app.conf.update(
    task_default_queue=QUEUE,
    task_serializer="json",  # the only argument is a lane's name
    accept_content=["json"],
    task_ignore_result=True,  # the ledger and the dead letters hold the result
    task_acks_late=False,  # the timer repeats a lost wake-up; the claim would refuse a redelivered one
    task_publish_retry=False,  # the waker's next look is the retry
    worker_prefetch_multiplier=1,  # so that a free worker takes the next wake-up
    worker_consumer="worker.messaging.consumer:Consumer",  # it waits for a Redis that cannot be used
    worker_pool="threads",  # jobs wait for TikTok; one HTTP client and one configuration serve all threads
    worker_concurrency=THREADS,
    worker_send_task_events=True,  # while Flower asks for them (worker/messaging/job_events.py)
    task_send_sent_event=False,  # no one needs the time of sending
    worker_hijack_root_logger=False,  # relay has set up logging
    worker_log_color=False,
    broker_connection_retry_on_startup=True,  # Redis may start after the worker
    broker_connection_max_retries=None,  # and may be unavailable for hours
    broker_transport_options={
        "socket_connect_timeout": 3,
        "socket_timeout": 10,  # a Redis that hangs must not block the consumer for ever
        "socket_keepalive": True,
        "health_check_interval": 10,
        "max_connections": THREADS + 20,
        "ack_emulation": False,  # a copy of each unacknowledged wake-up: the waker repeats a lost one anyway
    },
)
