"""Answer Amazon Data Firehose, which delivers the records of a stream by HTTP.

Firehose takes only 200 for success, and only answers with its request's id. After any other status it sends the request
again, with the same id; but after 413 it drops the records.
"""

import time
from base64 import b64encode
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec
from starlette.types import Receive, Scope, Send

from ingest.active_configuration import ActiveConfiguration
from ingest.answers import (
    BAD_REQUEST,
    INTERNAL_ERROR,
    METHOD_NOT_ALLOWED,
    OVERLOADED,
    TOO_LARGE,
    UNAUTHORIZED,
    RequestRefused,
)
from ingest.http.body import ClientGone, is_gzip, read_body
from ingest.http.large_requests import LargeRequests
from ingest.intake import Intake
from ingest.messages.parts import Part, PartSorter, append_part
from ingest.request_log import RefusalLog, log_unexpected_error
from mapping.incoming.body import BadBody, JsonBytes, checked_text, gunzip, is_compressed
from mapping.incoming.message import decode_records

PATH: Final = "/v2/firehose"
LARGEST_FACTOR: Final = 4
"""A request may have this many times RELAY_MAX_REQUEST_BYTES: after an outage Firehose sends more at once."""
PART_BYTES: Final = 1024 * 1024
"""Batches up to this size together share an append."""

_REQUEST_ID: Final = b"x-amz-firehose-request-id"
_ACCESS_KEY: Final = b"x-amz-firehose-access-key"
_NO_ID: Final = (
    "The request has no id, so Firehose could not assign an answer to it: send X-Amz-Firehose-Request-Id, or requestId "
    "in the body. If Firehose sent it, a proxy between removed the header."
)
_FAULT: Final = RequestRefused(INTERNAL_ERROR, "The request failed because of a fault in relay; send it again.")


class _Request(msgspec.Struct, rename="camel"):
    records: list[msgspec.Raw]
    request_id: str = ""


class _Answer(msgspec.Struct, rename="camel", omit_defaults=True, kw_only=True):
    request_id: str = ""
    timestamp: int
    error_message: str = ""


_decode_request = msgspec.json.Decoder(_Request).decode
_encode = msgspec.json.Encoder().encode


class FirehoseDoor:
    """Answers requests of Firehose: 200 once Redis has all records, or an error after which they come again."""

    def __init__(
        self, intake: Intake, large: LargeRequests, largest_request: int, count: Callable[[str], None]
    ) -> None:
        """`count` gets the status of each answer; `largest_request` is RELAY_MAX_REQUEST_BYTES."""
        self._intake, self._large, self._count = intake, large, count
        self._largest_record, self._largest = largest_request, LARGEST_FACTOR * largest_request
        self._sorter = PartSorter("firehose", largest_request, lambda _: None)
        self._refusals = RefusalLog()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        headers: Mapping[bytes, bytes] = dict(scope["headers"])
        scope["relay.request_id"] = headers.get(_REQUEST_ID, b"").decode("latin-1")
        refused = None
        try:
            await self._accept(scope, headers, receive)
        except BadBody as bad:
            refused = RequestRefused(BAD_REQUEST, str(bad))
        except RequestRefused as error:
            refused = self._never_dropped(error)
        except ClientGone:
            return
        except Exception as error:  # noqa: BLE001 - its text may quote the request
            log_unexpected_error("request_failed", error, input=scope.get("relay.input"))
            refused = _FAULT
        if refused is not None:
            self._refusals.record(scope.get("relay.input"), refused.kind, refused.message)
        start, body = _messages(scope["relay.request_id"], refused)
        self._count(str(start["status"]))
        await send(start)
        await send(body)

    def _never_dropped(self, refused: RequestRefused) -> RequestRefused:
        """Return the refusal with a status after which Firehose keeps the records."""
        if refused.kind is not TOO_LARGE:
            return refused
        size = self._largest * 3 // 4 >> 20
        hint = f"set the stream's buffer size to less than {size} MiB, or raise RELAY_MAX_REQUEST_BYTES"
        return RequestRefused(BAD_REQUEST, f"The request has more than {self._largest} bytes: {hint}.")

    async def _accept(self, scope: Scope, headers: Mapping[bytes, bytes], receive: Receive) -> None:
        """Return when Redis has all records. Raise RequestRefused or BadBody."""
        if scope["method"] != "POST":
            raise RequestRefused(METHOD_NOT_ALLOWED, "Firehose delivers with POST.")
        active = self._intake.reloader.active
        scope["relay.input"] = input_id = active.credentials.input_of(_authorization(headers))
        if self._intake.memory.is_full:
            raise RequestRefused(OVERLOADED, "Redis's memory is nearly full: waiting events must be delivered first.")
        says_gzip = is_gzip(headers.get(b"content-encoding", b""))
        length = headers.get(b"content-length", b"")
        body = await read_body(receive, length, self._largest, self._large.bodies)

        def sorted_parts() -> list[Part]:
            plain = gunzip(body, self._largest) if says_gzip or is_compressed(body) else body
            return [*self._parts(input_id, active, plain, scope)]

        await self._append(await self._large.threads.run(input_id, len(body), sorted_parts))
        self._intake.reloader.in_use.record(input_id)

    def _parts(self, input_id: str, active: ActiveConfiguration, body: bytes, scope: Scope) -> Iterator[Part]:
        """Yield the parts; in the scope, `relay.request_id` becomes the body's id where no header has one."""
        try:
            request = _decode_request(checked_text(body))
        except (msgspec.DecodeError, RecursionError):
            raise BadBody('This is no request of Firehose\'s: {"requestId": …, "records": [{"data": …}]}.') from None
        scope["relay.request_id"] = request_id = scope["relay.request_id"] or request.request_id
        if not request_id:
            raise BadBody(_NO_ID)
        elements = decode_records(request.records, self._largest_record)
        for number, some in enumerate(_slices(elements)):
            yield from self._sorter.parts(input_id, active, some, f"{request_id} {number}")

    async def _append(self, parts: Sequence[Part]) -> None:
        """Append one part after the other, so that a large request has time, whatever Redis's pace is."""
        waiting = deque(parts)
        while waiting:
            left, refused = await append_part(self._intake, self._sorter, waiting.popleft())
            if refused is not None and refused.kind is not INTERNAL_ERROR:
                raise refused
            waiting.extendleft(reversed(left))


def _authorization(headers: Mapping[bytes, bytes]) -> bytes | None:
    """Return the access key as HTTP Basic has it; a proxy may send that instead. Raise RequestRefused with 401."""
    key = headers.get(_ACCESS_KEY)
    if not key:
        return headers.get(b"authorization")
    if b":" not in key:
        raise RequestRefused(UNAUTHORIZED, "The access key of the stream must be KEY:SECRET, those of the input.")
    return b"Basic " + b64encode(key)


def _slices(elements: Sequence[JsonBytes]) -> Iterator[Sequence[JsonBytes]]:
    """Yield the elements in slices that share an append."""
    begin = size = 0
    for position, element in enumerate(elements):
        nbytes = memoryview(element).nbytes
        if size and size + nbytes > PART_BYTES:
            yield elements[begin:position]
            begin, size = position, 0
        size += nbytes
    if begin < len(elements):
        yield elements[begin:]


def _messages(request_id: str, refused: RequestRefused | None) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the two ASGI messages of an answer as Firehose requires it."""
    message = "" if refused is None else refused.message
    answer = _Answer(request_id=request_id, timestamp=time.time_ns() // 1_000_000, error_message=message)
    content = _encode(answer)
    more = () if refused is None else refused.kind.headers
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(content)), *more]
    status = 200 if refused is None else refused.kind.status
    return (
        {"type": "http.response.start", "status": status, "headers": headers},
        {"type": "http.response.body", "body": content},
    )
