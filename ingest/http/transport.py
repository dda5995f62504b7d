"""Close connections so that the client still reads the last answer, and write answers without an application."""

import asyncio
from typing import Protocol

from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from ingest.answers import Answer


class LingeringConnection(Protocol):
    """What LingeringTransport needs of its connection."""

    answers_ended: bool
    """Whether no more answers are written, and data that still arrives is discarded."""

    @property
    def request_ended(self) -> bool:
        """Whether the last request has arrived whole."""

    def linger(self) -> None:
        """Discard data that arrives, for a while, before the connection closes."""


class LingeringTransport:
    """A transport whose `close` reads on for a while: closed at once, the client might lose the answer."""

    def __init__(self, connection: LingeringConnection, raw: asyncio.Transport) -> None:
        self._connection = connection
        self.pause_reading = raw.pause_reading
        self.resume_reading = raw.resume_reading
        self.get_extra_info = raw.get_extra_info
        self._raw = raw

    def write(self, data: bytes) -> None:
        if not self._connection.answers_ended:
            self._raw.write(data)

    def is_closing(self) -> bool:
        return self._connection.answers_ended or self._raw.is_closing()

    def close(self) -> None:
        if self.is_closing():
            return
        self._connection.answers_ended = True
        if self._connection.request_ended:
            self._raw.close()
        else:
            self._connection.linger()


def answer_bytes(answer: Answer) -> bytes:
    """Return the answer as HTTP/1.1 writes it."""
    headers = b"".join(name + b": " + value + b"\r\n" for name, value in answer.start["headers"])
    return b"".join((STATUS_LINE[answer.start["status"]], headers, b"\r\n", answer.body["body"]))
