"""Check running processes: one may refuse the configuration file that this command accepts."""

from contextlib import suppress

from cli.check.findings import Finding
from cli.context import redis_url
from config.settings import Settings
from operations.errors import OperatorError
from store.client import connect
from store.errors import RedisAway
from store.records.refused_configurations import read_refusals

REMEDY = (
    "It uses the former configuration. Correct the file; where this command accepts it, give that process the same "
    "environment variables and files, and restart it."
)


def findings_of_processes(settings: Settings) -> list[Finding]:
    """Return a finding for each process that refuses its file; nothing without Redis, which other checks report."""
    with suppress(OperatorError, RedisAway, ValueError), connect(redis_url(settings)) as client:
        return [
            Finding("running processes", "wrong", f"{report.process} refuses its file: {report.problem}", REMEDY)
            for report in read_refusals(client)
        ]
    return []
