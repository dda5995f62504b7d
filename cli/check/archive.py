"""Check the archive of receipts: try to write to it, and tell what its last error was."""

import contextlib

from cli.check.findings import Finding
from cli.context import redis_url
from config.settings import Settings
from delivery.dead_letter import rfc3339
from lanes.receipts.archive import archive_kept
from operations.archive.storage import MISSING, ArchiveError, Storage
from operations.archive.write import try_to_write
from operations.errors import OperatorError
from operations.format import plural
from store.client import connect
from store.errors import RedisAway

ARCHIVE = "archive"
_REMEDY = "Correct RELAY_ARCHIVE, or the variables of its service: docs/archive.md. Until then receipts wait in Redis."
_UNSET = "Set RELAY_ARCHIVE here and for every worker. Workers without it remove receipts that waited for a day."
_INSTALL = "Install them where workers and commands run, and restart the workers. Until then receipts wait in Redis."


def findings_of_archive(settings: Settings) -> list[Finding]:
    """Return whether the archive can be written from here, and what workers say of it; nothing without one."""
    if settings.archive is None:
        return _waiting_without_one(settings)
    try:
        try_to_write(Storage(settings.archive))
    except ArchiveError as error:
        return [Finding(ARCHIVE, "wrong", str(error), _remedy(str(error)))]
    written = f"a test file was written to {settings.archive} and removed"
    with contextlib.suppress(OperatorError, RedisAway), connect(redis_url(settings)) as client:
        kept = archive_kept(client)
        if kept.failing_since_ms is not None:
            found = f"{written}, but workers cannot write since {rfc3339(kept.failing_since_ms)}: {kept.error}"
            return [Finding(ARCHIVE, "wrong", found, _remedy(kept.error))]
    return [Finding(ARCHIVE, "ok", written)]


def _waiting_without_one(settings: Settings) -> list[Finding]:
    """Receipts that wait although there is no archive: a variable that was forgotten, here or in a worker."""
    if settings.redis_url is None:
        return []
    with contextlib.suppress(OperatorError, RedisAway), connect(redis_url(settings)) as client:
        receipts = archive_kept(client).receipts
        if receipts:
            found = f"{plural(receipts, 'receipt')} in Redis for an archive, but RELAY_ARCHIVE is not set here"
            return [Finding(ARCHIVE, "warning", found, _UNSET)]
    return []


def _remedy(error: str) -> str:
    return _INSTALL if error == MISSING else _REMEDY
