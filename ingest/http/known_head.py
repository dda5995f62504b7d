"""Remember the head of a connection's last request: clients send the same one again, but for the Content-Length.

What a parser finds in a head is a function of its bytes. So a request that arrives whole, with a head that was parsed
before, needs no parser.
"""

import re
from typing import Any, Final, NamedTuple, Self

LONGEST_HEAD: Final = 2 * 1024
MOST_MISSES: Final = 8
"""After this number of other heads one after another, a connection's heads are not remembered any more."""

_BLANK: Final = b"\r\n\r\n"
_LONGEST_NUMBER: Final = 8
_LENGTH: Final = re.compile(rb"\r\n[Cc]ontent-[Ll]ength: (\d{1,8})(?=\r\n)")


class KnownHead(NamedTuple):
    """A head before and after the number of its Content-Length; uvicorn's scope, and what `Door.take` found in it."""

    before: bytes
    after: bytes
    scope: dict[str, Any]
    target: object

    @classmethod
    def of(cls, request: bytes, body: bytes | bytearray, scope: dict[str, Any], target: object) -> Self | None:
        """Return the head of a whole request, in which a parser found the others; None for an unusual head."""
        end = len(request) - len(body)
        if end > LONGEST_HEAD or request.find(_BLANK) + len(_BLANK) != end or request[end:] != body:
            return None
        length = _LENGTH.search(request, 0, end)
        if length is None or int(length[1]) != len(body):
            return None
        return cls(request[: length.start(1)], request[length.end(1) : end], scope, target)

    def body_of(self, data: bytes) -> bytes | None:
        """Return the body, if the data is a whole request with this head."""
        before, after, _, _ = self
        if not data.startswith(before):
            return None
        start = len(before)
        stop = data.find(b"\r", start, start + _LONGEST_NUMBER + 1)
        length = data[start:stop]
        if not data.startswith(after, stop) or not length.isdigit():
            return None
        body = data[stop + len(after) :]
        return body if int(length) == len(body) else None
