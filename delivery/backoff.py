"""How long to wait before the next try; whether to try at all is `verdict`'s to say."""

import re
from collections.abc import Callable
from typing import Final

from delivery.answer import http_date_s

DEDUPLICATED_FOR_MS: Final = 47 * 3_600_000
"""TikTok forgets an event id 48 hours after it first saw it; an hour is left for clocks and the way."""

BASE_S = 1.0
CAP_S = 300.0
LEAST_RETRY_AFTER_S = 1.0
"""`Retry-After: 0` is not an invitation to hammer."""
MOST_RETRY_AFTER_S = 3600.0
"""A mistaken header may cost an hour, not a day."""

_SECONDS = re.compile(r"\d{1,12}(?:\.\d{1,6})?", re.ASCII)


def delay(attempt: int, retry_after_s: float | None, random: Callable[[], float]) -> float:
    """Seconds to wait after failed attempt number `attempt` (from 1).

    A wait that TikTok asked for wins, within its clamp. Otherwise full jitter: anything between nothing and
    1, 2, 4 … 300 s, so that workers that failed together do not come back together. `random` gives [0, 1).
    """
    if retry_after_s is not None:
        return min(max(retry_after_s, LEAST_RETRY_AFTER_S), MOST_RETRY_AFTER_S)
    doublings = min(max(attempt, 1) - 1, 30)
    return random() * min(BASE_S * 2.0**doublings, CAP_S)


def retry_after_s(header: str | None, now_s: float) -> float | None:
    """Seconds from `now_s` (Unix) that a `Retry-After` header asks for, unclamped; None when absent or unreadable."""
    if header is None:
        return None
    text = header.strip()
    if _SECONDS.fullmatch(text):
        return float(text)
    date_s = http_date_s(text)
    return None if date_s is None else date_s - now_s
