"""Answers to requests with batches: 202 without a body, or a refusal with mParticle's error body."""

from typing import Any, Final, NamedTuple

import msgspec

Headers = tuple[tuple[bytes, bytes], ...]


class RefusalKind(NamedTuple):
    """One kind of refusal: its status, the code in mParticle's error body and its headers."""

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
# One of mParticle's SDKs fails to read a 429 without Retry-After.
OVERLOADED: Final = RefusalKind(429, "TOO_MANY_REQUESTS", _retry_after(10))
UNAVAILABLE: Final = RefusalKind(503, "SERVICE_UNAVAILABLE", _retry_after(2))
TOO_MANY_CONNECTIONS: Final = RefusalKind(503, "SERVICE_UNAVAILABLE", (*_retry_after(2), *_CLOSE))


class RequestRefused(Exception):
    """A request of which no event is accepted; any step may raise it, and `Door` answers it."""

    def __init__(self, kind: RefusalKind, message: str) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message


class Answer(NamedTuple):
    """The two ASGI messages of a whole answer, and the status that it is counted under."""

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
    """Return mParticle's error body."""
    return msgspec.json.encode({"errors": [{"code": code, "message": message}]})


def refusal(refused: RequestRefused) -> Answer:
    """Return the answer to a refused request."""
    kind = refused.kind
    headers = ((b"content-type", b"application/json"), *kind.headers)
    return _answer(kind.status, headers, error_body(kind.code, refused.message))
