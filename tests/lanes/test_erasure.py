"""Erasure in lanes that move: every chunk is read, a worker's chunks are left alone, and the disk follows."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from conftest import wait_until_ready
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.server import SERVER, append_only_files, free_port

from lanes import erasure
from lanes.chunk import Batch, Chunk, ChunkCodec, Entry
from lanes.erasure import Edit, Erased, Placed, erase, pages
from lanes.lanes import ClaimLimits, Lanes
from lanes.settlement import BatchSizing, Lease, Settlement
from store.append_only_file import rewrite_file
from store.client import connect

CODEC = ChunkCodec()
EVERYTHING = ClaimLimits(events=1000)


def encoded(*ids: int) -> bytes:
    """Return a chunk of these events."""
    return CODEC.encode(Chunk("web", 1, [Batch(b"{}", [Entry(number, None, b"{}") for number in ids])]))


def ids_of(chunk: bytes) -> list[int]:
    """Return the events of a chunk."""
    return [entry.position for batch in CODEC.decode(chunk).batches for entry in batch.entries]


def fill(client: redis.Redis, *chunks: bytes) -> None:
    """Put these chunks into shop:0, as append does."""
    for chunk in chunks:
        events = CODEC.decode(chunk).weight
        client.rpush("lane:shop:0", chunk)
        client.rpush("lane:shop:0:sizes", f"{events}:{len(chunk)}")
        client.hincrby("ledger:shop", "accepted", events)
    client.zadd("lanes:due", {"shop:0": 0})
    client.sadd("lanes:connections", "shop")


@pytest.fixture
def client(redis_url: str) -> redis.Redis:
    return connect(redis_url)


@pytest.mark.parametrize("most_bytes", [1, 700, 1 << 20])
def test_pages_are_bounded_in_bytes(client: redis.Redis, most_bytes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every chunk is read once, in order; a page has more bytes than that only where one chunk has."""
    monkeypatch.setattr(erasure, "PAGE_BYTES", most_bytes)
    chunks = [encoded(*range(number % 5 * 20 + 1)) for number in range(30)]
    fill(client, *chunks)
    read = list(pages(client, "shop:0"))
    assert [placed.chunk for page in read for placed in page] == chunks
    sizes = [[len(placed.chunk) for placed in page] for page in read]
    assert all(len(page) == 1 or sum(page) <= most_bytes for page in sizes)
    assert (len(read) > 1) == (most_bytes <= 700)


MOVES = st.tuples(st.integers(1, 4), st.integers(0, 6), st.integers(0, 3))
"""Chunks a job takes, events of them that it puts back, each in a chunk of its own, and chunks that arrive."""


def move(client: redis.Redis, here: set[int], trim: int, back: int, more: int) -> None:
    """Do these moves; `here` are the events that were in the lane all the time."""
    lease = Lanes(client).claim("shop:0", EVERYTHING)
    if isinstance(lease, Lease):
        trimmed = lease.chunks[:trim]
        taken = [number for chunk in trimmed for number in ids_of(chunk)]
        done = taken[: max(0, len(taken) - back)]
        leftovers = [encoded(number) for number in taken[len(done) :]]
        Lanes(client).settle(lease, Settlement(BatchSizing(), len(trimmed), leftovers, {"delivered": len(done)}))
        here.difference_update(done)
    fill(client, *(encoded(1000 + number) for number in range(more)))


@settings(deadline=None, suppress_health_check=list(HealthCheck), max_examples=150)
@given(moves=st.lists(MOVES, max_size=8), size=st.integers(1, 3))
def test_reading_page_by_page_misses_no_event(
    client: redis.Redis, monkeypatch: pytest.MonkeyPatch, moves: list[tuple[int, int, int]], size: int
) -> None:
    """Between any two pages, jobs trim, put back fewer or more chunks, and ingest appends."""
    monkeypatch.setattr(erasure, "PAGE", size)
    client.flushall()
    fill(client, *(encoded(number, number + 50) for number in range(12)))
    here = {number for n in range(12) for number in (n, n + 50)}
    seen: set[int] = set()
    for page in pages(client, "shop:0"):
        seen.update(number for placed in page for number in ids_of(placed.chunk))
        if moves:
            move(client, here, *moves.pop())
    assert here <= seen


def test_a_chunk_that_a_lease_was_given_is_left_alone(client: redis.Redis) -> None:
    """The other chunks of the lane are not. A worker of an older relay, which writes no number, has all of them."""
    fill(client, encoded(1), encoded(2, 3), encoded(4))
    lanes = Lanes(client)
    lease = lanes.claim("shop:0", ClaimLimits(events=1))
    assert isinstance(lease, Lease)
    [page] = pages(client, "shop:0")
    edits = [Edit(page[0], None), Edit(page[1], encoded(3)), Edit(page[2], None)]
    client.hset("lane:shop:0:meta", "taken", f"{'0' * 32}:1")  # of another lease
    assert erase(client, "shop:0", edits) == Erased(0, 3, 0)
    client.hset("lane:shop:0:meta", "taken", f"{lease.token}:1")
    assert erase(client, "shop:0", edits) == Erased(2, 1, 0)
    settled = lanes.settle(lease, Settlement(BatchSizing(), 1, [], {"delivered": 1}), EVERYTHING)
    assert isinstance(settled, Lease)
    assert [ids_of(chunk) for chunk in settled.chunks] == [[3]]


def test_a_worker_with_an_expired_lease_settles_nothing_after_an_edit(client: redis.Redis) -> None:
    """It would trim chunks that it never had."""
    fill(client, encoded(1), encoded(2))
    lanes = Lanes(client)
    lease = lanes.claim("shop:0", EVERYTHING, 1_000_000)
    assert isinstance(lease, Lease)
    assert erase(client, "shop:0", [Edit(Placed(0, encoded(1)), None)], 1_020_000) == Erased(1, 0, 0)
    assert not isinstance(
        lanes.settle(lease, Settlement(BatchSizing(), 1, [], {"delivered": 1}), None, 1_020_001), Lease
    )
    assert [ids_of(placed.chunk) for page in pages(client, "shop:0") for placed in page] == [[2]]


def test_an_unknown_outcome_stays_unknown_when_another_chunk_is_removed(client: redis.Redis) -> None:
    """Two chunks were posted with an unknown outcome: the other one is marked, and no third."""
    fill(client, encoded(1), encoded(2), encoded(3))
    lanes = Lanes(client)
    lease = lanes.claim("shop:0", ClaimLimits(events=2), 1_000_000)
    assert isinstance(lease, Lease)
    assert lanes.mark_posted(lease, 2, 1_000_000)
    lanes.settle(lease, Settlement(BatchSizing(), posted=2, delay_ms=1), None, 1_000_000)
    assert erase(client, "shop:0", [Edit(Placed(0, encoded(1)), None)], 1_000_001) == Erased(1, 0, 0)
    lease = lanes.claim("shop:0", EVERYTHING, 1_000_002)
    assert isinstance(lease, Lease)
    assert [(ids_of(chunk), CODEC.decode(chunk).first_unknown_ms) for chunk in lease.chunks] == [
        ([2], 1_000_000),
        ([3], 0),
    ]


@pytest.fixture
def durable(tmp_path: Path) -> Iterator[redis.Redis]:
    """Start a server with an append-only file, under tmp_path."""
    port = free_port()
    options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(tmp_path)]
    options += ["--appendonly", "yes", "--appendfsync", "always"]  # else a write may be put off for two seconds
    with subprocess.Popen([SERVER, *options], stdout=subprocess.DEVNULL) as process:
        wait_until_ready(f"redis://127.0.0.1:{port}/0")
        with connect(f"redis://127.0.0.1:{port}/0") as client:
            yield client
        process.terminate()


def test_removed_data_leaves_the_disk(durable: redis.Redis, tmp_path: Path) -> None:
    """Also when a rewrite runs already, which began before the removal."""

    def on_disk() -> bool:
        return any(b"jane@shop.example" in file.read_bytes() for file in append_only_files(tmp_path))

    durable.config_set("rdbcompression", "no")
    durable.set("kept", "x" * 1000)
    durable.set("gone", "jane@shop.example")
    assert on_disk()
    durable.bgrewriteaof()
    durable.delete("gone")
    assert rewrite_file(durable) == "rewritten"
    assert not on_disk()


def test_a_server_without_a_file_or_without_permission_says_so(durable: redis.Redis) -> None:
    """Managed servers do not permit the command."""
    durable.execute_command("ACL", "SETUSER", "relay", "on", "nopass", "~*", "+@all", "-bgrewriteaof")
    port = durable.connection_pool.connection_kwargs["port"]
    with connect(f"redis://relay:any@127.0.0.1:{port}/0") as managed:
        assert rewrite_file(managed) == "not allowed"
    durable.config_set("appendonly", "no")
    assert rewrite_file(durable) == "no file"
