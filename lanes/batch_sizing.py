"""Decide how many events a lane's next claim takes, and its first request; pure arithmetic on `Pace`.

Every retryable failure halves the next claim and every success doubles it: that isolates an event on which TikTok
always fails, and copes with time-outs that size causes. Which events TikTok refuses is found without a new claim.
"""

from dataclasses import replace

from lanes.settlement import Pace


def after_success(pace: Pace, most: int, step: int = 0) -> Pace:
    """Return the pace after TikTok answered for its events; `most` is what a claim may take at full speed."""
    return Pace(limit=0 if pace.limit * 2 >= most else pace.limit * 2, step=step)


def after_retry(pace: Pace, taken: int, now_ms: int) -> Pace:
    """Return the pace after a request with `taken` events got no answer that settles them."""
    half = max(1, taken // 2)
    return replace(pace, limit=half, step=half, attempts=pace.attempts + 1, failing_since=pace.failing_since or now_ms)
