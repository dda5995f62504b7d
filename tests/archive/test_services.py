"""An archive works in a directory and on servers of the protocols of S3, Google and Azure."""

import pytest
from support.archive import HOUR_MS, ArchiveBench
from support.events import purchase
from support.terminal import relay

from lanes.receipts.blocks import trim_receipts
from operations.archive.names import file_name
from operations.archive.storage import ArchiveError, Storage, StoredFile
from operations.archive.write import files_of, remove_old_files

NOW = 1_795_939_200_000 + 5 * HOUR_MS


@pytest.fixture(params=["file", "s3", "google", "azure"])
def archive_url(request: pytest.FixtureRequest) -> str:
    """The URL of an empty archive at each service."""
    if request.param == "file":
        return f"file://{request.getfixturevalue('tmp_path')}/archive"
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


def test_a_file_is_written_read_listed_and_removed(archive_url: str) -> None:
    """Whole, or from its end; writing it again replaces it."""
    storage = Storage(archive_url)
    storage.put("date=2026-11-24/hour=08/a.parquet", b"former content")
    storage.put("date=2026-11-24/hour=08/a.parquet", b"content")
    assert storage.get("date=2026-11-24/hour=08/a.parquet") == b"content"
    assert storage.get_end("date=2026-11-24/hour=08/a.parquet", 7, 4) == b"tent"
    assert storage.get_end("date=2026-11-24/hour=08/a.parquet", 7, 99) == b"content"
    assert list(storage.list()) == [StoredFile("date=2026-11-24/hour=08/a.parquet", 7)]
    storage.delete(["date=2026-11-24/hour=08/a.parquet"])
    assert list(storage.list()) == []


def test_a_file_that_is_gone_hinders_no_other(archive_url: str) -> None:
    """Another process, or a rule of the bucket, may have removed it."""
    storage = Storage(archive_url)
    names = [f"date=2026-11-24/hour=08/{number}.parquet" for number in range(5)]
    for name in names[1::2]:
        storage.put(name, b"content")
    storage.delete(names)
    storage.delete(names)
    assert list(storage.list()) == []


def test_what_ended_is_found_there(bench: ArchiveBench) -> None:
    """Written by a worker, read by `relay trace`, tried by `relay check`."""
    bench.put([purchase(1), purchase(2)])
    bench.drain()
    bench.write()
    trim_receipts(bench.redis, 0)
    result = relay("trace", "e1", "e9", "--json")
    assert [(item["event_id"], item["outcome"]) for item in result.json] == [("e1", "delivered")]
    assert "archive could not be read" not in result.stderr
    [finding] = [found for found in relay("check", "--json").json if found["check"] == "archive"]
    assert finding["status"] == "ok"


def test_old_files_are_removed_there(bench: ArchiveBench) -> None:
    """Several at once."""
    for number in range(5):
        bench.storage.put(file_name("0123abcd", number, NOW - number * 24 * HOUR_MS, 1), b"a file")
    assert remove_old_files(bench.redis, bench.storage, 2, NOW) == 2
    assert len(files_of(bench.storage)) == 3


def test_a_missing_bucket_is_an_error_that_names_the_archive(archive_url: str) -> None:
    """And no credentials."""
    if archive_url.startswith("file"):
        pytest.skip("a directory is created")
    missing = f"{archive_url.partition(':')[0]}://nowhere/x"
    with pytest.raises(ArchiveError, match=f"^{missing} has no such bucket or file"):
        Storage(missing).put("file", b"content")
