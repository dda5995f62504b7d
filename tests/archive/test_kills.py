"""Whenever a writer is killed, and whatever else fails: rows in all files = receipts that ended, none of them twice."""

import hashlib
import os
import random
import struct
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import redis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support import archive_writer
from support.archive import HOUR_MS, rows_of

from delivery.receipt import ReceiptFields
from lanes.receipts.archive import archive_kept
from lanes.scripts import LANE_SCRIPTS
from operations.archive.storage import ArchiveError, Storage
from operations.archive.write import write_next
from operations.receipts.writer import ReceiptWriter
from store.client import connect
from store.scripts import Scripts, pack

BUDGET = 64 << 20
NOW = 500_000 * HOUR_MS


@pytest.fixture
def client(redis_url: str) -> Iterator[redis.Redis]:
    """An empty Redis."""
    with connect(redis_url) as client:
        yield client


def end(client: redis.Redis, event_ids: list[str], now_ms: int = NOW, budget: int = BUDGET) -> None:
    """End events with these ids: the script that ingest runs for withheld ones."""
    receipts = ReceiptWriter(b"", 0, budget).write(
        [(ReceiptFields("shop", "web", "withheld", None, "rule"), event_ids)]
    )
    number = len(event_ids)
    share = {"connection": "shop", "lane": "shop:0", "accepted": number, "unsupported": 0, "chunk": 0}
    arrivals = {
        "max_backlog_bytes": 0,
        "inputs": [{"id": "web", "accepted": number, "unrouted": 0}],
        "shares": [{**share, "withheld": {"rule": number}}],
        "receipts": receipts.described(),
    }
    Scripts(client, LANE_SCRIPTS).call("append", pack(arrivals), receipts.content, now_ms=now_ms)


def hashed(event_ids: list[str]) -> Counter[str]:
    """Return the ids as files have them."""
    return Counter(hashlib.sha256(event_id.encode()).hexdigest() for event_id in event_ids)


def in_files(storage: Storage) -> Counter[str]:
    """Return the ids of all rows of all files."""
    return Counter(row["event_id_sha256"] for row in rows_of(storage))


class Writer:
    """A process that writes the archive."""

    def __init__(self, client: redis.Redis, url: str, most_bytes: int, stop_at: str = "never") -> None:
        self._url = url
        kwargs = client.connection_pool.connection_kwargs
        address = f"redis://{kwargs['host']}:{kwargs['port']}/0"
        program = [sys.executable, archive_writer.__file__, address, url, str(most_bytes), stop_at]
        path = os.pathsep.join([str(Path.cwd()), *sys.path])
        self.process = subprocess.Popen(
            program, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": path}
        )

    def wait_for(self, what: str, times: int = 1) -> None:
        """Return when the process has said that this number of times."""
        assert self.process.stdout
        for _ in range(times):
            line = ""
            while line.strip() != what:
                line = self.process.stdout.readline()
                assert line, f"the writer ended before it said {what}"

    def kill(self) -> None:
        """Kill it at once."""
        self.process.kill()
        self.process.wait()
        assert self.process.stdout
        self.process.stdout.close()


@pytest.mark.parametrize("stop_at", ["put", "written"])
def test_a_writer_that_is_killed_is_followed_by_one_that_repeats_its_file(
    stop_at: str, client: redis.Redis, archive_url: str
) -> None:
    """Before the file, and between the file and the removal of its portion; in the first file and in the second."""
    event_ids = [f"order-{number}" for number in range(300)]
    for number, event_id in enumerate(event_ids):
        end(client, [event_id], NOW + number // 100 * HOUR_MS)
    storage = Storage(archive_url)
    first = Writer(client, archive_url, BUDGET, stop_at)
    first.wait_for(stop_at)
    first.kill()
    assert sum(in_files(storage).values()) == (100 if stop_at == "written" else 0)
    end(client, ["late"], NOW + HOUR_MS)
    with pytest.raises(RepeatedError):
        write_next(client, Repeated(archive_url, storage, is_there=stop_at == "written"), BUDGET)
    second = Writer(client, archive_url, BUDGET)
    second.wait_for("done")
    second.kill()
    assert in_files(storage) == hashed([*event_ids, "late"])
    assert archive_kept(client)[:4] == (0, 0, 301, 0)


class RepeatedError(Exception):
    """The second writer came to its first file."""


class Repeated(Storage):
    """Checks that the file that is written is the one that the killed writer wrote."""

    def __init__(self, url: str, storage: Storage, *, is_there: bool) -> None:
        super().__init__(url)
        self._former, self._is_there = storage, is_there

    def put(self, path: str, content: bytes) -> None:
        """Compare, and write nothing."""
        found = {file.path for file in self._former.list()}
        assert (path in found) == self._is_there
        if self._is_there:
            assert self._former.get(path) == content
        raise RepeatedError


def test_kills_at_any_instant(client: redis.Redis, archive_url: str) -> None:
    """While files are uploaded, half uploaded, or just written: twelve writers are killed at random times."""
    event_ids = [f"order-{number}" for number in range(30_000)]
    for first in range(0, len(event_ids), 100):
        end(client, event_ids[first : first + 100], NOW + first)
    choices = random.Random()
    storage, portion_bytes = Storage(archive_url), 64 << 10
    for _ in range(12):
        writer = Writer(client, archive_url, portion_bytes)
        with suppress(AssertionError):  # it may be done already
            writer.wait_for("put", choices.randint(1, 3))
        time.sleep(choices.uniform(0, 0.02))
        writer.kill()
    last = Writer(client, archive_url, portion_bytes)
    last.wait_for("done")
    last.kill()
    assert in_files(storage) == hashed(event_ids)
    assert archive_kept(client)[:4] == (0, 0, len(event_ids), 0)


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("end"), st.integers(1, 40)),
        st.tuples(st.just("pass"), st.integers(-2, 3)),
        st.tuples(st.just("write"), st.sampled_from(["well", "away", "killed", "overtaken"])),
    ),
    min_size=1,
    max_size=30,
)


class FaultyStorage(Storage):
    """A store that is away, a writer that is killed after its file, or one that another overtakes while it writes."""

    def __init__(self, url: str, client: redis.Redis) -> None:
        super().__init__(url)
        self._client, self.fault = client, "well"

    def put(self, path: str, content: bytes) -> None:
        """Write, as far as the fault allows."""
        if self.fault == "away":
            raise ArchiveError("away")
        if self.fault == "overtaken":
            write_next(self._client, Storage(self.url), BUDGET)
        super().put(path, content)
        if self.fault == "killed":
            raise KeyboardInterrupt


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_rows_are_the_receipts_that_ended(
    steps: list[tuple[str, int | str]], client: redis.Redis, tmp_path: Path
) -> None:
    """Less those that were removed because they waited too long, and these are counted."""
    client.flushall()
    root = tmp_path / str(time.monotonic_ns())
    storage = FaultyStorage(f"file://{root}", client)
    ended: list[str] = []
    now_ms = NOW
    for what, how in steps:
        if what == "end":
            new = [f"order-{len(ended) + number}" for number in range(int(how))]
            ended += new
            end(client, new, now_ms, budget=4_000)
        elif what == "pass":
            now_ms += int(how) * HOUR_MS
        else:
            storage.fault = str(how)
            with suppress(ArchiveError, KeyboardInterrupt):
                write_next(client, storage, 64 << 10)
    storage.fault = "well"
    while write_next(client, storage, 64 << 10):
        pass
    kept, rows = archive_kept(client), in_files(storage)
    assert (kept.receipts, kept.bytes, kept.archived) == (0, 0, rows.total())
    assert rows.total() + kept.lost == len(ended)
    assert set(rows.values()) <= {1}
    assert rows <= hashed(ended)


def test_a_file_that_is_half_written_is_none(client: redis.Redis, tmp_path: Path) -> None:
    """What a killed writer left in the directory is replaced by the next one."""
    url = f"file://{tmp_path}"
    end(client, ["order-1"])
    storage = Storage(url)
    file = write_next(client, storage, BUDGET)
    assert file
    target = tmp_path / file.path
    target.rename(target.with_name(target.name + ".part"))
    assert in_files(storage) == Counter()
    storage.put(file.path, b"whole")
    assert [path.name for path in target.parent.iterdir()] == [target.name]


def test_times_of_pieces_are_those_of_redis(client: redis.Redis) -> None:
    """So that clocks of hosts cannot part them."""
    end(client, ["order-1"], NOW + 5)
    assert struct.unpack_from(">QI", client.lindex("archive:pieces", 0)) == (NOW + 5, 1)
