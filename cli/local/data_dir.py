"""RELAY_DATA_DIR: files that `relay up` keeps for itself and other commands. Only the owner can read them."""

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

import msgspec

from config.secrets import Keyring
from operations.errors import OperatorError

PRIVATE_DIR: Final = 0o700


class ServerRecord(msgspec.Struct, frozen=True):
    """`server.json`: the embedded server's URL, with the password, and its process id (0: starting)."""

    url: str
    pid: int

    def __repr__(self) -> str:
        return f"ServerRecord(pid={self.pid})"


class DataDir:
    """The paths in the directory, and the files that hold a single value."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self.server = self.path / "redis"
        """The server's working directory, with its append-only file."""
        self.server_configuration = self.path / "server.conf"
        self.server_log = self.path / "server.log"
        self.server_lock = self.path / "server.lock"
        self.encryption_key = self.path / "encryption.key"
        self._up_lock = self.path / "up.lock"
        self._record = self.path / "server.json"

    def make(self) -> None:
        """Create the directory unless it exists. Raise OperatorError."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            for directory in (self.path, self.server):
                directory.mkdir(mode=PRIVATE_DIR, exist_ok=True)
            if not (self.path / ".gitignore").exists():
                self.write(self.path / ".gitignore", b"*\n")
        except OSError as error:
            raise self._unusable(error) from None

    @contextmanager
    def claimed(self) -> Iterator[None]:
        """Hold the lock of the one `relay up` here; the lock ends with the process, however it ends."""
        with self._opened_lock() as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise OperatorError(
                    f"Another relay up is running on {self.path}. Stop it, or set RELAY_DATA_DIR to another directory."
                ) from None
            yield

    @property
    def is_new(self) -> bool:
        """Whether no `relay up` has run on it yet."""
        return not self._up_lock.exists()

    @property
    def has_stored(self) -> bool:
        """Whether a server has stored anything here."""
        return any(self.server.iterdir())

    def _opened_lock(self) -> IO[str]:
        try:
            return self._up_lock.open("a")
        except OSError as error:
            raise self._unusable(error) from None

    def _unusable(self, error: OSError) -> OperatorError:
        reason = os.strerror(error.errno) if error.errno else str(error)
        return OperatorError(f"{self.path} cannot be created or written: {reason}. Set RELAY_DATA_DIR to another.")

    def record(self) -> ServerRecord | None:
        """Return the content of `server.json`; None when it is missing or damaged."""
        try:
            return msgspec.json.decode(self._record.read_bytes(), type=ServerRecord)
        except (OSError, msgspec.MsgspecError):
            return None

    def write_record(self, record: ServerRecord) -> None:
        self.write(self._record, msgspec.json.encode(record))

    def remove_record(self, pid: int) -> None:
        """Remove `server.json` if it names this process, which has ended."""
        record = self.record()
        if record is not None and record.pid == pid:
            self._record.unlink(missing_ok=True)

    def key(self) -> str | None:
        """Return the encryption keys kept here; empty text for a file without any, None where there is no file.

        Raise OperatorError where the file cannot be read: the key in it may still be needed.
        """
        try:
            return self.encryption_key.read_bytes().decode("utf-8-sig", "replace").strip()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            reason = os.strerror(error.errno) if error.errno else str(error)
            raise OperatorError(f"The encryption key {self.encryption_key} cannot be read: {reason}.") from None

    def make_key(self) -> None:
        """Generate an encryption key and store it here. Raise OperatorError where it cannot be written."""
        try:
            self.write(self.encryption_key, Keyring.new_key().encode() + b"\n")
        except OSError as error:
            raise self._unusable(error) from None

    def write(self, path: Path, content: bytes) -> None:
        """Write the file atomically, readable by its owner only."""
        handle, name = tempfile.mkstemp(dir=self.path, prefix=f".{path.name}.")  # created with mode 0600
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
