"""A sender that times its answers, beside other work."""

import time
from collections.abc import Sequence

import httpx
from support.attack import Attack
from support.events import batch, purchase


def answers_in(relay: Attack, seconds: float) -> list[float]:
    """Send one small batch after another to the honest connection; return how long each answer took, in ms."""
    taken, end = [], time.monotonic() + seconds
    with httpx.Client(auth=("honest-key", "honest-secret"), trust_env=False, timeout=60) as http:
        while time.monotonic() < end:
            body = batch(purchase(10**9 + len(taken)))
            began = time.perf_counter()
            assert http.post(relay.url + "/v2/events", json=body).status_code == 202
            taken.append((time.perf_counter() - began) * 1000)
            time.sleep(0.01)
    return taken


def summary(values: Sequence[float]) -> str:
    """Return the median and the 99th percentile as text."""
    ordered = sorted(values)
    return f"median {ordered[len(ordered) // 2]:.0f}, p99 {ordered[len(ordered) * 99 // 100]:.0f}, n={len(ordered)}"
