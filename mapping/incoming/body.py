"""Read the body of a request with batches; ingest and preview use the same functions.

A body is JSON in UTF-8, optionally compressed, optionally with a byte order mark: one batch, an array of batches, or
one batch a line. `mapping/incoming/batch.py` finds elements that are no batch.
"""

import gzip
import io
import re
import zlib
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

import msgspec

from mapping.incoming.batch import SplitBatch, split_array

MOST_BATCHES: Final = 1_000
LARGEST_BATCH: Final = 1024 * 1024

JsonBytes = bytes | msgspec.Raw
Element = JsonBytes | SplitBatch
"""An element of a request; one that is split already is a batch."""

_GZIP: Final = b"\x1f\x8b"  # no UTF-8 text begins like this
BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
_BACKSLASH: Final = ord("\\")
"""A number: to search bytes in bytes, Python raises and catches an error first, which a short body notices."""
_ESCAPES: Final = re.compile(
    rb"\\[^u]|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(\\u[dD][89a-fA-F][0-9a-fA-F]{2})"
)
_TOKENS: Final = re.compile(rb'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)|\[+|\]+|\{+|\}+|,', re.DOTALL)
"""A text without an end is a token as well: else each quote in it would begin a search to the end of the body."""
_MOST_TOKENS: Final = 100_000
"""The longest body nested too deeply for the parser that is split here; it takes about 30 ms."""

_decode_list = msgspec.json.Decoder(list[msgspec.Raw]).decode
_decode_any = msgspec.json.Decoder(msgspec.Raw).decode
_UNREADABLE: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class NotUtf8(bytes):
    """An element of a request that is not UTF-8, and so no batch."""


class BadBody(ValueError):
    """The request cannot be accepted; the message tells the client why, without quoting the body."""


class BodyTooLarge(BadBody):
    """The request is larger than the limit."""


def is_compressed(body: bytes) -> bool:
    """Return whether the body is gzip; its headers do not count."""
    return body[:2] == _GZIP


def gunzip(body: bytes, limit: int) -> bytes:
    """Return the decompressed body. Raise BadBody, also where it has more than `limit` bytes."""
    plain = gunzip_within(body, limit)
    if plain is None:
        raise too_large(limit)
    return plain


def gunzip_within(body: bytes, limit: int) -> bytes | None:
    """Return the decompressed body; None where it has more than `limit` bytes, which are never made. Raise BadBody."""
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(body)) as members:
            plain = members.read(limit + 1)
    except EOFError:
        raise BadBody("The gzip body ends before its end.") from None
    except (OSError, zlib.error):
        raise BadBody("The body is not gzip, though Content-Encoding says so.") from None
    return plain if len(plain) <= limit else None


def too_large(limit: int) -> BodyTooLarge:
    """Return the refusal of a body over the limit."""
    return BodyTooLarge(f"The request has more than {limit} bytes (after decompression): send fewer batches.")


def checked_text(body: bytes) -> bytes:
    """Return the body as `replace_lone_surrogates` gives it; raises BadBody where it is not UTF-8."""
    if body.isascii():  # and so without a byte order mark
        return _paired_surrogates(body) if _BACKSLASH in body else body
    if (position := not_utf8(body)) is not None:
        raise BadBody(f"The body is not UTF-8 (byte {position}).")
    return replace_lone_surrogates(body)


def not_utf8(text: bytes | memoryview) -> int | None:
    """Return the position of the first byte that is not UTF-8; None where all are."""
    if isinstance(text, bytes) and text.isascii():
        return None
    try:
        str(text, "utf-8")
    except UnicodeDecodeError as error:
        return error.start
    return None


def replace_lone_surrogates(body: bytes) -> bytes:
    """Return the body without byte order mark; escapes of half a surrogate pair become U+FFFD.

    JSON's grammar allows them, and text cut inside an emoji has them. The parser would refuse the whole body for one.
    """
    return _paired_surrogates(body.removeprefix(BYTE_ORDER_MARK))


def _paired_surrogates(body: bytes) -> bytes:
    if _BACKSLASH in body and (b"\\ud" in body or b"\\uD" in body):
        return _ESCAPES.sub(lambda escape: rb"\ufffd" if escape[1] else escape[0], body)
    return body


def one_batch(body: bytes) -> Sequence[JsonBytes]:
    """Return the batch of a body of /v2/events. Raise BadBody."""
    text = checked_text(body)
    if text[:1] != b"{":
        _refuse_more_or_less(text.lstrip())
    return [text] if len(text) <= LARGEST_BATCH else _bounded([text])


def _refuse_more_or_less(text: bytes) -> None:
    if not text:
        raise _empty()
    if text[:1] == b"[":
        raise BadBody("The body is an array: /v2/events takes one batch, /v2/bulkevents an array of them.")


def many_batches(body: bytes) -> Sequence[JsonBytes]:
    """Return the elements of a body of /v2/bulkevents, as `elements_of` does. Raise BadBody."""
    elements = elements_of(body)
    if len(elements) > MOST_BATCHES:
        raise BodyTooLarge(f"The request has {len(elements)} batches; at most {MOST_BATCHES} are taken at once.")
    return _bounded(elements)


def split_batches(body: bytes) -> Sequence[Element]:
    """Return the batches of a body of /v2/bulkevents, split in one pass if they are usual; else as `many_batches` does.

    A larger body than one batch may be is not split here: its batches may be too large. Raise BadBody.
    """
    if len(body) <= LARGEST_BATCH:
        text = replace_lone_surrogates(body)
        splits = split_array(text)
        if splits and len(splits) <= MOST_BATCHES and not_utf8(text) is None:
            return splits
    return many_batches(body)


def elements_of(body: bytes) -> Sequence[JsonBytes]:
    """Return the elements of an array, or of lines; raises BadBody where there are none.

    An element that is not UTF-8 becomes NotUtf8 and costs only itself. An empty array is refused like an empty body:
    which of the two a client sends for no data depends on its language.
    """
    text = replace_lone_surrogates(body)
    if not text or text.isspace():
        raise _empty()
    elements = _elements(text)
    if not elements:
        raise BadBody("The array holds no batch.")
    if not_utf8(text) is None:
        return elements
    return [element if not_utf8(memoryview(element)) is None else NotUtf8(element) for element in elements]


def _elements(text: bytes) -> Sequence[JsonBytes]:
    try:
        return _decode_list(text)
    except RecursionError:
        return _elements_of_deep_array(text)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        lines = lines_of(text)
        if lines is None:
            raise BadBody(f"The body must be a JSON array of batches, or one batch a line: {error}.") from None
        return lines


def lines_of(text: bytes) -> list[bytes] | None:
    """Return the elements of newline-delimited JSON; None for one value over all lines, and where it is not JSON."""
    lines = [line.strip() for line in text.split(b"\n") if line.strip()]
    if len(lines) < 2 or lines[0][:1] == b"[" or not _is_json(lines[0]) or _is_json(text):
        return None
    return lines


def _bounded(elements: Sequence[JsonBytes]) -> Sequence[JsonBytes]:
    for number, element in enumerate(elements, start=1):
        if (size := memoryview(element).nbytes) > LARGEST_BATCH:
            raise BodyTooLarge(f"Batch {number} has {size} bytes, at most {LARGEST_BATCH} are taken: split it.")
    return elements


def _is_json(text: bytes) -> bool:
    try:
        _decode_any(text)
    except _UNREADABLE:
        return False
    return True


def _empty() -> BadBody:
    return BadBody("The body is empty.")


def _elements_of_deep_array(text: bytes) -> list[bytes]:
    """Return the elements of an array, one of which is nested too deeply for the parser. Raise BadBody."""
    whole = text.strip()
    places = list(_commas(whole))
    elements = [whole[begin + 1 : end].strip() for begin, end in pairwise(places)]
    if b"" in elements:
        raise _too_deep()
    return elements


def _commas(whole: bytes) -> Iterator[int]:
    """Yield the positions of the array's `[`, of the commas between elements, and of its `]`. Raise BadBody."""
    depth = 0
    for number, token in enumerate(_TOKENS.finditer(whole)):
        if token[0][:1] in b"[{":
            depth += len(token[0])
        elif token[0][:1] in b"]}":
            depth -= len(token[0])
        last = token.end() == len(whole)
        if number > _MOST_TOKENS or (depth <= 0) != last or depth < 0:
            raise _too_deep()
        if number == 0 or (depth == 1 and token[0] == b","):
            yield token.start()
        if last:
            yield token.end() - 1
            return
    raise _too_deep()


def _too_deep() -> BadBody:
    return BadBody("The body must be a JSON array of batches: this one is nested too deeply.")
