"""What every test may ask for: a real server, and a clean Redis on it."""

import os
import subprocess
import time
from collections.abc import Iterator

import pytest
import redis
from hypothesis import settings
from support.server import SERVER, free_port
from support.servers import chosen

settings.register_profile("relay", deadline=None)  # a busy machine is no failure
settings.load_profile("relay")

if chosen().name != "bundled":  # then `relay demo` and `relay up` start it as well
    os.environ["PATH"] = f"{SERVER.parent}{os.pathsep}{os.environ['PATH']}"


def wait_until_ready(url: str, seconds: float = 60.0) -> None:
    """Return when the server at `url` answers PING; fail the test when it never does."""
    deadline = time.monotonic() + seconds
    with redis.Redis.from_url(url) as client:
        while True:
            try:
                client.ping()
            except redis.RedisError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.01)
            else:
                return


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of one real server for the whole session, without persistence so that it is quick."""
    directory = tmp_path_factory.mktemp("redis")
    port = free_port()
    command = [os.fspath(SERVER), "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(directory)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        url = f"redis://127.0.0.1:{port}/0"
        wait_until_ready(url)
        yield url
        process.terminate()


@pytest.fixture
def redis_url(redis_server: str) -> str:
    """The session's server, emptied."""
    with redis.Redis.from_url(redis_server) as client:
        client.flushall()
        client.config_set("maxmemory", 0)
    return redis_server
