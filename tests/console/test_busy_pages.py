"""Ingest answers batches while pages of the console are busy."""

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


def test_batches_are_accepted_while_every_console_thread_is_busy(
    bench: Bench, operator: ConsoleClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Browsers request more pages than there are threads, and no page finishes."""
    started, finish = threading.Semaphore(0), threading.Event()

    def wait_for_finish(_: object) -> None:
        started.release()
        finish.wait(30)
        raise LookupError

    monkeypatch.setattr("console.services.Services.overview", wait_for_finish)
    with ThreadPoolExecutor(THREADS + 2) as browsers:
        answers = [browsers.submit(operator.http.get, "/console") for _ in range(THREADS + 2)]
        try:
            assert all(started.acquire(timeout=10) for _ in range(THREADS))
            began = time.monotonic()
            for number in range(20):
                answer = httpx.post(
                    f"{operator.url}/v2/events", json=batch(purchase(number)), auth=("key", "secret"), trust_env=False
                )
                assert answer.status_code == 202
            assert time.monotonic() - began < 10
            assert not any(answer.done() for answer in answers)
        finally:
            finish.set()
        assert {answer.result().status_code for answer in answers} == {500}


def test_threads_yield_to_the_event_loop_only_while_ingest_serves() -> None:
    """Python's switch interval is ten times shorter while ingest serves."""
    before = sys.getswitchinterval()
    with prefer_event_loop():
        assert sys.getswitchinterval() < before
    assert sys.getswitchinterval() == before
