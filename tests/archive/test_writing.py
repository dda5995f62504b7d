"""Receipts become Parquet files by hour: one row for each receipt, with what the receipt says."""

import struct
import sys
from datetime import UTC, datetime, timedelta

import pytest
from support.archive import HOUR_MS, ArchiveBench, make_older, sha256
from support.events import batch, purchase
from support.terminal import relay

from delivery.receipt import ReceiptFields
from lanes.receipts.archive import Piece, archive_kept
from lanes.receipts.blocks import receipts_kept
from operations.archive.names import file_name, first_kept_ms, parse_name
from operations.archive.storage import ArchiveError
from operations.archive.tables import encode_portion
from operations.archive.write import files_of, remove_old_files, try_to_write
from operations.dead_letters.store import DeadLetterStore
from operations.receipts.ended import remove_dead_letters
from operations.receipts.writer import ReceiptWriter
from worker.archive import Archiver

BAD_URL = {"TikTok.URL": "www.no-scheme.example"}


def test_a_row_says_what_the_receipt_says(bench: ArchiveBench) -> None:
    """Delivered with TikTok's answer, and dead-lettered with the reason; ids as plain SHA-256, so that SQL can join."""
    no_email = {**batch(user=1), "user_identities": {"email": "no email"}}
    bench.put([purchase(1), purchase(2, custom_flags=BAD_URL)], shared=no_email)
    bench.drain()
    answer = next(event for event in bench.sandbox.events() if event["event_id"] == "e1")
    bench.write()
    rows = {row["event_id_sha256"]: row for row in bench.rows()}
    assert rows.keys() == {sha256("e1"), sha256("e2")}
    row = rows[sha256("e1")]
    assert (row["connection"], row["input"], row["tiktok_event"]) == ("shop", "web", "PlaceAnOrder")
    assert (row["outcome"], row["reason"], row["tiktok_code"]) == ("delivered", None, 0)
    assert row["tiktok_request_id"] == answer["request_id"]
    assert (row["attempts"], row["repeated"], row["job"], row["dead_letter"]) == (1, False, "job-1", None)
    assert row["match_keys"] == ["ip", "user_agent"]
    assert [note["field"] for note in row["notes"]] == ["user_identities.email"]
    hours = timedelta(hours=1)
    assert row["ended_at"] + hours >= row["received_at"], "the test dated the end an hour back"
    row = rows[sha256("e2")]
    assert (row["outcome"], row["reason"], row["tiktok_code"]) == ("dead_lettered", "invalid_url", None)
    assert row["dead_letter"] == bench.dead_letters()[0].id


def test_no_identity_and_no_event_id_is_in_a_file(bench: ArchiveBench) -> None:
    """Nor in what waits in Redis."""
    bench.put([purchase(1234)], shared=batch(user=1))
    bench.drain()
    waiting = b"".join(bench.redis.lrange("archive:pieces", 0, -1))
    bench.write()
    contents = [bench.storage.get(file.path) for file in files_of(bench.storage)]
    assert contents
    for part in (b"e1234", b"shop.example", b"c-1"):
        assert [part in content for content in [waiting, *contents]] == [False, False]
    assert "shop.example" not in str(bench.rows())


def test_what_is_written_leaves_redis(bench: ArchiveBench) -> None:
    """What a trace searches stays; the hour that runs waits."""
    bench.put([purchase(1)])
    bench.drain()
    bench.put([purchase(2)])
    bench.drain()
    make_older(bench.redis, 1)
    first = bench.redis.lindex("archive:pieces", 0)
    [at_ms] = struct.unpack_from(">Q", first)
    bench.put([purchase(3)])
    bench.drain()
    Archiver(bench.url).step(bench.runtime)
    kept = archive_kept(bench.redis)
    assert (kept.receipts, kept.archived, kept.lost, kept.since_ms) == (1, 2, 0, at_ms)
    assert receipts_kept(bench.redis).receipts == 3
    assert sorted(row["event_id_sha256"] for row in bench.rows()) == sorted([sha256("e1"), sha256("e2")])


def test_files_stand_by_hour(bench: ArchiveBench) -> None:
    """Folders as Hive has them; the name says the batch, its first receipt and how many."""
    for number in (1, 2, 3):
        bench.put([purchase(number)])
        bench.drain()
        make_older(bench.redis, 2)
    bench.write()
    files = files_of(bench.storage)
    assert [file.receipts for file in files] == [1, 1, 1]
    assert [file.hour_ms // HOUR_MS for file in files] == [file.first_ms // HOUR_MS for file in files]
    assert files[2].hour_ms - files[1].hour_ms >= HOUR_MS
    hour = datetime.fromtimestamp(files[0].hour_ms / 1000, UTC)
    assert files[0].path.startswith(f"date={hour:%Y-%m-%d}/hour={hour:%H}/")


def test_every_end_has_a_row(bench: ArchiveBench) -> None:
    """Also those that an operator causes."""
    bench.put([purchase(1, custom_flags=BAD_URL), purchase(2)])
    bench.drain()
    store = DeadLetterStore(bench.runtime.settings, bench.redis)
    [dead_letter] = bench.dead_letters()
    assert remove_dead_letters(bench.redis, "shop", [dead_letter.id], store.receipts) == [dead_letter.id]
    bench.write()
    ends = sorted((row["event_id_sha256"], row["outcome"], row["reason"] or "") for row in bench.rows())
    expected = [
        (sha256("e1"), "dead_lettered", "invalid_url"),
        (sha256("e1"), "discarded", "dead_letter"),
        (sha256("e2"), "delivered", ""),
    ]
    assert ends == sorted(expected)


def test_an_event_without_an_id_has_none_in_its_row(bench: ArchiveBench) -> None:
    """As null, which joins with nothing."""
    receipts = bench.runtime.receipts.write([(ReceiptFields("shop", "web", "discarded"), ["e1", None])])
    ids, body = receipts.content[:64], receipts.content[64 + 16 :]
    encoded = encode_portion([Piece(5, ids, body), Piece(6, ids[:32], b"of a later version")])
    assert (encoded.receipts, encoded.unreadable) == (2, 1)
    bench.storage.put(file_name("0123abcd", 1, 5, 3), encoded.content)
    assert [row["event_id_sha256"] for row in bench.rows()] == [sha256("e1"), None]


def test_only_one_process_writes(bench: ArchiveBench) -> None:
    """The leader, for as long as it renews its lock."""
    bench.put([purchase(1)])
    bench.drain()
    make_older(bench.redis)
    first, second = Archiver(bench.url), Archiver(bench.url)
    assert first._leader.acquire()
    second.step(bench.runtime)
    assert bench.rows() == []
    first.step(bench.runtime)
    assert len(bench.rows()) == 1


def test_old_files_are_removed_by_whole_days(bench: ArchiveBench) -> None:
    """Only relay's own; none with 0 days; the archive then reaches back less far."""
    now_ms = 1_795_939_200_000 + 5 * HOUR_MS
    days = [now_ms - day * 24 * HOUR_MS for day in range(5)]
    for number, at_ms in enumerate(days):
        bench.storage.put(file_name("0123abcd", number, at_ms, 1), b"a file")
    bench.storage.put("date=2026-01-01/hour=00/of-a-shop.parquet", b"not relay's")
    assert remove_old_files(bench.redis, bench.storage, 0, now_ms) == 0
    assert remove_old_files(bench.redis, bench.storage, 2, now_ms) == 2
    assert [file.first_ms for file in files_of(bench.storage)] == days[2::-1]
    assert archive_kept(bench.redis).since_ms == first_kept_ms(now_ms, 2)
    assert "date=2026-01-01/hour=00/of-a-shop.parquet" in {file.path for file in bench.storage.list()}
    assert remove_old_files(bench.redis, bench.storage, 2, now_ms) == 0


def test_check_and_status_say_that_it_works(bench: ArchiveBench) -> None:
    """`relay check` writes and removes a file; `relay status` says how far the archive reaches."""
    bench.put([purchase(1), purchase(2)])
    bench.drain()
    bench.write()
    [finding] = [found for found in relay("check", "--json").json if found["check"] == "archive"]
    url = bench.runtime.settings.archive
    assert (finding["status"], finding["found"]) == ("ok", f"a test file was written to {url} and removed")
    status = relay("status", "--json").json["archive"]
    assert (status["url"], status["archived"], status["waiting"], status["last_error"]) == (url, 2, 0, None)
    assert f"archive {url}: 2 receipts, to {status['until']}" in " ".join(relay("status").stdout.split())


def test_trying_leaves_nothing(bench: ArchiveBench) -> None:
    """The file of `relay check` is removed."""
    try_to_write(bench.storage)
    assert list(bench.storage.list()) == []


def test_trying_needs_the_packages_of_files(bench: ArchiveBench, monkeypatch: pytest.MonkeyPatch) -> None:
    """`relay check` does not call an archive right of which no file can be made."""
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ArchiveError, match="needs packages that are not installed"):
        try_to_write(bench.storage)


@pytest.mark.parametrize(("hours", "waiting"), [(23, 1), (25, 0)])
def test_without_an_archive_what_waits_is_removed_after_a_day(
    hours: int, waiting: int, bench: ArchiveBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """RELAY_ARCHIVE was taken away, or forgotten: check says so; later its memory is freed, and receipts are lost."""
    bench.put([purchase(1)])
    bench.drain()
    monkeypatch.delenv("RELAY_ARCHIVE")
    found = [each["status"] for each in relay("check", "--json").json if each["check"] == "archive"]
    assert found == ["warning"]
    bench.runtime.settings = bench.runtime.settings.model_copy(update={"archive": None})
    bench.runtime.receipts = ReceiptWriter(b"", bench.runtime.receipts.budget)
    make_older(bench.redis, hours)
    Archiver(bench.url).step(bench.runtime)
    kept = archive_kept(bench.redis)
    assert (kept.receipts, kept.lost) == (waiting, 1 - waiting)


@pytest.mark.parametrize(
    "path",
    [
        "date=2026-11-24/hour=08/other.parquet",
        "date=2026-11-24/hour=25/0123abcd-000001-1-1.parquet",
        "date=2026-13-24/hour=08/0123abcd-000001-1-1.parquet",
        "x/date=2026-11-24/hour=08/0123abcd-000001-1-1.parquet",
        "date=2026-11-24/hour=08/0123abcd-000001-1-1.parquet.part",
        "relay-check.txt",
    ],
)
def test_other_files_are_none_of_relays(path: str) -> None:
    """They are neither read nor removed."""
    assert parse_name(path) is None
