"""Receipts as Parquet: encode a portion as one file, and read the receipts of some events from a file.

A portion has few distinct rows, because receipts are kept in groups that are alike. So Python handles groups, and Arrow
repeats them.
"""

import io
from array import array
from collections.abc import Sequence
from types import ModuleType
from typing import Any, Final, NamedTuple

import msgspec

from delivery.receipt import NO_EVENT_ID, ReceiptFields, decode_alike
from lanes.receipts.archive import ID_BYTES, Piece
from mapping.match_keys import bits_of, codes_of
from operations.archive.names import ArchiveFile
from operations.archive.storage import MISSING, ArchiveError

ID_COLUMN: Final = "event_id_sha256"
PREFIX_COLUMN: Final = "id_prefix"
"""The first four bytes of the digest as a number. It is last in a file, so that a search reads little more than it."""
_LEVEL: Final = 1
"""Of zstd: digests do not compress, and level 3 saves nothing else."""
_HEX: Final = 2 * ID_BYTES
_PREFIX_BYTES: Final = 4
_SCHEMA_BYTES: Final = 16_384
"""More than the schema and the statistics of a file take."""


class Encoded(NamedTuple):
    """A portion as a file: its content, its receipts, and how many receipts of the portion could not be read."""

    content: bytes
    receipts: int
    unreadable: int


class ArchivedReceipt(NamedTuple):
    """A receipt of the archive: the SHA-256 of its event's id in hexadecimal, when it was written, and what it says."""

    event_id_sha256: str
    at_ms: int
    facts: ReceiptFields


class WantedIds(NamedTuple):
    """The ids of the events to find, as the two columns of files have them."""

    ids: Any
    prefixes: Any


class _End(io.RawIOBase):
    """A file of which only the end was read. Reading before that raises OSError."""

    def __init__(self, size: int, end: bytes) -> None:
        self._size, self._first, self._end, self._at = size, size - len(end), end, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        self._at = offset + (0, self._at, self._size)[whence]
        return self._at

    def tell(self) -> int:
        return self._at

    def read(self, size: int = -1) -> bytes:
        start = self._at - self._first
        if start < 0:
            raise OSError("this part of the file was not read")
        found = self._end[start:] if size < 0 else self._end[start : start + size]
        self._at += len(found)
        return found


def encode_portion(pieces: Sequence[Piece]) -> Encoded:
    """Return the pieces as a Parquet file. Raise ArchiveError where the packages are missing."""
    arrow, parquet = arrow_packages()
    ids: list[bytes] = []
    counts: list[int] = []
    times: list[int] = []
    facts: list[ReceiptFields] = []
    unreadable = 0
    for piece in pieces:
        number = len(piece.ids) // ID_BYTES
        try:
            groups = decode_alike(piece.body)
        except (msgspec.MsgspecError, IndexError, TypeError, ValueError):
            groups = []
        if sum(count for count, _ in groups) != number:
            unreadable += number  # a later version wrote it
            continue
        ids.append(piece.ids)
        counts += [count for count, _ in groups]
        times += [piece.at_ms] * len(groups)
        facts += [each for _, each in groups]
    table = _table(arrow, b"".join(ids), counts, times, facts)
    sink = arrow.BufferOutputStream()
    names = [name for name in table.column_names if name not in (ID_COLUMN, PREFIX_COLUMN)]
    parquet.write_table(
        table,
        sink,
        compression="zstd",
        compression_level=_LEVEL,
        use_dictionary=names,
        column_encoding={PREFIX_COLUMN: "PLAIN"},
        row_group_size=max(1, table.num_rows),  # one group, or the prefixes would not be together
    )
    return Encoded(sink.getvalue().to_pybytes(), table.num_rows, unreadable)


def find_in_file(path: str, content: bytes, wanted: WantedIds) -> list[ArchivedReceipt]:
    """Return the receipts of a file whose ids are wanted. Raise ArchiveError."""
    arrow, parquet = arrow_packages()
    try:
        file = parquet.ParquetFile(arrow.BufferReader(content))
        column = file.read(columns=[ID_COLUMN], use_threads=False).column(0)
        hits = arrow.compute.is_in(column, wanted.ids)
        if not arrow.compute.any(hits).as_py():
            return []
        return [_receipt(row) for row in file.read(use_threads=False).filter(hits).to_pylist()]
    except (arrow.ArrowException, OSError, KeyError) as error:
        raise ArchiveError(f"{path} is no file of Parquet, or no whole one: {type(error).__name__}") from None


def may_have(file: ArchiveFile, end: bytes, wanted: WantedIds) -> bool:
    """Return whether a file may have a receipt of these events, by its last `end_size` bytes.

    Files of former versions have no prefixes; they may have any.
    """
    arrow, parquet = arrow_packages()
    try:
        whole = arrow.PythonFile(_End(file.size, end), mode="r")
        column = parquet.ParquetFile(whole).read(columns=[PREFIX_COLUMN], use_threads=False).column(0)
    except (arrow.ArrowException, OSError, KeyError, IndexError):
        return True  # also a damaged one: reading the whole file says so
    return bool(arrow.compute.any(arrow.compute.is_in(column, wanted.prefixes)).as_py())


def end_size(file: ArchiveFile) -> int:
    """Return how many bytes at the end of a file have its prefixes and its schema."""
    return min(file.size, _SCHEMA_BYTES + (_PREFIX_BYTES + 1) * file.receipts)


def wanted_ids(digests: Sequence[bytes]) -> WantedIds:
    """Return these ids, given as SHA-256, as files have them."""
    arrow = arrow_packages()[0]
    return WantedIds(arrow.array([digest.hex() for digest in digests]), _prefix_column(arrow, b"".join(digests)))


def _prefix_column(arrow: ModuleType, ids: bytes) -> Any:
    """Return the first four bytes of each id as a number."""
    first = memoryview(ids).cast("i")[:: ID_BYTES // _PREFIX_BYTES].tobytes()
    return arrow.Array.from_buffers(arrow.int32(), len(ids) // ID_BYTES, [None, arrow.py_buffer(first)])


def arrow_packages() -> tuple[ModuleType, ModuleType]:
    """Return Arrow and its Parquet. Raise ArchiveError where they are not installed."""
    try:
        import pyarrow
        import pyarrow.compute
        import pyarrow.parquet
    except ImportError:
        raise ArchiveError(MISSING) from None
    return pyarrow, pyarrow.parquet


def _table(
    arrow: ModuleType, ids: bytes, counts: Sequence[int], times: Sequence[int], facts: Sequence[ReceiptFields]
) -> Any:
    """Return the table: a row for each id, with the facts of its group."""
    ends: list[int] = []
    rows = 0
    for count in counts:
        rows += count
        ends.append(rows)
    runs = arrow.RunEndEncodedArray.from_arrays(
        arrow.array(ends, arrow.int32()), arrow.array(range(len(ends)), arrow.int32())
    )
    place = arrow.compute.run_end_decode(runs) if ends else arrow.array([], arrow.int32())
    of: dict[str, list[Any]] = {name: [getattr(each, name) for each in facts] for name in ReceiptFields._fields}
    text, whole, when = arrow.string(), arrow.int32(), arrow.timestamp("ms", "UTC")
    note = arrow.struct([("field", text), ("note", text)])
    columns: dict[str, tuple[list[Any], Any]] = {
        "connection": (of["connection"], text),
        "input": (of["input"], text),
        "tiktok_event": (of["tiktok_event"], text),
        "outcome": (of["outcome"], text),
        "reason": (of["reason"], text),
        "received_at": ([at or None for at in of["received_ms"]], when),
        "ended_at": (list(times), when),
        "attempts": (of["attempts"], whole),
        "repeated": (of["repeated"], arrow.bool_()),
        "tiktok_code": (of["tiktok_code"], arrow.int64()),
        "tiktok_request_id": (of["tiktok_request_id"], text),
        "match_keys": ([codes_of(bits) for bits in of["match_keys"]], arrow.list_(text)),
        "notes": (
            [[dict(zip(("field", "note"), each, strict=True)) for each in n] for n in of["notes"]],
            arrow.list_(note),
        ),
        "job": (of["job"], text),
        "dead_letter": (of["dead_letter"], text),
    }
    arrays = {name: arrow.array(values, kind).take(place) for name, (values, kind) in columns.items()}
    return arrow.table({ID_COLUMN: _id_column(arrow, ids, rows), **arrays, PREFIX_COLUMN: _prefix_column(arrow, ids)})


def _id_column(arrow: ModuleType, ids: bytes, rows: int) -> Any:
    """Return the ids in hexadecimal; null for an event without an id."""
    digits = ids.hex()
    if NO_EVENT_ID in ids:  # perhaps; then look at each
        each = [digits[at : at + _HEX] for at in range(0, len(digits), _HEX)]
        nothing = NO_EVENT_ID.hex()
        return arrow.array([None if one == nothing else one for one in each], arrow.string())
    offsets = array("i", range(0, _HEX * (rows + 1), _HEX))
    return arrow.StringArray.from_buffers(rows, arrow.py_buffer(offsets.tobytes()), arrow.py_buffer(digits.encode()))


def _receipt(row: dict[str, Any]) -> ArchivedReceipt:
    facts = ReceiptFields(
        connection=row["connection"],
        input=row["input"],
        outcome=row["outcome"],
        tiktok_event=row["tiktok_event"],
        reason=row["reason"],
        received_ms=_ms(row["received_at"]),
        attempts=row["attempts"],
        repeated=row["repeated"],
        tiktok_code=row["tiktok_code"],
        tiktok_request_id=row["tiktok_request_id"],
        match_keys=bits_of(row["match_keys"]),
        notes=tuple((note["field"], note["note"]) for note in row["notes"]),
        job=row["job"],
        dead_letter=row["dead_letter"],
    )
    return ArchivedReceipt(row[ID_COLUMN], _ms(row["ended_at"]), facts)


def _ms(at: Any) -> int:
    return round(at.timestamp() * 1000) if at else 0
