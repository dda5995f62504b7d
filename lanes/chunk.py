"""The chunk: a few source events of one input, encoded behind a header that is read without decoding the rest.

Layout, big-endian; the first three fields never move, because the scripts read them in place:

    version u8 | flags u8 | events u32 | received_ms u64 | first_unknown_ms u64
    | input length u8 | peer_ip length u8 | input | peer_ip | body

With a key, peer_ip is empty here and is in the body, because an address is personal data.
The body is msgpack, `[[shared, [[position, event id, raw, items], ...]], ...]`, then compressed, then encrypted; the
flags say so. A later version may append fields to the arrays; this version ignores fields that it does not know.
"""

import struct
import threading
from typing import Final, NamedTuple, Protocol

import msgspec
import zstandard

from lanes.errors import ChunkUnreadable

VERSION: Final = 1
COMPRESSED: Final = 1
ENCRYPTED: Final = 2
KEYED: Final = 4
"""Items have keys. A relay that does not know this flag must not decode the chunk: it would drop the items."""
PEER_INSIDE: Final = 8
"""The sender's address is, after its length, at the start of the encrypted part."""
KNOWN_FLAGS: Final = COMPRESSED | ENCRYPTED | KEYED | PEER_INSIDE

_FIXED: Final = struct.Struct(">BBIQQBB")
_COMPRESSION_LEVEL: Final = 1
"""On joined batches, level 3 takes half as long again and compresses no better; see docs/decisions/0008."""
_LARGEST_BODY: Final = 64 * 1024 * 1024


class Entry(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """One source event: its place in the batch, the id generated for it (None: it has its own), its JSON bytes.

    `items` are the keys of the items still to be sent for it (opaque here); None means all items that the configuration
    makes of it. `made` are the keys of all items that it became when it was first mapped.
    """

    position: int
    event_id: str | None
    raw: bytes
    items: list[str] | None = None
    made: list[str] | None = None

    @property
    def weight(self) -> int:
        """How many events the ledger counts for the entry: its open items once they are known, else 1."""
        return 1 if self.items is None else len(self.items)


class Batch(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """Entries of one batch; `shared` is the JSON of that batch without `events`."""

    shared: bytes
    entries: list[Entry]


class Chunk(msgspec.Struct, frozen=True, gc=False):
    """Waiting entries of one input; `first_unknown_ms` is their first POST with an unknown outcome, 0 for none."""

    input: str
    received_ms: int
    batches: list[Batch]
    first_unknown_ms: int = 0
    peer_ip: str = ""

    @property
    def weight(self) -> int:
        """How many events the ledger counts for the chunk: the sum over its entries (see `Entry.weight`)."""
        return _weight_and_keys(self)[0]


def _weight_and_keys(chunk: Chunk) -> tuple[int, bool]:
    """Return the chunk's weight, and whether items have keys."""
    weight, has_keys = 0, False
    for batch in chunk.batches:
        for entry in batch.entries:
            items = entry.items
            weight += 1 if items is None else len(items)
            if entry.made is not None:
                has_keys = True
    return weight, has_keys


class Header(NamedTuple):
    """What is read of a chunk without decoding it; times in Unix milliseconds."""

    version: int
    flags: int
    events: int
    received_ms: int
    first_unknown_ms: int


class Keyring(Protocol):
    """Encryption at rest; `decrypt` raises an error when no key of the ring fits."""

    def encrypt(self, plain: bytes, /) -> bytes: ...
    def decrypt(self, encrypted: bytes, /) -> bytes: ...


def read_header(data: bytes) -> Header:
    """Return the header of an encoded chunk of any version. Raise ChunkUnreadable for bytes without one."""
    version, flags, events, received_ms, first_unknown_ms, _, _ = _fixed(data)
    return Header(version, flags, events, received_ms, first_unknown_ms)


def _fixed(data: bytes) -> tuple[int, int, int, int, int, int, int]:
    try:
        return _FIXED.unpack_from(data)
    except struct.error as error:
        raise _damaged(error) from None


def _damaged(error: Exception) -> ChunkUnreadable:
    return ChunkUnreadable(f"damaged ({type(error).__name__}): keep a copy of Redis's data and report it")


def encrypted_body(data: bytes) -> bytes | None:
    """Return the encrypted part of an encoded chunk; None when it is not encrypted. Raise ChunkUnreadable."""
    _, flags, _, _, _, name_length, peer_length = _fixed(data)
    return data[_FIXED.size + name_length + peer_length :] if flags & ENCRYPTED else None


class ChunkCodec:
    """Encode chunks to bytes and decode them; one instance serves any number of threads."""

    def __init__(self, keyring: Keyring | None = None) -> None:
        self._keyring = keyring
        self._encoder = msgspec.msgpack.Encoder()
        self._decoder = msgspec.msgpack.Decoder(list[Batch])
        self._per_thread = threading.local()  # zstd objects shared between threads crash the process

    def encode(self, chunk: Chunk) -> bytes:
        """Return the chunk as bytes: compressed, then encrypted when there is a key."""
        weight, has_keys = _weight_and_keys(chunk)
        flags = COMPRESSED | (KEYED if has_keys else 0)
        body = self._compressor().compress(self._encoder.encode(chunk.batches))
        name, peer = chunk.input.encode(), chunk.peer_ip.encode()
        if self._keyring is not None:
            flags |= ENCRYPTED
            if peer:
                flags |= PEER_INSIDE
                body, peer = bytes([len(peer)]) + peer + body, b""
            body = self._keyring.encrypt(body)
        fixed = _FIXED.pack(VERSION, flags, weight, chunk.received_ms, chunk.first_unknown_ms, len(name), len(peer))
        return b"".join((fixed, name, peer, body))

    def decode(self, data: bytes) -> Chunk:
        """Return the chunk in `data`; raises ChunkUnreadable, with what to do, when this process cannot read it."""
        version, flags, _, received_ms, first_unknown_ms, name_length, peer_length = _fixed(data)
        if version != VERSION or flags & ~KNOWN_FLAGS:
            raise ChunkUnreadable(
                f"written by a newer relay (chunk version {version}, flags {flags}): upgrade this worker"
            )
        at = _FIXED.size
        name, peer = data[at : at + name_length], data[at + name_length : at + name_length + peer_length]
        body = data[at + name_length + peer_length :]
        if flags & ENCRYPTED:
            body = self._decrypt(body)
        if flags & PEER_INSIDE and body:
            peer, body = body[1 : 1 + body[0]], body[1 + body[0] :]
        batches = self._decode_body(body, flags)
        try:
            return Chunk(name.decode(), received_ms, batches, first_unknown_ms, peer.decode())
        except UnicodeDecodeError as error:
            raise _damaged(error) from None

    def _decode_body(self, body: bytes, flags: int) -> list[Batch]:
        try:
            if flags & COMPRESSED:
                body = self._decompressor().decompress(body, max_output_size=_LARGEST_BODY)
            return self._decoder.decode(body)
        except (zstandard.ZstdError, msgspec.DecodeError, UnicodeDecodeError) as error:
            raise _damaged(error) from None

    def _decrypt(self, body: bytes) -> bytes:
        if self._keyring is None:
            raise ChunkUnreadable("encrypted, and this worker has no key: set RELAY_ENCRYPTION_KEY to the one it had")
        try:
            return self._keyring.decrypt(body)
        except Exception:  # noqa: BLE001 - whatever a keyring raises means the same: no key fits
            raise ChunkUnreadable(
                "encrypted with a key this worker lacks: add the former key to RELAY_ENCRYPTION_KEY, after the newest"
            ) from None

    def _compressor(self) -> zstandard.ZstdCompressor:
        if not hasattr(self._per_thread, "compressor"):
            self._per_thread.compressor = zstandard.ZstdCompressor(level=_COMPRESSION_LEVEL)
        compressor: zstandard.ZstdCompressor = self._per_thread.compressor
        return compressor

    def _decompressor(self) -> zstandard.ZstdDecompressor:
        if not hasattr(self._per_thread, "decompressor"):
            self._per_thread.decompressor = zstandard.ZstdDecompressor()
        decompressor: zstandard.ZstdDecompressor = self._per_thread.decompressor
        return decompressor
