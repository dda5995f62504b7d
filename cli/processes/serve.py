"""`relay ingest`, `relay consume`, `relay worker`, `relay sandbox`: run one process in the foreground."""

import signal
import sys

import process.lean_structlog  # noqa: F401 - before all that imports structlog

# isort: split
import structlog

from cli.context import settings_here, with_redis
from cli.local.parent_watch import leave_with_parent
from cli.processes.refusal import announced_refusal
from config.redis_address import RedisAddress
from config.settings import Settings, load_settings
from operations.errors import OperatorError
from process.listening import CannotListen, local_host
from process.logs import configure_logging

log = structlog.get_logger("relay")


def ingest() -> None:
    """Accept batches over HTTP, on RELAY_HOST and RELAY_PORT."""
    leave_with_parent()
    settings = with_redis(settings_here())
    configure_logging(settings, "ingest")
    _warn_of_unverified_tls(settings)
    _exit_on_sigterm()
    from cli.processes.console import command
    from console.beside_ingest import console_in_own_process
    from ingest.server import run

    try:
        with announced_refusal("ingest", settings), console_in_own_process(settings, command) as routes:
            run(settings, routes)
    except CannotListen as error:
        raise OperatorError(str(error)) from None
    except KeyboardInterrupt:
        sys.exit(0)


def worker() -> None:
    """Deliver waiting events to TikTok. Run as many workers as you need, on any number of hosts."""
    leave_with_parent()
    settings = with_redis(settings_here())
    configure_logging(settings, "worker")
    _warn_of_unverified_tls(settings)
    _warn_of_other_tiktok_url(settings)
    from worker.run import run

    with announced_refusal("worker", settings):
        run(settings)


def consume() -> None:
    """Take batches from the queues of `sources:`. Run as many processes as you need, on any number of hosts."""
    leave_with_parent()
    settings = with_redis(settings_here())
    configure_logging(settings, "consume")
    _warn_of_unverified_tls(settings)
    from consume.process import run

    with announced_refusal("consume", settings):
        run(settings)


def sandbox(tokens: tuple[str, ...], require_app_id: bool) -> None:
    """Run a stand-in for TikTok, on RELAY_HOST and RELAY_SANDBOX_PORT."""
    leave_with_parent()
    settings = load_settings()
    configure_logging(settings, "sandbox")
    _exit_on_sigterm()
    from sandbox.server import run

    def started() -> None:
        log.info("sandbox_started", url=f"http://{local_host(settings.host)}:{settings.sandbox_port}")

    try:
        run(settings.host, settings.sandbox_port, tokens, require_app_id=require_app_id, started=started)
    except CannotListen as error:
        raise OperatorError(str(error)) from None


def _warn_of_unverified_tls(settings: Settings) -> None:
    tls = RedisAddress.parse(settings.redis_url.get_secret_value()).tls if settings.redis_url else None
    if tls is not None and not tls.verify:
        log.warning("redis_certificate_not_verified")


def _exit_on_sigterm() -> None:
    """Exit through Python on SIGTERM, which flushes the log: uvicorn stops and then raises the signal again."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))


def _warn_of_other_tiktok_url(settings: Settings) -> None:
    default = Settings.model_fields["tiktok_url"].default
    if settings.tiktok_url != default:
        log.warning("tiktok_url_changed", url=settings.tiktok_url)
