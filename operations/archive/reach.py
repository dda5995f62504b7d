"""Say how far the archive reaches, what waits for it, and why it cannot be written."""

from typing import Any, NamedTuple

import redis

from config.settings import Settings
from delivery.dead_letter import rfc3339
from lanes.receipts.archive import ArchiveKept, archive_kept
from operations.format import plural, size


class ArchiveStatus(NamedTuple):
    """An archive, and what Redis knows of it."""

    url: str
    kept: ArchiveKept


def archive_status(settings: Settings, client: redis.Redis) -> ArchiveStatus | None:
    """Return how the archive stands; None without RELAY_ARCHIVE. Raise RedisAway."""
    return ArchiveStatus(settings.archive, archive_kept(client)) if settings.archive else None


def describe_archive(status: ArchiveStatus) -> str:
    """Return a line such as `s3://b/relay: 1,203 receipts, to 2026-11-24T08:59:59.120Z; 12 receipts wait in 3 KB`."""
    url, kept = status
    if kept.until_ms is None:
        written = "nothing is written yet"
    else:
        written = f"{plural(kept.archived, 'receipt')}, to {rfc3339(kept.until_ms)}"
    parts = [f"{url}: {written}"]
    if kept.receipts:
        waits = "waits" if kept.receipts == 1 else "wait"
        parts.append(f"{plural(kept.receipts, 'receipt')} {waits} in {size(kept.bytes)}")
    if kept.lost:
        why = "the archive could not be written for too long, or was not set"
        parts.append(f"{plural(kept.lost, 'receipt')} lost: removed unwritten, because {why}")
    if kept.failing_since_ms is not None:
        parts.append(f"cannot be written since {rfc3339(kept.failing_since_ms)}: {kept.error}")
    return "; ".join(parts)


def archive_as_object(status: ArchiveStatus | None) -> dict[str, Any] | None:
    """Return the archive as `relay status --json` shows it; None without RELAY_ARCHIVE."""
    if status is None:
        return None
    url, kept = status
    times = ("since", kept.since_ms), ("until", kept.until_ms), ("lost_at", kept.lost_at_ms)
    failure = ("failing_since", kept.failing_since_ms), ("last_error_at", kept.error_at_ms)
    return {
        "url": url,
        "archived": kept.archived,
        "waiting": kept.receipts,
        "waiting_bytes": kept.bytes,
        "lost": kept.lost,
        **{name: None if at is None else rfc3339(at) for name, at in (*times, *failure)},
        "last_error": kept.error or None,
    }
