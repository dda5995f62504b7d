"""`relay flower`: Flower, Celery's web page of jobs, with a column that says why a job failed."""

import os
from typing import Any, Final

from cli.context import settings_here, with_redis
from cli.local.parent_watch import leave_with_parent
from config.values import clean_value
from operations.errors import OperatorError
from process.listening import is_everywhere
from process.logs import configure_logging
from store.client import connect_async

COLUMNS: Final = "name,state,args,exception,received,runtime,uuid,worker"
"""Flower's default has no `exception`, the line that says why a job failed."""
PASSWORD: Final = "FLOWER_BASIC_AUTH"  # noqa: S105 - the variable's name
_FORMER_WORDS: Final = "DeliveryTrouble("


def flower(port: int) -> None:
    """Show the workers' jobs in a browser, on RELAY_HOST. Sign in with the user and password in FLOWER_BASIC_AUTH."""
    leave_with_parent()
    settings = with_redis(settings_here())
    configure_logging(settings, "flower")
    os.environ[PASSWORD] = sign_in(os.environ.get(PASSWORD, ""))
    try:
        from flower.options import options
    except ImportError:
        raise OperatorError(
            "Flower is not installed. Install it with the pip beside relay: pip install 'tiktok-events-relay[flower]'"
        ) from None
    from worker.app import app
    from worker.messaging.broker import use_broker

    assert settings.redis_url is not None  # noqa: S101 - with_redis sets it
    url = settings.redis_url.get_secret_value()
    use_broker(app, url)
    _show_queues_of(url)
    _ask_for_jobs_at_once()
    options.format_task = plainly
    # The password stays in the environment: every user of the machine can read a command line.
    app.start(
        [
            "flower",
            f"--address={'' if is_everywhere(settings.host) else settings.host}",
            f"--port={port}",
            f"--tasks_columns={os.environ.get('FLOWER_TASKS_COLUMNS', COLUMNS)}",
            f"--read_only={os.environ.get('FLOWER_READ_ONLY', 'true')}",
        ]
    )


def sign_in(text: str) -> str:
    """Return USER:PASSWORD. Raise OperatorError for a value that Flower would read differently."""
    try:
        clean = clean_value(text)
    except ValueError as error:
        raise OperatorError(f"{PASSWORD} {error}") from None
    user, separator, password = clean.partition(":")
    if not (user and separator and password):
        raise OperatorError(f"{PASSWORD} is not set: set it to USER:PASSWORD; Flower needs a password")
    if "," in clean:
        raise OperatorError(f"{PASSWORD} has a comma, and Flower would take the text before it as the password")
    return clean


def _show_queues_of(url: str) -> None:
    """Let Flower's page of queues use relay's connection, which supports every form of RELAY_REDIS_URL."""
    from flower.utils.broker import RedisBase
    from flower.views import BaseHandler

    from worker.messaging.broker import key_prefix

    def get_broker(handler: Any) -> Any:
        del handler
        broker = RedisBase("redis://", broker_options={"global_keyprefix": key_prefix()})
        broker.redis = connect_async(url)
        return broker

    BaseHandler.get_broker = get_broker


def _ask_for_jobs_at_once() -> None:
    """Let Flower ask the workers for events when it starts; otherwise it asks for the first time after 5 s."""
    from flower.events import Events

    start = Events.start

    def start_and_ask(events: Any) -> None:
        start(events)
        events.io_loop.add_callback(events.on_enable_events)

    Events.start = start_and_ask


def plainly(task: Any) -> Any:
    """Return Flower's copy of a task with the exception's message instead of its Python repr."""
    text = task.exception
    if isinstance(text, str) and text.startswith(_FORMER_WORDS):
        task.exception = text[len(_FORMER_WORDS) : -1].strip("'\"")
    return task
