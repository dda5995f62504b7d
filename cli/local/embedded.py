"""The embedded server: a real Redis or Valkey on loopback, started on RELAY_DATA_DIR, or adopted if one still runs.

The server process inherits a lock, which shows whether a server uses this data, however its starter ended. Two
servers would damage one append-only file. The kernel releases the lock when the process is gone.
"""

import fcntl
import os
import secrets
import signal
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

import redis
from redis.exceptions import BusyLoadingError, RedisError

from cli.local.data_dir import DataDir, ServerRecord
from cli.local.server_settings import server_settings
from config.redis_address import RedisAddress, Tcp
from operations.errors import OperatorError
from store.client import connect

START_WITHIN_S: Final = 10.0
LOAD_WITHIN_S: Final = 600.0
ANSWER_WITHIN_S: Final = 5.0
STOP_WITHIN_S: Final = 30.0
PORTS_TRIED: Final = 5
_POLL_S: Final = 0.01


class EmbeddedServer:
    """One running server. `adopted`: a `relay up` that was killed left it running."""

    def __init__(self, data: DataDir, record: ServerRecord, process: subprocess.Popen[bytes] | None) -> None:
        self.url = record.url
        self.pid = record.pid
        self.adopted = process is None
        self._data, self._process = data, process

    @classmethod
    def start(cls, data: DataDir, binary: Path) -> "EmbeddedServer":
        """Adopt the server that runs on this data, or start one. Raise OperatorError when both fail."""
        lock = data.server_lock.open("a")
        with lock:
            if _take(lock.fileno()):
                return cls._start(data, binary, lock.fileno())
            record = _adoptable(data)
            if record is not None:
                data.write_record(record)
                return cls(data, record, None)
            _kill_unresponsive(data, lock.fileno())
            return cls._start(data, binary, lock.fileno())

    @classmethod
    def _start(cls, data: DataDir, binary: Path, lock: int) -> "EmbeddedServer":
        """Start a server, if possible on the port and with the password of the last one, so that clients find it."""
        last = data.record()
        port, password = _port_and_password(last)
        for _ in range(PORTS_TRIED):
            url = f"redis://:{password}@127.0.0.1:{port}/0"
            data.write(data.server_configuration, server_settings(data, port, password).encode())
            data.write_record(ServerRecord(url, 0))
            process = subprocess.Popen(  # noqa: S603 - the server that find_server chose
                [binary, data.server_configuration],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                process_group=0,  # Ctrl-C must reach only relay, which stops the server last
                pass_fds=[lock],
            )
            record = ServerRecord(url, process.pid)
            data.write_record(record)
            if _wait_until_ready(url, process):
                return cls(data, record, process)
            port = _free_port()
        raise OperatorError(f"The embedded Redis server does not start. Read its log, {data.server_log}.")

    @property
    def is_alive(self) -> bool:
        """Whether its process is running."""
        if self._process is not None:
            return self._process.poll() is None
        return is_running(self.pid)

    def stop(self) -> None:
        """Stop the server with all writes on disk; kill it after 30 s."""
        for sign in (signal.SIGTERM, signal.SIGKILL):
            _kill(self.pid, sign)
            if self._wait_until_gone():
                break
        self._data.remove_record(self.pid)

    def _wait_until_gone(self) -> bool:
        deadline = time.monotonic() + STOP_WITHIN_S
        while self.is_alive:
            if time.monotonic() > deadline:
                return False
            time.sleep(_POLL_S)
        return True


def answers(url: str) -> bool:
    """Return whether the server at `url` answers within 3 s; a server that still loads its data answers too."""
    with connect(url) as client:
        try:
            return bool(client.ping())
        except BusyLoadingError:
            return True
        except RedisError:
            return False


def is_running(pid: int) -> bool:
    """Return whether the process is running; a zombie is not."""
    if pid <= 0 or not _kill(pid, 0):
        return False
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (OSError, IndexError):  # no /proc on this system
        return True
    return state not in "ZX"


def _take(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _adoptable(data: DataDir) -> ServerRecord | None:
    """Return the server that runs on this data, if it answers within 5 s."""
    deadline = time.monotonic() + ANSWER_WITHIN_S
    while True:
        record = data.record()
        pid = _pid_of(record.url) if record else None
        if record and pid is not None:
            return ServerRecord(record.url, pid)
        if time.monotonic() > deadline:
            return None
        time.sleep(_POLL_S)


def _pid_of(url: str) -> int | None:
    """Return the process id of the server that answers at `url` with our password."""
    with connect(url) as client:
        try:
            return int(client.info("server")["process_id"])
        except (RedisError, KeyError):
            return None


def _kill_unresponsive(data: DataDir, lock: int) -> None:
    """Kill a server that runs on this data without answering, and take its lock."""
    record = data.record()
    if record is not None and works_in(record.pid, data.server):
        _kill(record.pid, signal.SIGKILL)
    deadline = time.monotonic() + ANSWER_WITHIN_S
    while not _take(lock):
        if time.monotonic() > deadline:
            raise OperatorError(
                f"A Redis server that does not answer uses {data.server}. End that process, then run relay up again."
            )
        time.sleep(_POLL_S)


def works_in(pid: int, directory: Path) -> bool:
    """Return whether the process works in our data directory; its id may belong to another process now."""
    try:
        return pid > 0 and Path(f"/proc/{pid}/cwd").readlink() == directory.resolve()
    except OSError:
        return False


def _wait_until_ready(url: str, process: subprocess.Popen[bytes]) -> bool:
    """Return True once it answers, False if it ended (its port was taken); loading much data takes long."""
    began = time.monotonic()
    with redis.Redis.from_url(url, socket_timeout=1.0) as client:
        while process.poll() is None:
            within = START_WITHIN_S
            try:
                client.ping()
            except BusyLoadingError:
                within = LOAD_WITHIN_S
            except RedisError:
                pass
            else:
                return True
            if time.monotonic() - began > within:
                process.kill()
                process.wait()
                return False
            time.sleep(_POLL_S)
    return False


def _port_and_password(last: ServerRecord | None) -> tuple[int, str]:
    """Return the port and password of the last server, or new ones without a readable record."""
    with suppress(ValueError):
        address = RedisAddress.parse(last.url if last else "")
        if isinstance(address.place, Tcp) and address.password:
            return address.place.port, address.password
    return _free_port(), secrets.token_urlsafe(32)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


def _kill(pid: int, sign: int) -> bool:
    """Send a signal; return False when the process does not exist."""
    try:
        os.kill(pid, sign)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
