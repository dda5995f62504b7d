"""A server with users of different permissions, and a server that is a read-only replica."""

import os
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import redis
from support.server import SERVER, free_port


@contextmanager
def running_server(directory: Path, *options: str, program: Path = SERVER, port: int = 0) -> Iterator[str]:
    """Run a separate server with these options and give its URL."""
    port = port or free_port()
    command = [os.fspath(program), "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(directory)]
    process = subprocess.Popen([*command, *options], stdout=subprocess.DEVNULL)
    url = f"redis://127.0.0.1:{port}/0"
    try:
        _wait(url)
        yield url
    finally:
        process.kill()
        process.wait()


def _wait(url: str) -> None:
    deadline = time.monotonic() + 30
    with redis.Redis.from_url(url) as client:
        while True:
            try:
                client.ping()
            except (
                redis.exceptions.ResponseError,
                redis.exceptions.BusyLoadingError,
            ):
                return
            except redis.exceptions.ConnectionError:
                assert time.monotonic() < deadline, "the server does not start"
                time.sleep(0.01)
            else:
                return


def add_user(url: str, name: str, rights: Sequence[str]) -> str:
    """Create a user with the password `pw` and return its URL."""
    with redis.Redis.from_url(url) as client:
        client.execute_command("ACL", "SETUSER", name, "reset", "on", ">pw", *rights)
    return url.replace("redis://", f"redis://{name}:pw@")
