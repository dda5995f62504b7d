"""Check the connections: one that delivers nothing is named, with what to do."""

from contextlib import suppress
from typing import Final

from cli.check.findings import Finding
from cli.context import redis_url
from config.settings import Settings
from operations.errors import OperatorError
from operations.status.connections import ConnectionStatus, overview
from operations.status.describe import describe_status
from store.client import connect
from store.errors import RedisAway

OTHER_VALUES: Final = (
    "The workers still have the former settings: a process reads variables, such as those in .env, when it starts. "
    "Restart the workers."
)


def findings_of_connections(settings: Settings) -> list[Finding]:
    """Return a finding for each connection that is paused or backing off.

    Return nothing without Redis or with a refused file, which other checks report.
    """
    with suppress(OperatorError, RedisAway, ValueError), connect(redis_url(settings)) as client:
        seen = overview(settings, client)
        return [
            _finding(status, seen.reading.now_ms)
            for status in seen.statuses
            if status.state in ("paused", "backing_off") and seen.refused is None
        ]
    return []


def _finding(status: ConnectionStatus, now_ms: int) -> Finding:
    found = describe_status(status, now_ms)
    name = f"connection {status.id}"
    if status.state == "backing_off" or status.paused_by_operator:
        return Finding(name, "warning", found, status.what_to_do or "")
    return Finding(name, "wrong", found, OTHER_VALUES if _was_corrected_here(status) else status.what_to_do or "")


def _was_corrected_here(status: ConnectionStatus) -> bool:
    """Return whether this command reads other settings than those that failed: workers would have resumed with them."""
    failed = status.reading.status.get("fingerprint")
    return bool(failed) and status.connection is not None and status.connection.fingerprint != failed
