"""Read the time of an event: mParticle's time as Unix seconds, checked against the time of receipt (E3)."""

import re
from datetime import UTC, datetime
from functools import lru_cache

from config.dead_letter_reasons import TOO_OLD
from mapping.results import RejectEvent, SendWithNote, invalid
from mapping.values import is_blank

_NUMBER = re.compile(r"(-?[0-9]{1,19})(?:\.[0-9]*)?").fullmatch
_2010 = int(datetime(2010, 1, 1, tzinfo=UTC).timestamp())
"""No event is older: an earlier time comes from a clock that was never set, or from an unset value."""
FIRST_MS = _2010 * 1000
_MILLISECONDS = range(FIRST_MS, 10**13)
_SECONDS = range(_2010, 10**10)
_CLOCK_SKEW_MS = 10 * 60 * 1000

_NOT_A_TIME = invalid("must be a time in Unix milliseconds: thirteen digits, such as 1700000000000")
_TOO_OLD = RejectEvent(TOO_OLD.code, "is longer ago than max_event_age of this connection allows")
_MISSING = "missing: the time of receipt is sent"
_NEVER_SET = "before 2010, so the sender's clock was never set: the time of receipt is sent"
_IN_SECONDS = "has ten digits and was taken as seconds; mParticle's times are in milliseconds"
_AHEAD = "up to ten minutes in the future: the time of receipt is sent"
_FAR_AHEAD = "more than ten minutes in the future: sent as it is; check the sender's clock"


def event_time(value: object, received_ms: int) -> int | SendWithNote | RejectEvent:
    """Return the Unix seconds of an event whose `timestamp_unixtime_ms` is `value`, received at `received_ms`."""
    if type(value) is int and FIRST_MS <= value <= received_ms and value < 10**13:
        return value // 1000
    if value is None or is_blank(value):
        return SendWithNote(received_ms // 1000, _MISSING)
    stamp = _integer(value)
    if stamp is None:
        return _NOT_A_TIME
    if stamp in _MILLISECONDS:
        return _sane(stamp, received_ms)
    if stamp in _SECONDS:
        seconds = _sane(stamp * 1000, received_ms)
        if isinstance(seconds, SendWithNote):
            return SendWithNote(seconds.value, f"{_IN_SECONDS}; {seconds.note}")
        return SendWithNote(seconds, _IN_SECONDS)
    return SendWithNote(received_ms // 1000, _NEVER_SET) if stamp < FIRST_MS else _NOT_A_TIME


def tells_time(value: object) -> bool:
    """Return whether an event has a time: not absent, and not that of a clock that was never set."""
    if type(value) is int:
        return value >= FIRST_MS or value in _SECONDS
    if value is None or is_blank(value):
        return False
    stamp = _integer(value)
    return stamp is None or tells_time(stamp)


def young_enough(taken: int | SendWithNote | RejectEvent, oldest_s: int) -> int | SendWithNote | RejectEvent:
    """Return `taken`, a result of `event_time`, unless it is before `oldest_s` (X9)."""
    seconds = taken.value if isinstance(taken, SendWithNote) else taken
    return _TOO_OLD if isinstance(seconds, int) and seconds < oldest_s else taken


def _sane(stamp_ms: int, received_ms: int) -> int | SendWithNote:
    if stamp_ms <= received_ms:
        return stamp_ms // 1000
    if stamp_ms <= received_ms + _CLOCK_SKEW_MS:
        return SendWithNote(received_ms // 1000, _AHEAD)
    return SendWithNote(stamp_ms // 1000, _FAR_AHEAD)


def _integer(value: object) -> int | None:
    """Return the integer in `value`, without its fraction; None when there is none."""
    if isinstance(value, str):
        found = _NUMBER(value.strip())
        return int(found[1]) if found else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return int(value)


def iso_8601(seconds: int) -> str:
    """Return `YYYY-MM-DDTHH:MM:SSZ`, the legacy API's form."""
    minute, second = divmod(seconds, 60)
    return f"{_minute(minute)}{second:02}Z"


@lru_cache(maxsize=1024)
def _minute(minutes: int) -> str:
    """Return the text that all seconds of a minute share; events of one time arrive together."""
    return datetime.fromtimestamp(minutes * 60, UTC).isoformat()[:17]
