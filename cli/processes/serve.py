"""`relay ingest`, `relay worker`, `relay sandbox`: the processes themselves, each in the foreground."""

import signal
import sys

import click
import structlog

from cli.context import settings_here, with_redis
from cli.local.parent_watch import leave_with_parent
from cli.processes.console import command
from config.redis_address import RedisAddress
from config.settings import Settings, load_settings
from operations.errors import OperatorError
from process.listening import CannotListen, local_host
from process.logs import configure_logging

log = structlog.get_logger("relay")


@click.command
def ingest() -> None:
    """Take batches over HTTP, on RELAY_HOST and RELAY_PORT."""
    leave_with_parent()
    settings = with_redis(settings_here())
    configure_logging(settings, "ingest")
    _say_what_is_insecure(settings)
    _end_well_when_told_to()
    from console.app import console_of_its_own
    from ingest.server import run

    try:
        with console_of_its_own(settings, command) as routes:
            run(settings, routes)
    except CannotListen as error:
        raise OperatorError(str(error)) from None
    except KeyboardInterrupt:
        sys.exit(0)


@click.command
def worker() -> None:
    """Deliver what waits to TikTok. Any number of workers may run, on any number of hosts."""
    leave_with_parent()
    settings = with_redis(settings_here())
    configure_logging(settings, "worker")
    _say_what_is_insecure(settings)
    _say_where_events_go(settings)
    from worker.run import run

    run(settings)


@click.command
@click.option("--token", "tokens", multiple=True, help="An access token to accept; by default every one is.")
@click.option("--require-app-id", is_flag=True, help="Refuse app events without app.app_id, as TikTok does.")
def sandbox(tokens: tuple[str, ...], require_app_id: bool) -> None:
    """Stand in for TikTok, on RELAY_HOST and RELAY_SANDBOX_PORT.

    Point relay at it with RELAY_TIKTOK_URL=http://127.0.0.1:8090; what it took is at /_sandbox/events.
    """
    leave_with_parent()
    settings = load_settings()
    configure_logging(settings, "sandbox")
    _end_well_when_told_to()
    from sandbox.server import run

    log.info("sandbox_started", url=f"http://{local_host(settings.host)}:{settings.sandbox_port}")
    try:
        run(settings.host, settings.sandbox_port, tokens, require_app_id=require_app_id)
    except CannotListen as error:
        raise OperatorError(str(error)) from None


def _say_what_is_insecure(settings: Settings) -> None:
    tls = RedisAddress.parse(settings.redis_url.get_secret_value()).tls if settings.redis_url else None
    if tls is not None and not tls.verify:
        log.warning("redis_certificate_not_verified")


def _end_well_when_told_to() -> None:
    """End by Python's own ending, which writes out the log: uvicorn stops on SIGTERM and then raises it once more."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))


def _say_where_events_go(settings: Settings) -> None:
    default = Settings.model_fields["tiktok_url"].default
    if settings.tiktok_url != default:
        log.warning("tiktok_url_changed", url=settings.tiktok_url)
