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
from store.client import connect
from store.errors import RedisAway

ARCHIVE = "archive"
_REMEDY = "Correct RELAY_ARCHIVE, or the variables of its service: docs/archive.md. Until then receipts wait in Redis."
_INSTALL = "Install them where workers and commands run, and restart the workers. Until then receipts wait in Redis."


def findings_of_archive(settings: Settings) -> list[Finding]:
    """Return whether the archive can be written from here, and what workers say of it; nothing without one."""
    if settings.archive is None:
        return []
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


def _remedy(error: str) -> str:
    return _INSTALL if error == MISSING else _REMEDY
