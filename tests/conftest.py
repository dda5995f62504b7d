"""What every test may ask for: a real server, and a clean Redis on it."""

import os
import subprocess
import time
from collections.abc import Iterator

import pytest
import redis
from hypothesis import HealthCheck, settings
from support.server import SERVER, free_port
from support.servers import chosen

pytest_plugins = ["support.fixtures"]

settings.register_profile(
    "relay", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)  # a busy machine is no failure
settings.register_profile("quick", deadline=None, max_examples=10)
settings.register_profile("ci", settings.get_profile("relay"), derandomize=True)  # one tree, the same examples
settings.load_profile("relay")

QUICK_FOLDERS = ("checks", "config", "delivery", "mapping", "operations", "process")
"""What `make quick` runs, except tests that need a server or start a process."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--quick", action="store_true", help="only tests that start no server and no process")


def pytest_configure(config: pytest.Config) -> None:
    os.environ.pop("COLUMNS", None)  # commands write as into a file, whatever terminal or plugin the tests run under
    config.addinivalue_line("markers", "not_quick: the test starts a process, listens on a port or measures memory")
    if config.getoption("--quick"):
        settings.load_profile("quick")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep only quick tests where --quick says so."""
    if not config.getoption("--quick"):
        return
    kept = [item for item in items if _is_quick(item)]
    config.hook.pytest_deselected(items=[item for item in items if item not in set(kept)])
    items[:] = kept


def _is_quick(item: pytest.Item) -> bool:
    folder = item.path.relative_to(item.config.rootpath / "tests").parts[0]
    needs_server = "redis_server" in getattr(item, "fixturenames", ())
    return folder in QUICK_FOLDERS and not needs_server and item.get_closest_marker("not_quick") is None


@pytest.fixture(autouse=True)
def _quick_tests_start_nothing(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A quick test that starts a process fails, so that it is marked `not_quick`."""
    if request.config.getoption("--quick"):

        def refuse(*_: object, **__: object) -> None:
            raise AssertionError("this test starts a process: mark it with pytest.mark.not_quick")

        monkeypatch.setattr(subprocess.Popen, "__init__", refuse)


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
