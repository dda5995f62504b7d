"""How a lane slows, searches and speeds up again; pure arithmetic on `Pace`, in events.

Every retryable failure halves the next claim and every success doubles it: that isolates an event on which TikTok
always fails, and copes with time-outs that size causes. A refusal makes the leading events suspects, and each later
claim takes half of them until the bad one is alone.
"""

from dataclasses import replace

from lanes.settlement import Pace


def after_success(pace: Pace, taken: int, most: int) -> Pace:
    """`taken` events are finished; `most` is what a claim may take at full speed."""
    suspects = max(0, pace.suspects - taken)
    if suspects:
        return Pace(limit=max(1, suspects // 2), suspects=suspects)
    if pace.suspects:
        return Pace()
    return Pace(limit=0 if pace.limit * 2 >= most else pace.limit * 2)


def after_retry(pace: Pace, taken: int, now_ms: int) -> Pace:
    """`taken` events got no answer that settles them."""
    return replace(
        pace, limit=max(1, taken // 2), attempts=pace.attempts + 1, failing_since=pace.failing_since or now_ms
    )


def after_split(pace: Pace, taken: int) -> Pace:
    """`taken` events, more than one, were refused as a whole for at least one of them."""
    return replace(pace, limit=max(1, taken // 2), suspects=taken, attempts=0, failing_since=0)


def after_rejection() -> Pace:
    """The refused event was alone and is done with: nobody else is suspect, full speed again."""
    return Pace()
