"""Read RabbitMQ's messages whose properties its client cannot read.

A publisher may send a time of the year 57,874, or an id that is no UTF-8. The client raises for these before it hands
over the message, each time that the message comes. So such properties are left out, and the rest is read.
"""

import struct
from collections.abc import Callable, Iterator
from hashlib import sha256
from typing import Any, Final

from amqp.method_framing import frame_handler
from amqp.serialization import loads

HEADER_FRAME: Final = 2
_UNREADABLE: Final = (ValueError, OverflowError, LookupError, TypeError, RecursionError, struct.error)
_BEFORE_PROPERTIES: Final = 12
"""The bytes of a header frame before its properties: the class, and the size of the body."""
_MESSAGE_ID: Final = 0x0080
_TEXT, _BYTE, _TIME, _TABLE = "text", "byte", "time", "table"
_KINDS: Final = (_TEXT, _TEXT, _TABLE, _BYTE, _BYTE, *[_TEXT] * 4, _TIME, *[_TEXT] * 4)
"""The kinds of the properties, in their order; each has a bit of the flags, from the highest down."""
_SIZES: Final = {
    code: size
    for codes, size in (("V", 0), ("tbB", 1), ("Uus", 2), ("Iif", 4), ("D", 5), ("LldT", 8))
    for code in codes
}
"""The bytes of a header's value, by the code of its type."""
_WITH_LENGTH: Final = "SxFA"

Frame = tuple[int, int, bytes]


def tolerant_frame_handler(connection: Any, callback: Callable[..., Any]) -> Callable[[Frame], bool]:
    """Return py-amqp's handler of frames, which gets a header again without what it cannot read."""
    on_frame: Callable[[Frame], bool] = frame_handler(connection, callback)

    def handle(frame: Frame) -> bool:
        try:
            return on_frame(frame)
        except Exception:
            kind, channel, content = frame
            if kind != HEADER_FRAME:
                raise
        return on_frame((kind, channel, _readable(bytes(content))))

    return handle


def _readable(content: bytes) -> bytes:
    """Return the header of a message with those of its properties that can be read."""
    try:
        flags, values = _readable_properties(content[_BEFORE_PROPERTIES:])
    except _UNREADABLE:
        flags, values = 0, b""
    return content[:_BEFORE_PROPERTIES] + struct.pack(">H", flags) + values


def _readable_properties(content: bytes) -> tuple[int, bytes]:
    (flags,) = struct.unpack_from(">H", content)
    kept, values, at = 0, b"", 2
    for position, kind in enumerate(_KINDS):
        flag = 0x8000 >> position
        if not flags & flag:
            continue
        end = at + _size_of_property(kind, content, at)
        value: bytes | None = content[at:end]
        if kind is _TABLE:
            value = _readable_table(content[at + 4 : end])
        elif kind is _TEXT and not _is_utf8(content[at + 1 : end]):
            value = _digest(content[at + 1 : end]) if flag == _MESSAGE_ID else None
        if value is not None:
            kept, values = kept | flag, values + value
        at = end
    return kept, values


def _size_of_property(kind: str, content: bytes, at: int) -> int:
    if kind is _TEXT:
        return 1 + content[at]
    if kind is _TABLE:
        return 4 + int(struct.unpack_from(">I", content, at)[0])
    return 8 if kind is _TIME else 1


def _readable_table(content: bytes) -> bytes:
    """Return a table with those items that can be read."""
    items = b"".join(item for item in _items(content) if _can_be_read(item))
    return struct.pack(">I", len(items)) + items


def _items(content: bytes) -> Iterator[bytes]:
    """Yield the items of a table; none behind one of an unknown type, because its length is unknown."""
    at = 0
    while at < len(content):
        value_at = at + 1 + content[at]
        code = chr(content[value_at])
        if code in _WITH_LENGTH:
            end = value_at + 5 + int(struct.unpack_from(">I", content, value_at + 1)[0])
        elif code in _SIZES:
            end = value_at + 1 + _SIZES[code]
        else:
            return
        yield content[at:end]
        at = end


def _can_be_read(item: bytes) -> bool:
    try:
        loads("F", struct.pack(">I", len(item)) + item, 0)
    except Exception:  # noqa: BLE001 - the client raises errors of its own too
        return False
    return True


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return False
    return True


def _digest(text: bytes) -> bytes:
    """Return an id in place of one that cannot be read; another one's is another."""
    digest = sha256(text).hexdigest().encode()
    return bytes([len(digest)]) + digest
