"""An archive that cannot be written: delivery continues, receipts wait within their bound, status and alerts say so."""

import sys
from typing import Any

import pytest
from support.archive import ArchiveBench, make_older, sha256
from support.events import purchase
from support.server import free_port
from support.terminal import relay

from lanes.receipts.archive import archive_kept
from operations.archive.storage import MISSING, ArchiveError, Storage
from worker.archive import RETRY_AFTER_S, Archiver

HIDDEN = ("AKIAHIDDENKEYID", "hidden")


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now_s


@pytest.fixture
def away(bench: ArchiveBench, archive_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> str:
    """Take the archive away: nothing listens at its address, or a file stands where its directory should be."""
    if archive_url.startswith("s3"):
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{free_port()}")
        return "cannot be reached or answers with an error"
    (tmp_path / "archive").write_text("a file")
    return "cannot be written: "


def test_delivery_continues(bench: ArchiveBench, away: str) -> None:
    """Receipts wait; the reason is kept for status, and retries become rarer."""
    archiver, clock = Archiver(bench.url), Clock()
    archiver._monotonic = clock
    attempts = []
    for number in range(4):
        bench.put([purchase(number)])
        bench.drain()
        assert bench.count("waiting") == (0,)
        make_older(bench.redis)
        archiver.step(bench.runtime)
        attempts.append(archiver._next_s - clock.now_s)
        clock.now_s = archiver._next_s
    assert attempts == [*RETRY_AFTER_S, RETRY_AFTER_S[-1]]
    kept = archive_kept(bench.redis)
    assert (kept.receipts, kept.lost, kept.archived) == (4, 0, 0)
    assert away in kept.error
    assert kept.failing_since_ms is not None
    assert not any(secret in kept.error for secret in HIDDEN)


def test_status_and_check_say_so(bench: ArchiveBench, away: str) -> None:
    """In words and as JSON; without credentials."""
    bench.put([purchase(1)])
    bench.drain()
    bench.write()
    archive = relay("status", "--json").json["archive"]
    assert (archive["archived"], archive["waiting"], archive["lost"], archive["until"]) == (0, 1, 0, None)
    assert away in archive["last_error"]
    assert archive["failing_since"].endswith("Z")
    shown = " ".join(relay("status").stdout.split())
    assert f"archive {archive['url']}: nothing is written yet; 1 receipt waits in" in shown
    assert f"cannot be written since {archive['failing_since']}" in shown
    checked = relay("check", "--json")
    [finding] = [found for found in checked.json if found["check"] == "archive"]
    assert finding["status"] == "wrong"
    assert away in finding["found"]
    assert "Correct RELAY_ARCHIVE" in finding["remedy"]
    assert not any(secret in shown + checked.stdout for secret in HIDDEN)


def test_a_trace_says_that_older_receipts_are_missing(bench: ArchiveBench, away: str) -> None:
    """It shows what Redis has, and ends with exit code 1."""
    bench.put([purchase(1)])
    bench.drain()
    result = relay("trace", "e1", "--json")
    assert [item["outcome"] for item in result.json] == ["delivered"]
    assert result.exit_code == 1
    assert "The archive could not be read, so older receipts are missing: " in result.stderr


def test_it_catches_up(bench: ArchiveBench, archive_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the archive is back, everything that waited is written, and status says so."""
    if not archive_url.startswith("s3"):
        pytest.skip("only a server can be away and come back by its address")
    with monkeypatch.context() as patched:
        patched.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{free_port()}")
        bench.put([purchase(1)])
        bench.drain()
        bench.write()
        assert archive_kept(bench.redis).failing_since_ms is not None
    bench.write()
    assert [row["event_id_sha256"] for row in bench.rows()] == [sha256("e1")]
    archive = relay("status", "--json").json["archive"]
    assert (archive["archived"], archive["waiting"], archive["failing_since"]) == (1, 0, None)
    assert "cannot be reached" in archive["last_error"]
    assert archive["until"].endswith("Z")


def test_a_missing_bucket_is_named(s3_url: str) -> None:
    """With the service's own code."""
    with pytest.raises(
        ArchiveError, match=r"^s3://nowhere-at-all/x has no such bucket or file \(NoSuchBucket, HTTP 404\)$"
    ):
        Storage("s3://nowhere-at-all/x").put("file", b"content")


@pytest.mark.parametrize("package", ["obstore", "pyarrow"])
def test_a_missing_package_names_the_extra(
    package: str, bench: ArchiveBench, archive_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Events are delivered; status, check and trace say what to install."""
    if archive_url.startswith("file") and package == "obstore":
        pytest.skip("a directory is written without obstore")
    for name in [package, *(name for name in sys.modules if name.startswith(f"{package}."))]:
        monkeypatch.setitem(sys.modules, name, None)
    bench.put([purchase(1)])
    bench.drain()
    assert bench.count("delivered", "waiting") == (1, 0)
    bench.write()
    assert archive_kept(bench.redis).error == MISSING
    assert "pip install 'tiktok-events-relay[archive]'" in relay("trace", "e1").stderr
    finding = next(each for each in relay("check", "--json").json if each["check"] == "archive")
    assert finding["remedy"].startswith("Install them")
