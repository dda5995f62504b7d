"""Attackers of ingest: raw connections, and requests posted again and again."""

import socket
import threading
import time
from base64 import b64encode
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from urllib.parse import urlsplit

import httpx

KEY = ("key", "secret")
"""Of the input that attacks are made with (support/attack.py)."""


def connect(url: str, timeout: float = 60) -> socket.socket:
    """Return a connection to a server."""
    place = urlsplit(url)
    return socket.create_connection((place.hostname, place.port), timeout=timeout)


def head(path: str = "/v2/events", **headers: object) -> bytes:
    """Return the head of a request with the attacker's key, without the empty line at its end."""
    token = b64encode(":".join(KEY).encode()).decode()
    lines = [f"POST {path} HTTP/1.1", "host: relay", f"authorization: Basic {token}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, ""]).encode()


@contextmanager
def flood(
    url: str, body: bytes, path: str = "/v2/bulkevents", *, count: int = 8, headers: Mapping[str, str] | None = None
) -> Iterator[Counter[str]]:
    """Post the body without pause in `count` threads until the block ends; give the counts of their answers."""
    over, answers = threading.Event(), Counter[str]()

    def post() -> None:
        with httpx.Client(auth=KEY, trust_env=False, timeout=60) as http:
            while not over.is_set():
                try:
                    answers[str(http.post(url + path, content=body, headers=headers).status_code)] += 1
                except httpx.HTTPError as error:
                    answers[type(error).__name__] += 1

    threads = [threading.Thread(target=post, daemon=True) for _ in range(count)]
    for thread in threads:
        thread.start()
    try:
        yield answers
    finally:
        over.set()
        for thread in threads:
            thread.join(timeout=120)


def until(seconds: float) -> Iterator[None]:
    """Yield turns for this many seconds."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        yield
