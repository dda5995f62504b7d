"""`relay trace` reads the archive: what Redis no longer has, what is in both once, and what waits to be written."""

import json

import pytest
from support.archive import ArchiveBench
from support.events import purchase
from support.terminal import relay

from lanes.receipts.blocks import trim_receipts
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
