"""The chunk's format: what goes in comes out, and what cannot be opened says what to do and stays."""

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
    """A ring of those keys."""
    ring = Keyring.from_text(text)
    assert ring is not None
    return ring


@given(chunks)
def test_a_chunk_opens_as_it_was_sealed(chunk: Chunk) -> None:
    """Compressed or compressed and encrypted."""
    for codec in (ChunkCodec(), ChunkCodec(keyring(NEW))):
        assert codec.decode(codec.encode(chunk)) == chunk


def test_what_the_first_version_wrote_is_still_read() -> None:
    """Its entries end with the TikTok events that are still to be sent; nothing of them is keyed."""
    sealed = bytes.fromhex(
        "01010000000300000000000000070000000000000000030077656228b52ffd20410902009192c40a7b226d706964223a317d929400"
        "a26964c4097b22726177223a317dc09403c0c4013792af436f6d706c6574655061796d656e74a9537562736372696265"
    )
    keyed = [Entry(0, "id", b'{"raw":1}'), Entry(3, None, b"7", ["CompletePayment", "Subscribe"])]
    assert ChunkCodec().decode(sealed) == Chunk("web", 7, [Batch(b'{"mpid":1}', keyed)])


def test_a_chunk_with_keys_is_not_for_a_worker_that_knows_none() -> None:
    """It would find no such TikTok event, and end the items as no longer mapped."""
    entry = Entry(0, None, b"7", ["Subscribe:1"], ["Subscribe:1", "Subscribe:2"])
    flags = read_header(ChunkCodec().encode(Chunk("web", 7, [Batch(b"{}", [entry])]))).flags
    assert flags & ~(COMPRESSED | ENCRYPTED)
    assert not read_header(ChunkCodec().encode(PLAIN)).flags & ~(COMPRESSED | ENCRYPTED)


def test_the_header_reads_without_a_key() -> None:
    """Books and stamps need no personal data. An entry counts as one event, or as its open items."""
    sealed = ChunkCodec(keyring(NEW)).encode(PLAIN)
    assert (read_header(sealed).events, read_header(sealed).received_ms) == (3, 7)
    assert b"raw" not in sealed
    assert b"mpid" not in sealed


def test_with_a_key_the_address_of_whoever_posted_is_encrypted_too() -> None:
    """It is personal data; and a worker that would not find it there must not open the chunk."""
    chunk = Chunk("web", 7, PLAIN.batches, peer_ip="203.0.113.7")
    sealed = ChunkCodec(keyring(NEW)).encode(chunk)
    assert b"203.0.113.7" not in sealed
    assert read_header(sealed).flags & PEER_INSIDE
    assert ChunkCodec(keyring(NEW)).decode(sealed) == chunk
    assert not read_header(ChunkCodec(keyring(NEW)).encode(PLAIN)).flags & PEER_INSIDE


def test_a_former_key_still_opens() -> None:
    """Keys rotate while chunks wait."""
    sealed = ChunkCodec(keyring(OLD)).encode(PLAIN)
    assert ChunkCodec(keyring(f"{NEW},{OLD}")).decode(sealed) == PLAIN


@pytest.mark.parametrize(
    ("sealed", "codec", "advice"),
    [
        (ChunkCodec(keyring(OLD)).encode(PLAIN), ChunkCodec(), "set RELAY_ENCRYPTION_KEY"),
        (ChunkCodec(keyring(OLD)).encode(PLAIN), ChunkCodec(keyring(NEW)), "add the former key"),
        (b"\x02" + ChunkCodec().encode(PLAIN)[1:], ChunkCodec(), "upgrade this worker"),
        (b"\x01\x41" + ChunkCodec().encode(PLAIN)[2:], ChunkCodec(), "upgrade this worker"),
        (ChunkCodec().encode(PLAIN)[:-4], ChunkCodec(), "damaged"),
    ],
    ids=["no key", "another key", "newer version", "unknown flag", "cut short"],
)
def test_what_cannot_be_opened_says_what_to_do(sealed: bytes, codec: ChunkCodec, advice: str) -> None:
    """And never what is in it."""
    with pytest.raises(ChunkUnreadable, match=advice):
        codec.decode(sealed)


def test_a_chunk_of_version_1_opens_for_ever() -> None:
    """Made by the first version there was: workers are replaced while chunks like this one wait."""
    sealed = base64.b64decode(
        "AQEAAAADAAABoe5WXgAAAAGh7lZeewMLd2ViMjAzLjAuMTEzLjcotS/9IGYxAwCRksQceyJlbnZpcm9ubWVudCI6InByb2R1Y3Rpb24ifZKU"
        "AMDEH3siZXZlbnRfdHlwZSI6ImNvbW1lcmNlX2V2ZW50In3AlAOmbWludGVkxAE3kqhQdXJjaGFzZalTdWJzY3JpYmU="
    )
    entries = [
        Entry(0, None, b'{"event_type":"commerce_event"}'),
        Entry(3, "minted", b"7", ["Purchase", "Subscribe"]),
    ]
    batches = [Batch(b'{"environment":"production"}', entries)]
    assert ChunkCodec().decode(sealed) == Chunk("web", 1_795_000_000_000, batches, 1_795_000_000_123, "203.0.113.7")
