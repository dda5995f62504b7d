"""A changed file is used, a file with errors never is, and no caller fails or waits."""

import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from config import file as module
from config.errors import ConfigurationError
from config.file import QUIET_NS, SETTLED_NS, STANDS_NS, ConfigurationFile


def text(token: str = "first", connection: str = "shop") -> str:
    return (
        "inputs:\n  - {id: in, platform: ios, api_key: k, api_secret: s}\n"
        f"connections:\n  - {{id: {connection}, inputs: [in], access_token: '{token}', event_source_id: 7123}}\n"
    )


class Clock:
    """A clock in nanoseconds, far ahead of every file's time unless a test sets it."""

    def __init__(self) -> None:
        self.now = 1 << 62

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "relay.yaml"
    path.write_text(text())
    return path


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def watched(path: Path, clock: Clock) -> ConfigurationFile:
    return ConfigurationFile(path, environ={}, clock_ns=clock)


def token(watched: ConfigurationFile) -> str:
    (connection,) = watched.current.connections.values()
    return connection.access_token


def replace(path: Path, content: str) -> None:
    """Replace the file as editors and deployments do: a new file under the old name."""
    new = path.with_suffix(".new")
    new.write_text(content)
    new.replace(path)


@pytest.mark.parametrize("change", [Path.write_text, replace], ids=["in place", "by rename"])
def test_a_change_is_used_once(change: Callable[[Path, str], object], path: Path, watched: ConfigurationFile) -> None:
    """However the file is written; only the call that finds the change returns True."""
    assert not watched.refresh()
    change(path, text("second"))
    assert watched.refresh()
    assert not watched.refresh()
    assert token(watched) == "second"


@pytest.fixture
def careful(path: Path, clock: Clock) -> ConfigurationFile:
    """A file that is held back if it lacks a connection."""
    return ConfigurationFile(
        path, clock_ns=clock, hold_back_if=lambda former, new: bool(former.connections.keys() - new.connections.keys())
    )


def test_a_file_that_lacks_something_in_use_must_stay_unchanged_for_a_while(
    path: Path, careful: ConfigurationFile, clock: Clock
) -> None:
    """The time starts again with each change; other changes are used at once, and so is the former content."""
    replace(path, text(connection="other"))
    assert (careful.refresh(), careful.is_held_back) == (False, True)
    clock.now += STANDS_NS - 1
    assert (careful.refresh(), careful.is_held_back) == (False, True)
    replace(path, text("second", connection="other"))
    assert (careful.refresh(), careful.is_held_back) == (False, True)
    clock.now += STANDS_NS - 1
    assert careful.refresh() is False
    replace(path, text())
    assert (careful.refresh(), careful.is_held_back) == (False, False)
    replace(path, text("third"))
    assert (careful.refresh(), token(careful)) == (True, "third")
    replace(path, text(connection="other"))
    assert careful.refresh() is False
    clock.now += STANDS_NS
    assert (careful.refresh(), careful.is_held_back) == (True, False)
    assert list(careful.current.connections) == ["other"]


def test_a_held_back_file_that_gets_an_error_is_refused(path: Path, careful: ConfigurationFile) -> None:
    """A file with errors is not held back."""
    replace(path, text(connection="other"))
    assert careful.refresh() is False
    replace(path, "inputs: [")
    assert (careful.refresh(), careful.is_held_back) == (False, False)
    assert careful.error is not None
    assert token(careful) == "first"


def test_a_bad_file_is_refused_and_the_old_one_stays(path: Path, watched: ConfigurationFile) -> None:
    """`error` says why until the file is valid again; the same content as before is no change."""
    path.write_text(text().replace("ios", "iso"))
    assert not watched.refresh()
    assert "iso" in str(watched.error)
    assert token(watched) == "first"
    path.write_text(text())
    assert not watched.refresh()
    assert watched.error is None
    path.write_text(text("second"))
    assert watched.refresh()


def test_every_half_of_a_file_is_refused_or_not_read_yet(path: Path, watched: ConfigurationFile, clock: Clock) -> None:
    """A file that is being written is not read, because half a file can be valid."""
    whole = text("second") + "  - {id: other, inputs: [in], access_token: t, event_source_id: 7124}\n"
    for end in range(len(whole)):
        path.write_text(whole[:end])
        clock.now = path.stat().st_mtime_ns + QUIET_NS - 1
        assert not watched.refresh()
        assert (token(watched), watched.error) == ("first", None)
    path.write_text(whole)
    clock.now = path.stat().st_mtime_ns + QUIET_NS
    assert watched.refresh()
    assert len(watched.current.connections) == 2


def test_a_change_that_shows_in_neither_time_nor_size_is_found(
    path: Path, watched: ConfigurationFile, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two writes within one tick of the file system's clock look alike; a fresh file is therefore read again."""
    signature = module.signature_of(path)
    monkeypatch.setattr(module, "signature_of", lambda _: signature)
    clock.now = path.stat().st_mtime_ns + QUIET_NS
    assert not watched.refresh()
    path.write_text(text("other"))
    clock.now += SETTLED_NS
    assert watched.refresh()
    assert token(watched) == "other"


def test_an_untouched_file_is_not_read(path: Path, watched: ConfigurationFile, monkeypatch: pytest.MonkeyPatch) -> None:
    """Checking an unchanged file costs one `stat` and nothing else."""
    watched.refresh()
    monkeypatch.setattr(module, "digest_of", lambda _: pytest.fail("read"))
    assert not watched.refresh()


def test_a_touched_file_with_the_same_content_changes_nothing(path: Path, watched: ConfigurationFile) -> None:
    """Only the content counts."""
    before = watched.current
    replace(path, text())
    assert not watched.refresh()
    assert watched.current is before


def test_a_removed_file_is_an_error_until_it_is_back(path: Path, watched: ConfigurationFile) -> None:
    """A running process does not stop because its file is missing."""
    path.unlink()
    assert not watched.refresh()
    assert "does not exist: write one with `relay init`" in str(watched.error)
    path.write_text(text("second"))
    assert watched.refresh()
    assert (token(watched), watched.error) == ("second", None)


def test_a_swapped_link_is_noticed(tmp_path: Path, clock: Clock) -> None:
    """Kubernetes swaps a link to a directory under the file of a ConfigMap."""
    for version in ("first", "second"):
        (tmp_path / version).mkdir()
        (tmp_path / version / "relay.yaml").write_text(text(version))
    (tmp_path / "..data").symlink_to("first")
    (tmp_path / "relay.yaml").symlink_to("..data/relay.yaml")
    watched = ConfigurationFile(tmp_path / "relay.yaml", environ={}, clock_ns=clock)
    (tmp_path / "..next").symlink_to("second")
    (tmp_path / "..next").replace(tmp_path / "..data")
    assert watched.refresh()
    assert token(watched) == "second"


def test_a_rotated_secret_file_is_noticed(tmp_path: Path, path: Path, clock: Clock) -> None:
    """The file does not change; the token file that it names changes, disappears and comes back."""
    secret = tmp_path / "token"
    secret.write_text("first")
    path.write_text(text(f"file:{secret}"))
    watched = ConfigurationFile(path, environ={}, clock_ns=clock)
    secret.write_text("second")
    assert watched.refresh()
    assert token(watched) == "second"
    secret.unlink()
    assert not watched.refresh()
    assert str(secret) in str(watched.error)
    secret.write_text("third")
    assert watched.refresh()
    assert (token(watched), watched.error) == ("third", None)


def test_the_first_reading_raises(tmp_path: Path) -> None:
    """A process does not start with a file that it would refuse later."""
    with pytest.raises(ConfigurationError, match="does not exist"):
        ConfigurationFile(tmp_path / "none.yaml")


def test_an_unexpected_error_while_reading_stops_no_process(
    path: Path, watched: ConfigurationFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The former configuration stays, and the error says that it is a fault of relay."""
    monkeypatch.setattr(module, "read_draft", lambda *_: 1 / 0)
    path.write_text(text("second"))
    assert not watched.refresh()
    assert "a fault in relay (ZeroDivisionError)" in str(watched.error)
    assert token(watched) == "first"


def test_one_thread_reads_and_the_others_do_not_wait(
    path: Path, watched: ConfigurationFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    """During a slow reading, the former configuration is in force and `refresh` returns at once."""
    reading, go_on = threading.Event(), threading.Event()
    real = module.read_draft

    def slow(*arguments: object) -> object:
        reading.set()
        go_on.wait(10)
        return real(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "read_draft", slow)
    path.write_text(text("second"))
    results: list[bool] = []
    thread = threading.Thread(target=lambda: results.append(watched.refresh()))
    thread.start()
    assert reading.wait(10)
    assert not watched.refresh()
    assert token(watched) == "first"
    go_on.set()
    thread.join()
    assert results == [True]
    assert token(watched) == "second"


@pytest.fixture
def pipe(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    yield path
    path.unlink()


def test_a_pipe_is_refused_without_waiting(pipe: Path) -> None:
    """Opening one would wait for a writer that may never come."""
    with pytest.raises(ConfigurationError, match="not a regular file"):
        ConfigurationFile(pipe)
