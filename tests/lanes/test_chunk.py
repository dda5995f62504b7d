"""The chunk's format: decoding returns what was encoded, and a chunk that cannot be decoded says what to do."""

import base64

import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st

from config.secrets import Keyring
from lanes.chunk import COMPRESSED, ENCRYPTED, PEER_INSIDE, Batch, Chunk, ChunkCodec, Entry, read_header
from lanes.errors import ChunkUnreadable

times = st.integers(0, 2**53)
entries = st.builds(
    Entry,
    st.integers(0, 10_000),
    st.none() | st.text(),
    st.binary(),
    st.none() | st.lists(st.text(), min_size=1, max_size=3),
    st.none() | st.lists(st.text(), min_size=1, max_size=3),
)
chunks = st.builds(
    Chunk,
    st.text(st.characters(codec="ascii"), max_size=100),
    times,
    st.lists(st.builds(Batch, st.binary(), st.lists(entries, max_size=5)), max_size=5),
    times,
    st.ip_addresses().map(str),
)

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()
PLAIN = Chunk("web", 7, [Batch(b'{"mpid":1}', [Entry(0, "id", b'{"raw":1}'), Entry(3, None, b"7", ["A", "B"])])])


def keyring(text: str) -> Keyring:
    """Return a keyring of these keys."""
    ring = Keyring.from_text(text)
    assert ring is not None
    return ring


@given(chunks)
def test_a_chunk_is_decoded_as_it_was_encoded(chunk: Chunk) -> None:
    """Compressed only, or compressed and encrypted."""
    for codec in (ChunkCodec(), ChunkCodec(keyring(NEW))):
        assert codec.decode(codec.encode(chunk)) == chunk


def test_chunks_of_the_first_version_are_still_read() -> None:
    """Its entries end with the TikTok events still to be sent; it has no keys of items."""
    encoded = bytes.fromhex(
        "01010000000300000000000000070000000000000000030077656228b52ffd20410902009192c40a7b226d706964223a317d929400"
        "a26964c4097b22726177223a317dc09403c0c4013792af436f6d706c6574655061796d656e74a9537562736372696265"
    )
    keyed = [Entry(0, "id", b'{"raw":1}'), Entry(3, None, b"7", ["CompletePayment", "Subscribe"])]
    assert ChunkCodec().decode(encoded) == Chunk("web", 7, [Batch(b'{"mpid":1}', keyed)])


def test_a_chunk_with_keys_of_items_has_a_flag_that_older_workers_refuse() -> None:
    """It would find no such TikTok event and end the items as unmapped."""
    entry = Entry(0, None, b"7", ["Subscribe:1"], ["Subscribe:1", "Subscribe:2"])
    flags = read_header(ChunkCodec().encode(Chunk("web", 7, [Batch(b"{}", [entry])]))).flags
    assert flags & ~(COMPRESSED | ENCRYPTED)
    assert not read_header(ChunkCodec().encode(PLAIN)).flags & ~(COMPRESSED | ENCRYPTED)


def test_the_header_is_read_without_a_key() -> None:
    """The ledger and marks need no personal data. An entry counts as one event, or as its open items."""
    encoded = ChunkCodec(keyring(NEW)).encode(PLAIN)
    assert (read_header(encoded).events, read_header(encoded).received_ms) == (3, 7)
    assert b"raw" not in encoded
    assert b"mpid" not in encoded


def test_with_a_key_the_sender_s_address_is_encrypted_too() -> None:
    """It is personal data; a worker that does not know where it is must not decode the chunk."""
    chunk = Chunk("web", 7, PLAIN.batches, peer_ip="203.0.113.7")
    encoded = ChunkCodec(keyring(NEW)).encode(chunk)
    assert b"203.0.113.7" not in encoded
    assert read_header(encoded).flags & PEER_INSIDE
    assert ChunkCodec(keyring(NEW)).decode(encoded) == chunk
    assert not read_header(ChunkCodec(keyring(NEW)).encode(PLAIN)).flags & PEER_INSIDE


def test_a_former_key_still_decrypts() -> None:
    """Keys are replaced while chunks wait."""
    encoded = ChunkCodec(keyring(OLD)).encode(PLAIN)
    assert ChunkCodec(keyring(f"{NEW},{OLD}")).decode(encoded) == PLAIN


@pytest.mark.parametrize(
    ("encoded", "codec", "advice"),
    [
        (ChunkCodec(keyring(OLD)).encode(PLAIN), ChunkCodec(), "set RELAY_ENCRYPTION_KEY"),
        (ChunkCodec(keyring(OLD)).encode(PLAIN), ChunkCodec(keyring(NEW)), "add the former key"),
        (b"\x02" + ChunkCodec().encode(PLAIN)[1:], ChunkCodec(), "upgrade this worker"),
        (b"\x01\x41" + ChunkCodec().encode(PLAIN)[2:], ChunkCodec(), "upgrade this worker"),
        (ChunkCodec().encode(PLAIN)[:-4], ChunkCodec(), "damaged"),
    ],
    ids=["no key", "another key", "newer version", "unknown flag", "cut short"],
)
def test_a_chunk_that_cannot_be_decoded_says_what_to_do(encoded: bytes, codec: ChunkCodec, advice: str) -> None:
    """And never what is in it."""
    with pytest.raises(ChunkUnreadable, match=advice):
        codec.decode(encoded)


def test_a_chunk_of_version_1_is_always_decoded() -> None:
    """Written by the first version: workers are replaced while such chunks wait."""
    encoded = base64.b64decode(
        "AQEAAAADAAABoe5WXgAAAAGh7lZeewMLd2ViMjAzLjAuMTEzLjcotS/9IGYxAwCRksQceyJlbnZpcm9ubWVudCI6InByb2R1Y3Rpb24ifZKU"
        "AMDEH3siZXZlbnRfdHlwZSI6ImNvbW1lcmNlX2V2ZW50In3AlAOmbWludGVkxAE3kqhQdXJjaGFzZalTdWJzY3JpYmU="
    )
    entries = [
        Entry(0, None, b'{"event_type":"commerce_event"}'),
        Entry(3, "minted", b"7", ["Purchase", "Subscribe"]),
    ]
    batches = [Batch(b'{"environment":"production"}', entries)]
    assert ChunkCodec().decode(encoded) == Chunk("web", 1_795_000_000_000, batches, 1_795_000_000_123, "203.0.113.7")
