"""Decide how long to wait before the next attempt. Whether to retry at all is decided in `verdict`."""

import re
from collections.abc import Callable
from typing import Final

from delivery.answer import http_date_s

DEDUPLICATED_FOR_MS: Final = 47 * 3_600_000
"""TikTok deduplicates an event id for 48 hours. One hour of that is kept for differing clocks and transport."""

BASE_S = 1.0
CAP_S = 300.0
LEAST_RETRY_AFTER_S = 1.0
"""The least wait, so that `Retry-After: 0` does not cause requests without a pause."""
MOST_RETRY_AFTER_S = 3600.0
"""The longest wait, so that a wrong header costs at most an hour."""

_SECONDS = re.compile(r"\d{1,12}(?:\.\d{1,6})?", re.ASCII)


def delay(attempt: int, retry_after_s: float | None, random: Callable[[], float]) -> float:
    """Return the seconds to wait after failed attempt number `attempt` (from 1).

    A wait that TikTok asked for counts, clamped to 1–3600 s. Otherwise the wait has full jitter: a random time from
    0 to 1, 2, 4 … 300 s, so that workers that failed together do not retry together. `random` returns [0, 1).
    """
    if retry_after_s is not None:
        return min(max(retry_after_s, LEAST_RETRY_AFTER_S), MOST_RETRY_AFTER_S)
    doublings = min(max(attempt, 1) - 1, 30)
    return random() * min(BASE_S * 2.0**doublings, CAP_S)


def retry_after_s(header: str | None, now_s: float) -> float | None:
    """Return the seconds after `now_s` (Unix) that a `Retry-After` header asks for, unclamped.

    Return None when the header is absent or unreadable.
    """
    if header is None:
        return None
    text = header.strip()
    if _SECONDS.fullmatch(text):
        return float(text)
    date_s = http_date_s(text)
    return None if date_s is None else date_s - now_s
