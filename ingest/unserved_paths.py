"""Record requests for paths that are not served: count and log them, and notice where batches may be lost."""

import re
from collections.abc import Callable
from typing import Final

from starlette.requests import Request

from ingest.active_configuration import ConfigurationReloader
from ingest.answers import NOT_FOUND
from ingest.request_log import RefusalLog

_PLAIN_PATH: Final = re.compile(r"(/[A-Za-z0-9._-]{0,24}){1,6}/?")


class UnservedPaths:
    """Records each request that no route answers."""

    def __init__(
        self, reloader: ConfigurationReloader, count: Callable[[str], None], misdirected: Callable[[str], None]
    ) -> None:
        """`count` gets the status of each answer; `misdirected` counts the requests that probably carry batches."""
        self._reloader, self._count, self._misdirected = reloader, count, misdirected
        self._others, self._senders = RefusalLog(), RefusalLog()

    def record(self, request: Request) -> None:
        """Count and log the request; count it as misdirected if its path or key suggests batches."""
        self._count(str(NOT_FOUND.status))
        path = request.scope["path"]
        reason = f"nothing is served at {_shown(path)}"
        authorization = request.headers.get("authorization", "").encode("latin-1") or None
        input_id = self._reloader.active.credentials.input_of_key(authorization)
        if input_id is None and not path.rstrip("/").lower().endswith("events"):
            self._others.record(None, NOT_FOUND, reason)
            return
        self._misdirected("requests")
        self._senders.record(input_id, NOT_FOUND, f"{reason}: batches go to /v2/events or /v2/bulkevents", warn=True)


def _shown(path: str) -> str:
    """Return the path if it is made of plain words; other paths may hold anything, personal data too."""
    return path if _PLAIN_PATH.fullmatch(path) else "a path that is not shown"
