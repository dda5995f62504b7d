"""Senders that repeat an unchanged request until it is answered 202, and remember what was accepted."""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import httpx
from support.events import batch, purchase

USERS = 100
BAD_URL = {"TikTok.URL": "www.shop.example/x"}


class Posters:
    """`count` threads that post single batches and, with `bulk`, arrays of that many batches.

    `bad` is the share of events whose page address no mapping accepts; each thread waits `pause_s` after a request.
    Each request calls `urls` first, so that ingests may start and stop.
    """

    def __init__(
        self,
        urls: Callable[[], Sequence[str]],
        seed: int,
        *,
        count: int = 4,
        bulk: int = 0,
        bad: float = 0.0,
        pause_s: float = 0.01,
    ) -> None:
        self._urls, self._seed, self._bulk, self._bad_share = urls, seed, bulk, bad
        self._pause_s = pause_s
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self.accepted: set[str] = set()
        self.bad: set[str] = set()
        self.answers: Counter[str] = Counter()
        self.last_accepted = time.monotonic()
        self.longest_gap_s = 0.0
        """The longest time without a 202."""
        self._threads = [threading.Thread(target=self._post_all, args=(n,), daemon=True) for n in range(count)]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Finish the current requests and send no more."""
        self._stopped.set()
        for thread in self._threads:
            thread.join(timeout=60)
            assert not thread.is_alive(), "a request was never accepted"

    def _post_all(self, poster: int) -> None:
        choices = random.Random(f"{self._seed}-{poster}")
        number = poster * 10_000_000
        with httpx.Client(auth=("key", "secret"), trust_env=False, timeout=10) as http:
            while not self._stopped.is_set():
                batches, bad = [], set()
                for _ in range(choices.choice((1, self._bulk)) if self._bulk else 1):
                    events = []
                    for _ in range(choices.randint(1, 5)):
                        is_bad = choices.random() < self._bad_share
                        events.append(purchase(number, custom_flags=BAD_URL) if is_bad else purchase(number))
                        bad.update({f"e{number}"} if is_bad else ())
                        number += 1
                    batches.append(batch(*events, user=choices.randrange(USERS)))
                while not self._post(http, choices, batches):
                    time.sleep(0.05)
                with self._lock:
                    self.accepted.update(e["data"]["source_message_id"] for b in batches for e in b["events"])
                    self.bad |= bad
                time.sleep(self._pause_s)

    def _post(self, http: httpx.Client, choices: random.Random, batches: list[dict[str, Any]]) -> bool:
        path, body = ("events", batches[0]) if len(batches) == 1 else ("bulkevents", batches)
        try:
            answer = str(http.post(f"{choices.choice(self._urls())}/v2/{path}", json=body).status_code)
        except httpx.HTTPError as error:
            answer = type(error).__name__
        with self._lock:
            self.answers[answer] += 1
            if answer == "202":
                former, self.last_accepted = self.last_accepted, time.monotonic()
                self.longest_gap_s = max(self.longest_gap_s, self.last_accepted - former)
        return answer == "202"
