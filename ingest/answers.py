"""What the door answers: 202 with nothing in it, or a refusal as a row and a sentence in mParticle's error body."""

from typing import Any, Final, NamedTuple

import msgspec

Headers = tuple[tuple[bytes, bytes], ...]


class RefusalKind(NamedTuple):
    """One way to refuse: the status, the code of mParticle's error body and the headers that belong to it."""

    status: int
    code: str
    headers: Headers = ()


_CLOSE: Final[Headers] = ((b"connection", b"close"),)


def _retry_after(seconds: int) -> Headers:
    return ((b"retry-after", str(seconds).encode()),)


# mParticle's documents name only BAD_REQUEST; the other codes are ours.
BAD_REQUEST: Final = RefusalKind(400, "BAD_REQUEST")
UNAUTHORIZED: Final = RefusalKind(
    401, "UNAUTHORIZED", ((b"www-authenticate", b'Basic realm="relay", charset="UTF-8"'),)
)
FORBIDDEN: Final = RefusalKind(403, "FORBIDDEN")
NOT_FOUND: Final = RefusalKind(404, "NOT_FOUND")
METHOD_NOT_ALLOWED: Final = RefusalKind(405, "METHOD_NOT_ALLOWED", ((b"allow", b"POST"),))
MALFORMED: Final = RefusalKind(400, "BAD_REQUEST", _CLOSE)
HEAD_TIMEOUT: Final = RefusalKind(408, "REQUEST_TIMEOUT", _CLOSE)
HEAD_TOO_LARGE: Final = RefusalKind(431, "HEADERS_TOO_LARGE", _CLOSE)
REQUEST_TIMEOUT: Final = RefusalKind(408, "REQUEST_TIMEOUT", _CLOSE)
TOO_LARGE: Final = RefusalKind(413, "REQUEST_TOO_LARGE")
UNSUPPORTED_ENCODING: Final = RefusalKind(415, "UNSUPPORTED_ENCODING", ((b"accept-encoding", b"gzip"),))
INTERNAL_ERROR: Final = RefusalKind(500, "INTERNAL_ERROR")
# One of mParticle's SDKs fails to read a 429 without Retry-After, so it is part of the row.
OVERLOADED: Final = RefusalKind(429, "TOO_MANY_REQUESTS", _retry_after(10))
UNAVAILABLE: Final = RefusalKind(503, "SERVICE_UNAVAILABLE", _retry_after(2))
TOO_MANY_CONNECTIONS: Final = RefusalKind(503, "SERVICE_UNAVAILABLE", (*_retry_after(2), *_CLOSE))


class RequestRefused(Exception):
    """A request that is not taken, nothing of it; raised anywhere on its journey and answered in one place."""

    def __init__(self, row: RefusalKind, message: str) -> None:
        super().__init__(message)
        self.row = row
        self.message = message


class Answer(NamedTuple):
    """The two ASGI messages of a whole answer, and what it is counted as."""

    start: dict[str, Any]
    body: dict[str, Any]
    status: str


def _answer(status: int, headers: Headers, content: bytes) -> Answer:
    length = (b"content-length", str(len(content)).encode())
    return Answer(
        {"type": "http.response.start", "status": status, "headers": (*headers, length)},
        {"type": "http.response.body", "body": content},
        str(status),
    )


ACCEPTED: Final = _answer(202, (), b"")


def error_body(code: str, message: str) -> bytes:
    """mParticle's error body."""
    return msgspec.json.encode({"errors": [{"code": code, "message": message}]})


def refusal(refused: RequestRefused) -> Answer:
    """The answer to a request that is not taken."""
    row = refused.row
    headers = ((b"content-type", b"application/json"), *row.headers)
    return _answer(row.status, headers, error_body(row.code, refused.message))
