"""`relay trace` reads the archive: what Redis no longer has, what is in both once, and what waits to be written."""

import io
import json

import pyarrow.parquet
import pytest
from support.archive import ArchiveBench
from support.events import purchase
from support.terminal import relay

from delivery.receipt import ID_BYTES, ReceiptColumns, ReceiptFields, archive_digest, digester
from lanes.receipts.archive import Piece
from lanes.receipts.blocks import trim_receipts
from operations.archive.names import ArchiveFile
from operations.archive.search import Span
from operations.archive.storage import Storage
from operations.archive.tables import encode_portion, end_size, find_in_file, may_have, wanted_ids
from operations.archive.write import files_of

BAD_URL = {"TikTok.URL": "www.no-scheme.example"}


def ended(bench: ArchiveBench) -> None:
    """Deliver e1 and dead-letter e2."""
    bench.put([purchase(1), purchase(2, custom_flags=BAD_URL)])
    bench.drain()


def test_a_receipt_is_the_same_from_redis_and_from_the_archive(bench: ArchiveBench) -> None:
    """As JSON: only the time of the end is another, because this test dated it back."""
    ended(bench)
    before = relay("trace", "e1", "e2", "--json").json
    bench.write()
    trim_receipts(bench.redis, 0)
    after = relay("trace", "e1", "e2", "--json")
    assert (after.exit_code, after.stderr) == (0, "")
    assert [{**item, "ended_at": ""} for item in after.json] == [{**item, "ended_at": ""} for item in before]
    assert [item["outcome"] for item in after.json] == ["delivered", "dead_lettered"]


def test_what_is_in_both_is_one(bench: ArchiveBench) -> None:
    """Redis keeps a receipt for its own time after it was archived."""
    ended(bench)
    bench.write(hours=0)
    assert files_of(bench.storage) == [], "the hour runs"
    before = relay("trace", "e1", "e2", "--json").json
    close_now(bench)
    assert len(files_of(bench.storage)) == 1
    assert relay("trace", "e1", "e2", "--json").json == before


def close_now(bench: ArchiveBench) -> None:
    """Write what waits although its hour runs: as if it was large."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("lanes.receipts.archive.MOST_PORTION_BYTES", 1)
        bench.write(hours=0)


def test_duplicates_stay_duplicates(bench: ArchiveBench) -> None:
    """Two items of the same event, alike in everything, are two in Redis, in the archive, and in both."""
    bench.put([purchase(1), purchase(1)])
    bench.drain()
    before = relay("trace", "e1", "--json").json
    assert len(before) == 2
    close_now(bench)
    assert relay("trace", "e1", "--json").json == before
    trim_receipts(bench.redis, 0)
    assert relay("trace", "e1", "--json").json == before


def test_without_receipts_in_redis_the_archive_has_all(bench: ArchiveBench) -> None:
    """Also what waits to be written, closed or not."""
    bench.put([purchase(1)])
    bench.drain()
    bench.write()
    bench.put([purchase(2)])
    bench.drain()
    trim_receipts(bench.redis, 0)
    assert [item["event_id"] for item in relay("trace", "e1", "e2", "--json").json] == ["e1", "e2"]


def test_an_unknown_id_says_how_far_the_archive_reaches(bench: ArchiveBench) -> None:
    """It reaches further back than Redis."""
    ended(bench)
    bench.write(hours=30)
    result = relay("trace", "e9", "--json")
    assert (result.exit_code, result.json) == (1, [])
    [file] = files_of(bench.storage)
    since = json.loads(result.stderr)["receipts_since"]
    status = relay("status", "--json").json
    assert since == status["archive"]["since"]
    assert since < status["receipts"]["since"]
    assert file.first_ms % 1000 == int(since[-4:-1])


def test_a_damaged_file_is_an_error_and_no_silence(bench: ArchiveBench) -> None:
    """What is in it would otherwise seem never to have been seen."""
    ended(bench)
    bench.write()
    [file] = files_of(bench.storage)
    bench.storage.put(file.path, b"PAR1 no more")
    result = relay("trace", "e1", "--json")
    assert result.exit_code == 1
    assert f"{file.path} is no file of Parquet" in result.stderr


def test_many_ids_over_many_files(bench: ArchiveBench) -> None:
    """Each is found, wherever it is."""
    for first in range(0, 60, 10):
        bench.put([purchase(number) for number in range(first, first + 10)])
        bench.drain()
        bench.write(hours=first + 1)
    trim_receipts(bench.redis, 0)
    ids = [f"e{number}" for number in range(60)]
    assert [item["event_id"] for item in relay("trace", *ids, "--json").json] == ids


SPANS = [
    (["--since", "2h"], ["e2"]),
    (["--until", "2h"], ["e1"]),
    (["--since", "40h", "--until", "2h"], ["e1"]),
    (["--since", "2h", "--until", "1h"], []),
    ([], ["e1", "e2"]),
]


@pytest.mark.parametrize("in_redis", [True, False])
@pytest.mark.parametrize(("options", "expected"), SPANS, ids=lambda value: " ".join(value) or "all")
def test_a_trace_within_a_time(bench: ArchiveBench, options: list[str], expected: list[str], in_redis: bool) -> None:
    """Of what ended then: e1 30 hours ago, e2 now."""
    bench.put([purchase(1)])
    bench.drain()
    bench.write(hours=30)
    trim_receipts(bench.redis, 0)
    bench.put([purchase(2)])
    bench.drain()
    if not in_redis:
        trim_receipts(bench.redis, 0)
    result = relay("trace", "e1", "e2", *options, "--json")
    assert [item["event_id"] for item in result.json] == expected


def test_a_trace_within_a_time_reads_no_other_file(bench: ArchiveBench) -> None:
    """So that months of archive do not matter; the answer says which time was read."""
    ended(bench)
    bench.write(hours=30)
    trim_receipts(bench.redis, 0)
    [file] = files_of(bench.storage)
    bench.storage.put(file.path, b"PAR1 no more")
    result = relay("trace", "e9", "--since", "2h", "--json")
    assert "PAR1" not in result.stderr
    about = json.loads(result.stderr)
    assert about["receipts_since"] > relay("status", "--json").json["archive"]["since"]


def test_only_files_that_may_have_an_event_are_read_whole(bench: ArchiveBench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the others, the end says that they have none."""
    for number in range(4):
        bench.put([purchase(number)])
        bench.drain()
        bench.write(hours=2 + 2 * number)
    trim_receipts(bench.redis, 0)
    read: list[str] = []
    whole = Storage.get
    monkeypatch.setattr(Storage, "get", lambda storage, path: (read.append(path), whole(storage, path))[1])
    assert [item["event_id"] for item in relay("trace", "e2", "--json").json] == ["e2"]
    assert read == [files_of(bench.storage)[1].path]


def test_a_file_without_prefixes_is_read_whole(bench: ArchiveBench) -> None:
    """As former versions wrote them."""
    ended(bench)
    bench.write()
    [file] = files_of(bench.storage)
    table = pyarrow.parquet.read_table(io.BytesIO(bench.storage.get(file.path)))
    former = io.BytesIO()
    pyarrow.parquet.write_table(table.drop_columns("id_prefix"), former)
    bench.storage.put(file.path, former.getvalue())
    trim_receipts(bench.redis, 0)
    assert [item["event_id"] for item in relay("trace", "e1", "--json").json] == ["e1"]


def test_a_larger_file_has_its_prefixes_in_the_end_that_is_read() -> None:
    """Every id is found by the end alone, and another is not."""
    digests = [archive_digest(f"e{number}") for number in range(100_000)]
    facts = [ReceiptFields("shop", "web", "delivered", tiktok_request_id=f"{n:032x}") for n in range(5_000)]
    groups = [(fact, [f"e{n}" for n in range(20 * at, 20 * at + 20)]) for at, fact in enumerate(facts)]
    body = ReceiptColumns(groups).encode(digester(b""))[ID_BYTES * len(digests) :]
    content = encode_portion([Piece(0, b"".join(digests), body)]).content
    file = ArchiveFile("path", 0, 0, len(digests), len(content))
    end = content[-end_size(file) :]
    assert len(end) < len(content) / 6
    assert all(may_have(file, end, wanted_ids([digest])) for digest in digests[::9_999])
    assert not may_have(file, end, wanted_ids([archive_digest("another")]))
    assert len(find_in_file("path", content, wanted_ids(digests[::9_999]))) == len(digests[::9_999])


def test_what_was_lost_is_said(bench: ArchiveBench) -> None:
    """Not seen, then, may mean lost."""
    bench.redis.hset("archive:kept", "lost", 7)
    result = relay("trace", "e9", "--json")
    assert json.loads(result.stderr)["receipts_lost"] == 7


WRONG = [
    (["--since", "yesterday"], '--since "yesterday" is no time. Pass a date such as'),
    (["--until", "2026-13-01"], '--until "2026-13-01" is no time.'),
    (["--since", "1h", "--until", "2h"], "--since 1h is not before --until 2h."),
]


@pytest.mark.parametrize(("options", "problem"), WRONG, ids=lambda value: value if isinstance(value, str) else None)
def test_what_is_no_time_is_refused(bench: ArchiveBench, options: list[str], problem: str) -> None:
    """With what is allowed."""
    result = relay("trace", "e1", *options)
    assert result.exit_code == 2
    assert problem in " ".join(result.stderr.split())


HOUR = 3_600_000
SPANS_OF_HOURS = [
    (Span(), True),
    (Span(since_ms=10 * HOUR), True),
    (Span(since_ms=10 * HOUR + 1), True),
    (Span(since_ms=11 * HOUR - 1), True),
    (Span(since_ms=11 * HOUR), False),
    (Span(until_ms=10 * HOUR), False),
    (Span(until_ms=10 * HOUR + 1), True),
    (Span(9 * HOUR, 10 * HOUR), False),
    (Span(10 * HOUR + 5, 10 * HOUR + 6), True),
]


@pytest.mark.parametrize(("span", "chosen"), SPANS_OF_HOURS, ids=repr)
def test_an_hours_file_is_read_when_a_part_of_it_is_within_the_time(span: Span, chosen: bool) -> None:
    """Of the hour that begins at ten."""
    assert span.has_hour(10 * HOUR) is chosen
