"""The receipt: the record of how one item ended. It names no person: of an event's id it has a keyed 64-bit digest.

Receipts of one script are written together, as columns: what they have in common is written once.
`lanes/receipts/blocks.py` keeps the columns beside the digests.
"""

from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from hashlib import blake2b, sha256
from itertools import accumulate
from typing import Any, Final, Literal, NamedTuple, Protocol, TypeAlias

import msgspec

Outcome: TypeAlias = Literal["delivered", "dead_lettered", "withheld", "discarded", "erased", "replayed"]
"""How an item ended. `replayed` ends nothing: an operator sent a dead letter again, which ends again later."""

VERSION: Final = 1
ID_BYTES: Final = 8
ARCHIVED_ID_BYTES: Final = 32
NO_EVENT_ID: Final = bytes(ARCHIVED_ID_BYTES)
_PURPOSE: Final = b"relay receipts"
_ONE_BYTE: Final = 256


class ReceiptFields(NamedTuple):
    """Everything that a receipt says beside the digest of the event's id and the time when the item ended.

    A later version may append fields; this one ignores what it does not know.
    """

    connection: str
    input: str
    outcome: str
    tiktok_event: str | None = None
    reason: str | None = None
    """A dead letter's reason, the rule or setting that withheld it, or which part of relay was emptied."""
    received_ms: int = 0
    attempts: int = 0
    repeated: bool = False
    """Whether it was sent before with an unknown outcome, so that TikTok may have received it twice."""
    tiktok_code: int | None = None
    tiktok_request_id: str | None = None
    match_keys: int = 0
    """The match keys that it carried, as `mapping/match_keys.py` numbers them."""
    notes: tuple[tuple[str, str], ...] = ()
    """Each note's field and text; never a value of the event."""
    job: str | None = None
    dead_letter: str | None = None
    """The id of the dead letter."""


class Keyring(Protocol):
    """Encryption keys from which secrets for one purpose are derived, the newest key's first."""

    def derive_all(self, purpose: bytes, /) -> list[bytes]: ...


def digest_secrets(keyring: Keyring | None) -> list[bytes]:
    """Return the secrets of digests, the one in use first; an empty one without a key, as nothing is secret then."""
    return [b""] if keyring is None else keyring.derive_all(_PURPOSE)


Digest: TypeAlias = Callable[[Iterable[str | None]], list[bytes]]
"""Makes the digests of events' ids."""


def digester(secret: bytes) -> Digest:
    """Return the function that makes the digests of events' ids."""
    copy_of_keyed = blake2b(key=secret, digest_size=ID_BYTES).copy

    def digest(event_ids: Iterable[str | None]) -> list[bytes]:
        digests = []
        for event_id in event_ids:
            keyed = copy_of_keyed()
            keyed.update((event_id or "").encode())
            digests.append(keyed.digest())
        return digests

    return digest


def archive_digest(event_id: str | None) -> bytes:
    """Return the SHA-256 of an event's id, as the archive has it; zeros for an event without an id."""
    return sha256(event_id.encode()).digest() if event_id else NO_EVENT_ID


AlikeItems: TypeAlias = tuple[ReceiptFields, Sequence[str | None]]
"""What is said of some items, and the ids of their events."""


class ReceiptColumns:
    """Receipts that are written together, in columns: for each field a value of each receipt."""

    def __init__(self, groups: Sequence[AlikeItems] = ()) -> None:
        self.event_ids: list[str | None] = []
        self._columns: dict[str, list[Any]] = {name: [] for name in ReceiptFields._fields}
        for facts, event_ids in groups:
            self.add(facts, event_ids)

    def __len__(self) -> int:
        return len(self.event_ids)

    def add(self, facts: ReceiptFields, event_ids: Sequence[str | None], **differing: Sequence[Any]) -> None:
        """Add receipts that say `facts`; the fields in `differing` have a value for each receipt instead."""
        self.event_ids += event_ids
        for (name, column), value in zip(self._columns.items(), facts, strict=True):
            column.extend(differing[name] if name in differing else [value] * len(event_ids))

    def encode(self, digest: Digest) -> bytes:
        """Return the ids and the body."""
        columns = list(map(_column, self._columns.values()))
        alike = all(len(column) == 1 for column in columns)
        counts = [len(self)] if alike else [1] * len(self)
        return b"".join(digest(self.event_ids)) + _encoder.encode((VERSION, counts, columns))

    def archived_ids(self) -> bytes:
        """Return the ids as the archive has them."""
        return b"".join(map(archive_digest, self.event_ids))


class _Places(dict[Any, int]):
    """The place of each distinct value, by first appearance."""

    def __missing__(self, value: Any) -> int:
        self[value] = place = len(self)
        return place


def _column(values: list[Any]) -> list[Any]:
    """Return the distinct values, and which of them each receipt has: nothing where all have the same."""
    if values.count(values[0]) == len(values):  # most columns, and much faster than a dict
        return [values[:1]]
    distinct = _Places()
    places = list(map(distinct.__getitem__, values))
    small = len(distinct) <= _ONE_BYTE
    return [list(distinct), bytes(places) if small else array("H", places).tobytes()]


def decode_receipt(body: bytes, index: int) -> ReceiptFields:
    """Return the facts of the receipt at this index of the piece. Raise msgspec.MsgspecError for another format."""
    _, counts, columns = _decoder.decode(body)
    group = bisect_right(list(accumulate(counts)), index)
    if group == len(counts):
        raise IndexError(index)
    return ReceiptFields(*(_value(column, group) for column in columns[: len(ReceiptFields._fields)]))


def decode_alike(body: bytes) -> list[tuple[int, ReceiptFields]]:
    """Return the groups of receipts that are alike: how many each has, and its facts.

    Raise msgspec.MsgspecError, IndexError or TypeError for another format.
    """
    _, counts, columns = _decoder.decode(body)
    known = [_values(column, len(counts)) for column in columns[: len(ReceiptFields._fields)]]
    return list(zip(counts, map(ReceiptFields, *known), strict=True))


def _value(column: Sequence[Any], group: int) -> Any:
    values, *places = column
    return _frozen(values[_numbers(values, places[0])[group] if places else 0])


def _values(column: Sequence[Any], groups: int) -> list[Any]:
    """Return the value of each group."""
    values, *places = column
    distinct = list(map(_frozen, values))
    return [distinct[place] for place in _numbers(values, places[0])] if places else distinct[:1] * groups


def _numbers(values: Sequence[Any], places: bytes) -> Sequence[int]:
    return places if len(values) <= _ONE_BYTE else array("H", places)


def _frozen(value: Any) -> Any:
    return tuple(map(tuple, value)) if isinstance(value, list) else value


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(tuple[int, list[int], list[list[Any]]])
