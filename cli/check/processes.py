"""Check the other processes: one may refuse the configuration file that this command accepts."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from cli.check.findings import Finding
from cli.context import redis_url
from config.settings import Settings
from operations.errors import OperatorError
from operations.status.processes import describe_problem, other_tiktok_urls
from store.client import connect
from store.errors import RedisAway
from store.records.processes import ProcessReport, read_processes

_REMEDY: Final = (
    "Correct the file; where this command accepts it, give that process the same environment variables and files. "
)
RESTART: Final = f"It uses the former configuration. {_REMEDY}Then restart it."
START: Final = f"{_REMEDY}Then start it."


def findings_of_processes(settings: Settings) -> list[Finding]:
    """Return a finding for each process that refuses its file, and for workers that post to another TikTok.

    Return nothing without Redis, which other checks report.
    """
    with suppress(OperatorError, RedisAway, ValueError), connect(redis_url(settings)) as client:
        reports = read_processes(client)
        refused = [
            Finding("running processes", "wrong", describe_problem(report), RESTART if report.started else START)
            for report in reports
            if report.problem is not None
        ]
        return [*refused, *_other_tiktok(settings.tiktok_url, reports)]
    return []


def _other_tiktok(own: str, reports: Sequence[ProcessReport]) -> list[Finding]:
    """Warn if a running worker posts to another URL than the one that this command looks at."""
    urls = other_tiktok_urls(own, reports)
    if not urls:
        return []
    found = f"the running workers post to {' and '.join(urls)}; this command looks at {own}"
    remedy = f"To check the connection of the workers, set RELAY_TIKTOK_URL={next(url for url in urls if url != own)}."
    return [Finding("connection to TikTok", "warning", found, remedy)]
