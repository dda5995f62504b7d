"""How a lane slows, searches and speeds up again; pure arithmetic on `Pace`, in events.

Every retryable failure halves the next claim and every success doubles it: that isolates an event on which TikTok
always fails, and copes with time-outs that size causes. A refusal makes the leading events suspects, and each later
claim takes half of them until the bad one is alone; or, where the refusal named one, those before it and then that
one. A name that proves wrong costs two requests.
"""

from dataclasses import replace

from lanes.settlement import Pace


def after_success(pace: Pace, taken: int, most: int) -> Pace:
    """`taken` events are finished; `most` is what a claim may take at full speed."""
    suspects, hint = max(0, pace.suspects - taken), max(0, pace.hint - taken)
    if suspects:
        return Pace(limit=_next_step(suspects, hint), suspects=suspects, hint=hint)
    if pace.suspects:
        return Pace()
    return Pace(limit=0 if pace.limit * 2 >= most else pace.limit * 2)


def after_retry(pace: Pace, taken: int, now_ms: int) -> Pace:
    """`taken` events got no answer that settles them."""
    return replace(
        pace, limit=max(1, taken // 2), attempts=pace.attempts + 1, failing_since=pace.failing_since or now_ms
    )


def after_split(pace: Pace, taken: int, hint: int = 0) -> Pace:
    """`taken` events, more than one, were refused as a whole for at least one of them: the one at `hint`, from 1."""
    if pace.hint:
        hint = 0  # the events before the one that was named were refused as well: do not believe another name
    return Pace(limit=_next_step(taken, hint), suspects=taken, hint=hint)


def _next_step(suspects: int, hint: int) -> int:
    """Events to take next: those before the named one, then it alone; without a name, half."""
    return max(1, hint - 1 if hint else suspects // 2)


def after_rejection() -> Pace:
    """The refused event was alone and is done with: nobody else is suspect, full speed again."""
    return Pace()
