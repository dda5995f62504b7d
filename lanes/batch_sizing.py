"""Decide how many events a lane's next claim and its first request take; pure arithmetic on `BatchSizing`.

Every retryable failure halves the next claim and every success doubles it. That isolates an event for which TikTok
always fails, and copes with time-outs of large requests. Events that TikTok refuses are found without a new claim.
"""

from dataclasses import replace

from lanes.settlement import BatchSizing


def after_success(sizing: BatchSizing, most: int, step: int = 0) -> BatchSizing:
    """Return the sizing after TikTok answered for all events; `most` is the claim's own limit."""
    return BatchSizing(limit=0 if sizing.limit * 2 >= most else sizing.limit * 2, step=step)


def after_retry(sizing: BatchSizing, taken: int, now_ms: int) -> BatchSizing:
    """Return the sizing after a request with `taken` events got no final answer."""
    half = max(1, taken // 2)
    return replace(
        sizing, limit=half, step=half, attempts=sizing.attempts + 1, failing_since=sizing.failing_since or now_ms
    )
