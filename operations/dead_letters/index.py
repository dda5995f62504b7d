"""An index of dead letters, kept in this process, so that any of 100,000 are found at once.

What a letter is told apart by never changes, not even by editing it. So each is read once; after that only ids are
compared, and those only when the books say that letters came or went.
"""

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

import msgspec
import redis

from delivery.dead_letter import dead_lettered_at_ms
from lanes.chunk import Header, read_header
from lanes.daily_counts import day_of
from lanes.dead_letters import letter_ids, letters_moved, some_letters
from lanes.errors import ChunkUnreadable
from operations.dead_letters.query import Cell, Facts, Filter, Found

MOST_LETTERS: Final = 200_000
"""Of a connection, the newest: about 0.7 KB of memory each."""
_PAGE: Final = 500


class LetterIndex:
    """The letters of one Redis; serves any number of threads. Raises RedisAway."""

    def __init__(self, client: redis.Redis, most: int = MOST_LETTERS) -> None:
        self._client, self._most = client, most
        self._lock = threading.Lock()
        self._shelves: dict[str, _Shelf] = {}

    def find(self, connections: Sequence[str], wanted: Filter) -> Found:
        """Those of these connections that are wanted."""
        cells = self._cells([name for name in connections if wanted.connection in ("", name)])
        return Found([(cell, wanted.of(letters)) for cell, letters in cells if wanted.takes(cell)])

    def _cells(self, connections: Sequence[str]) -> Iterator[tuple[Cell, Sequence[Facts]]]:
        """All there is; what is given out is never changed afterwards."""
        with self._lock:
            moved = letters_moved(self._client, connections)
            shelves = [self._shelves.setdefault(connection, _Shelf()) for connection in connections]
            for connection, shelf, moves in zip(connections, shelves, moved, strict=True):
                if shelf.moves != moves:
                    self._look(connection, shelf)
                    shelf.moves = moves
            cells = [entry for shelf in shelves for entry in shelf.cells.items()]
        yield from cells

    def _look(self, connection: str, shelf: "_Shelf") -> None:
        """Bring a shelf in step with the connection's letters."""
        ids = letter_ids(self._client, connection)[-self._most :]
        there = set(ids)
        if gone := shelf.cell_of.keys() - there:
            shelf.drop(gone)
        shelf.put(self._read_all(connection, [letter_id for letter_id in ids if letter_id not in shelf.cell_of]))

    def _read_all(self, connection: str, ids: Sequence[str]) -> Iterator[tuple[Cell, Facts]]:
        """What is read of those that are still there."""
        for start in range(0, len(ids), _PAGE):
            page = ids[start : start + _PAGE]
            stored = some_letters(self._client, connection, page)
            there = ((letter_id, one) for letter_id, one in zip(page, stored, strict=True) if one is not None)
            yield from (_read(letter_id, connection, one) for letter_id, one in there)


class _Shelf:
    """What is known of one connection's letters, and the state of the books it was read in."""

    def __init__(self) -> None:
        self.cells: dict[Cell, list[Facts]] = {}
        self.cell_of: dict[str, Cell] = {}
        self.moves: tuple[bytes | None, ...] | None = None

    def put(self, some: Iterable[tuple[Cell, Facts]]) -> None:
        """Add these."""
        added: dict[Cell, list[Facts]] = {}
        for cell, facts in some:
            kept = self.cell_of.setdefault(facts.id, cell)
            added.setdefault(kept, []).append(facts)
        for cell, letters in added.items():
            self._keep(cell, sorted([*self.cells.get(cell, ()), *letters], key=lambda one: one.id))

    def drop(self, gone: set[str]) -> None:
        """Take these away."""
        for cell in {self.cell_of.pop(letter_id) for letter_id in gone}:
            self._keep(cell, [one for one in self.cells[cell] if one.id not in gone])

    def _keep(self, cell: Cell, letters: list[Facts]) -> None:
        """New lists only: those given out stay as they are."""
        cells: Mapping[Cell, list[Facts]] = {**self.cells, cell: letters}
        self.cells = {cell: letters for cell, letters in cells.items() if letters}


class _Stored(msgspec.Struct):
    """The part of a stored letter (`delivery/dead_letter.py`) that is indexed."""

    at_ms: int = 0
    stage: str = ""
    reason: str = "unreadable"
    field: str | None = None
    tiktok_event: str | None = None
    event_id: str | None = None
    source: bytes = b""


_decoder: Final = msgspec.msgpack.Decoder(_Stored)
_UNREADABLE: Final = _Stored()


def _header_of(source: bytes) -> Header | None:
    try:
        return read_header(source) if source else None
    except ChunkUnreadable:
        return None


def _read(letter_id: str, connection: str, stored: bytes) -> tuple[Cell, Facts]:
    """What a letter is told apart by; one that is damaged has at least its id."""
    try:
        read = _decoder.decode(stored)
    except msgspec.MsgspecError:
        read = msgspec.structs.replace(_UNREADABLE, at_ms=dead_lettered_at_ms(letter_id) or 0)
    header = _header_of(read.source)
    day = day_of(header.received_ms if header else read.at_ms)
    cell = Cell(connection, read.stage, read.reason, read.field, read.tiktok_event, day)
    return cell, Facts(letter_id, connection, read.event_id, header.first_unknown_ms if header else 0)
