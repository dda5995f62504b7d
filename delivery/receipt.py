"""The receipt: the record of how one item ended. It names no person: of an event's id it has a keyed 64-bit digest.

Receipts of one script are written together, as columns: what they have in common is written once.
`lanes/receipts/blocks.py` keeps the columns beside the digests.
"""

from array import array
from collections.abc import Callable, Sequence
from hashlib import blake2b, sha256
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


def digester(secret: bytes) -> Callable[[str | None], bytes]:
    """Return the function that makes the digest of an event's id."""
    keyed = blake2b(key=secret, digest_size=ID_BYTES)

    def digest(event_id: str | None) -> bytes:
        own = keyed.copy()
        own.update((event_id or "").encode())
        return own.digest()

    return digest


def archive_digest(event_id: str | None) -> bytes:
    """Return the SHA-256 of an event's id, as the archive has it; zeros for an event without an id."""
    return sha256(event_id.encode()).digest() if event_id else NO_EVENT_ID


AlikeItems: TypeAlias = tuple[ReceiptFields, Sequence[str | None]]
"""What is said of some items, and the ids of their events."""


def archived_ids(groups: Sequence[AlikeItems]) -> bytes:
    """Return the ids of receipts as the archive has them."""
    return b"".join([archive_digest(event_id) for _, event_ids in groups for event_id in event_ids])


def encode_receipts(groups: Sequence[AlikeItems], digest: Callable[[str | None], bytes]) -> bytes:
    """Return the ids and the body of receipts."""
    ids = b"".join([digest(event_id) for _, event_ids in groups for event_id in event_ids])
    columns = [_column(values) for values in zip(*[facts for facts, _ in groups], strict=True)]
    return ids + _encoder.encode((VERSION, [len(event_ids) for _, event_ids in groups], columns))


def _column(values: tuple[Any, ...]) -> list[Any]:
    """Return the distinct values, and which of them each group has: nothing where all have the same."""
    if values.count(values[0]) == len(values):  # most columns, and much faster than a dict
        return [values[:1]]
    distinct = {value: place for place, value in enumerate(dict.fromkeys(values))}
    places = map(distinct.__getitem__, values)
    small = len(distinct) <= _ONE_BYTE
    return [list(distinct), bytes(places) if small else array("H", places).tobytes()]


def decode_receipt(body: bytes, index: int) -> ReceiptFields:
    """Return the facts of the receipt at this index of the piece. Raise msgspec.MsgspecError for another format."""
    _, counts, columns = _decoder.decode(body)
    group = 0
    while index >= counts[group]:
        index -= counts[group]
        group += 1
    return ReceiptFields(*(_value(column, group) for column in columns[: len(ReceiptFields._fields)]))


def decode_alike(body: bytes) -> list[tuple[int, ReceiptFields]]:
    """Return the groups of receipts that are alike: how many each has, and its facts.

    Raise msgspec.MsgspecError, IndexError or TypeError for another format.
    """
    _, counts, columns = _decoder.decode(body)
    known = columns[: len(ReceiptFields._fields)]
    return [
        (number, ReceiptFields(*(_value(column, group) for column in known))) for group, number in enumerate(counts)
    ]


def _value(column: Sequence[Any], group: int) -> Any:
    values, *places = column
    if not places:
        return _frozen(values[0])
    place = places[0][group] if len(values) <= _ONE_BYTE else array("H", places[0])[group]
    return _frozen(values[place])


def _frozen(value: Any) -> Any:
    return tuple(map(tuple, value)) if isinstance(value, list) else value


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(tuple[int, list[int], list[list[Any]]])
