"""Names of the archive's files: a folder for each hour, and a name that says which portion a file has.

    date=2026-11-24/hour=08/5f0c2a11-000012-1795939200000-4711.parquet
                            series   portion  first receipt  receipts

A portion always has the same name. The folders are Hive's, so that DuckDB, Athena, BigQuery and Spark know them.
"""

import re
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

HOUR_MS: Final = 3_600_000
_NAME: Final = re.compile(
    r"date=(\d{4}-\d\d-\d\d)/hour=(\d\d)/[0-9a-f]{8}-\d{6,}-(\d{1,16})-(\d{1,12})\.parquet", re.ASCII
)


class ArchiveFile(NamedTuple):
    """A file of the archive: its path, when its hour began, when its first receipt was written, receipts, bytes."""

    path: str
    hour_ms: int
    first_ms: int
    receipts: int
    size: int = 0


def file_name(series: str, portion: int, first_ms: int, receipts: int) -> str:
    """Return the path of a portion's file."""
    return f"{folder_name(first_ms)}/{series}-{portion:06d}-{first_ms}-{receipts}.parquet"


def folder_name(at_ms: int) -> str:
    """Return the folder of the hour of this time; earlier hours sort before it."""
    hour = datetime.fromtimestamp(at_ms // HOUR_MS * HOUR_MS / 1000, UTC)
    return f"date={hour:%Y-%m-%d}/hour={hour:%H}"


def parse_name(path: str, size: int = 0) -> ArchiveFile | None:
    """Return what a path says; None for a file that is not relay's."""
    match = _NAME.fullmatch(path)
    if match is None:
        return None
    try:
        hour = datetime.strptime(f"{match[1]} {match[2]} +0000", "%Y-%m-%d %H %z")
    except ValueError:
        return None
    return ArchiveFile(path, round(hour.timestamp() * 1000), int(match[3]), int(match[4]), size)


def first_kept_ms(now_ms: int, days: int) -> int:
    """Return the time before which files are removed: the beginning of the day (UTC) that is `days` days ago."""
    day = datetime.fromtimestamp(now_ms / 1000, UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return round((day - timedelta(days=days)).timestamp() * 1000)
