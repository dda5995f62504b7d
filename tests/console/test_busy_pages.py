"""Pages never hold up batches: whatever the console does, ingest answers."""

import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from support.bench import Bench
from support.console_client import ConsoleClient
from support.events import batch, purchase

from console.dispatch import THREADS
from ingest.http.thread_priority import prefer_event_loop


def test_while_every_thread_of_the_console_is_busy_batches_are_taken(
    bench: Bench, operator: ConsoleClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More pages are asked for than it has threads, and none of them comes to an end."""
    started, go_on = threading.Semaphore(0), threading.Event()

    def never_ends(_: object) -> None:
        started.release()
        go_on.wait(30)
        raise LookupError

    monkeypatch.setattr("console.services.Services.overview", never_ends)
    with ThreadPoolExecutor(THREADS + 2) as browsers:
        asked = [browsers.submit(operator.http.get, "/console") for _ in range(THREADS + 2)]
        try:
            assert all(started.acquire(timeout=10) for _ in range(THREADS))
            began = time.monotonic()
            for number in range(20):
                answer = httpx.post(
                    f"{operator.url}/v2/events", json=batch(purchase(number)), auth=("key", "secret"), trust_env=False
                )
                assert answer.status_code == 202
            assert time.monotonic() - began < 10
            assert not any(one.done() for one in asked)
        finally:
            go_on.set()
        assert {one.result().status_code for one in asked} == {500}


def test_threads_give_way_while_ingest_serves_and_only_then() -> None:
    """What computes beside the event loop lets it run ten times as often as Python would by itself."""
    before = sys.getswitchinterval()
    with prefer_event_loop():
        assert sys.getswitchinterval() < before
    assert sys.getswitchinterval() == before
