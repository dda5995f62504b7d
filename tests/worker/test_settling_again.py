"""A settlement that finds Redis away is tried again while its lease lasts, so that nothing is sent a second time."""

import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import wait_until_ready
from support.bench import HEADER, Bench
from support.events import purchase
from support.server import SERVER, free_port
from support.waiting import until

from sandbox.client import SandboxClient
from store.errors import RedisAway


class Restarted:
    """A server that keeps everything on its disk, and is killed and started again."""

    def __init__(self, directory: Path) -> None:
        port = free_port()
        self.url = f"redis://127.0.0.1:{port}/0"
        self._command = [os.fspath(SERVER), "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
        self._command += ["--dir", str(directory), "--appendonly", "yes", "--appendfsync", "always"]
        self.start()

    def start(self) -> None:
        """Return when it answers."""
        self.process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL)
        wait_until_ready(self.url)

    def kill(self) -> None:
        """Kill it and wait for its end."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Restarted]:
    server = Restarted(tmp_path)
    yield server
    server.kill()


@pytest.fixture
def restarted_bench(
    server: Restarted, tmp_path: Path, sandbox: SandboxClient, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Bench]:
    """Give a worker on that server."""
    path = tmp_path / "relay.yaml"
    path.write_text(HEADER + "    enable_web_migration: true\n")
    monkeypatch.setenv("TOKEN", "good")
    sandbox.clear()
    sandbox.clear_faults()
    bench = Bench(path, server.url, sandbox)
    yield bench
    bench.close()


def kill_once_posted(bench: Bench, server: Restarted, *, back: bool) -> None:
    """Kill the server when TikTok has the events and the worker has not settled them; `back`: start it soon after."""
    post = bench.runtime.client.post

    def post_and_kill(*arguments: object, **options: object) -> object:
        answer = post(*arguments, **options)  # type: ignore[arg-type]
        server.kill()
        if back:
            threading.Timer(0.7, server.start).start()
        return answer

    bench.runtime.client.post = post_and_kill  # type: ignore[method-assign,assignment]


def test_a_settlement_across_a_restart_is_written_and_nothing_is_sent_again(
    restarted_bench: Bench, server: Restarted
) -> None:
    """Before: the job gave up, the lane slept out its lease, and TikTok got the events a second time."""
    bench = restarted_bench
    bench.put([purchase(1), purchase(2)])
    kill_once_posted(bench, server, back=True)
    report = bench.drain()
    assert report.failure("job-1") is None
    assert bench.count("delivered", "waiting") == (2, 0)
    assert len(bench.sandbox.events()) == 2
    assert bench.redis.zscore("lanes:due", "shop:0") is None


def test_a_worker_that_is_to_stop_does_not_wait_for_redis(restarted_bench: Bench, server: Restarted) -> None:
    """The events wait in their lane, and are sent again under the same ids."""
    bench = restarted_bench
    bench.put([purchase(1)])
    kill_once_posted(bench, server, back=False)
    failures: list[RedisAway] = []

    def drain() -> None:
        try:
            bench.drain()
        except RedisAway as away:
            failures.append(away)

    job = threading.Thread(target=drain)
    job.start()
    until(lambda: server.process.returncode is not None)
    bench.runtime.stopping.set()
    job.join(timeout=60)
    assert not job.is_alive()
    assert len(failures) == 1
    server.start()
    assert bench.count("waiting") == (1,)
