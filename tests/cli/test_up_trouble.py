"""`relay up` and each process alone, with a full disk and with a log that is not read."""

import os
import resource
import signal
import subprocess
from pathlib import Path

import pytest
from support.acl import running_server
from support.place import RELAY, Place
from support.waiting import until

from cli.local.embedded import is_running

UNLIMITED = resource.RLIM_INFINITY


def limit_files(pid: int, most: int) -> None:
    """Act like a full disk: no file of the process or its children may grow beyond `most` bytes."""
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (most, UNLIMITED))


def test_it_recovers_from_a_full_disk(place: Place) -> None:
    """The server ends, cannot start while the disk is full, and starts once there is room again."""
    up = place.up()
    try:
        place.post(1)
        record = place.data.record()
        assert record is not None
        limit_files(up.pid, 0)
        os.kill(record.pid, signal.SIGKILL)
        until(lambda: not is_running(record.pid) and not place.is_ready())
        limit_files(up.pid, UNLIMITED)
        until(place.is_ready)
        place.post(2)
        until(lambda: place.arrived(1) and place.arrived(2))
    finally:
        up.send_signal(signal.SIGTERM)
        assert up.wait(120) == 0


def full_pipe() -> tuple[int, int]:
    """Return both ends of a pipe that is full."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    try:
        while True:
            os.write(writing, b"x" * 4096)
    except BlockingIOError:
        pass
    try:
        while True:
            os.write(writing, b"x")
    except BlockingIOError:
        pass
    os.set_blocking(writing, True)
    return reading, writing


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_a_log_that_is_not_read_stops_nothing(log_format: str, place: Place) -> None:
    """Every process of relay up starts, works and ends on SIGTERM, with a pipe that is full from the start."""
    reading, writing = full_pipe()
    environ = {**place.environ, "RELAY_LOG_FORMAT": log_format}
    up = subprocess.Popen([RELAY, "up"], stdout=writing, stderr=writing, stdin=subprocess.DEVNULL, env=environ)
    try:
        until(place.is_ready)
        place.post(1)
        until(lambda: place.arrived(1))
        up.send_signal(signal.SIGTERM)
        assert up.wait(120) == 0
    finally:
        up.kill()
        os.close(reading)
        os.close(writing)


def test_each_process_ends_with_a_log_that_is_not_read(place: Place, tmp_path: Path) -> None:
    """Ingest and worker deliver an event with a full pipe, and end on SIGTERM."""
    reading, writing = full_pipe()
    with running_server(tmp_path) as url:
        environ = {**place.environ, "RELAY_REDIS_URL": url}
        children = [
            subprocess.Popen([RELAY, name], stdout=writing, stderr=writing, stdin=subprocess.DEVNULL, env=environ)
            for name in ("ingest", "worker")
        ]
        try:
            until(place.is_ready)
            place.post(1)
            until(lambda: place.arrived(1))
            for child in children:
                child.send_signal(signal.SIGTERM)
            assert [child.wait(120) for child in children] == [0, 0]
        finally:
            for child in children:
                child.kill()
                child.wait()
            os.close(reading)
            os.close(writing)
