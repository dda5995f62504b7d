"""Requests for paths that are not served: counted, logged once a second, told of where batches may be lost."""

import re
from collections.abc import Callable
from typing import Final

from starlette.requests import Request

from ingest.active_configuration import ConfigurationReloader
from ingest.answers import NOT_FOUND
from ingest.request_log import RefusalLog

_PLAIN_PATH: Final = re.compile(r"(/[A-Za-z0-9._-]{0,24}){1,6}/?")


class UnservedPaths:
    """Notes each request that no route answers."""

    def __init__(
        self, reloader: ConfigurationReloader, count: Callable[[str], None], misdirected: Callable[[str], None]
    ) -> None:
        """`count` hears the status of each answer; `misdirected` hears of each request that a sender may have meant."""
        self._reloader, self._count, self._misdirected = reloader, count, misdirected
        self._others, self._senders = RefusalLog(), RefusalLog()

    def note(self, request: Request) -> None:
        """Count it, log it, and tell of it where its path or its key says that it brings batches."""
        self._count(str(NOT_FOUND.status))
        path = request.scope["path"]
        said = f"nothing is served at {_shown(path)}"
        authorization = request.headers.get("authorization", "").encode("latin-1") or None
        input_id = self._reloader.active.credentials.input_of_key(authorization)
        if input_id is None and not path.rstrip("/").lower().endswith("events"):
            self._others.note(None, NOT_FOUND, said)
            return
        self._misdirected("requests")
        self._senders.note(input_id, NOT_FOUND, f"{said}: batches go to /v2/events or /v2/bulkevents", warn=True)


def _shown(path: str) -> str:
    """The path where it is one of plain words; who knows what else a stranger writes there."""
    return path if _PLAIN_PATH.fullmatch(path) else "a path that is not shown"
