"""Explain why Redis cannot be used: each refusal in a sentence, with a remedy and whether waiting helps."""

import re
from collections.abc import Iterator
from typing import Final

from redis.exceptions import RedisError, ResponseError

from store.diagnosis.causes import ROWS, URL
from store.errors import RedisAway, RedisFull, Trouble

UNUSABLE: Final = (RedisError, OSError, RuntimeError)
"""What a client raises when Redis cannot be used; uvloop raises a RuntimeError for a transport that is closed."""
SHOWN: Final = 200
_QUOTED: Final = re.compile(r"(['\"`])(?:(?!\1).)*\1?")
_COMMAND: Final = re.compile(r"(?:run the '|unknown (?:redis )?command[ :`']*)([a-z0-9_|.-]{1,40})", re.IGNORECASE)
_FLAW: Final = re.compile(r"verify failed: ([a-z -]{1,60})", re.IGNORECASE)
_ROWS: Final = [(re.compile(row.sign, re.IGNORECASE), row) for row in ROWS]


def diagnose(error: BaseException) -> Trouble:
    """Return what an exception of a Redis client means; words of the server that may quote data are omitted."""
    text = " | ".join(_texts(error))
    error_text = (
        _QUOTED.sub("…", str(error).partition(", with args")[0])[:SHOWN] if isinstance(error, ResponseError) else ""
    )
    row = next((row for sign, row in _ROWS if sign.search(text)), None)
    if row is not None:
        return Trouble(row.code, row.problem + _detail(row.code, text), row.what_to_do, row.passes, error_text)
    if error_text:
        return Trouble(
            "refused",
            f"Redis refused a command: {error_text}",
            "see the server's log, and relay check",
            error_text=error_text,
        )
    kind = type(error).__name__
    return Trouble("connection", f"Redis does not answer: the connection broke ({kind})", f"start it, or correct {URL}")


def named_trouble(code: str) -> Trouble:
    """Return the row of that code, where it was found out without an exception."""
    row = next(row for row in ROWS if row.code == code)
    return Trouble(row.code, row.problem, row.what_to_do, row.passes)


def _detail(code: str, text: str) -> str:
    if code in ("noperm", "unknown_command") and (command := _COMMAND.search(text)):
        return f": {command[1].upper()}"
    if code == "tls_certificate" and (flaw := _FLAW.search(text)):
        return f": {flaw[1].strip()}"
    return ""


class ErrorTranslation:
    """A `with` block that turns each error of a Redis client inside it into RedisAway or RedisFull."""

    def __enter__(self) -> None:
        """Do nothing."""

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        """Raise RedisAway or RedisFull for an error of the client; let every other error through."""
        if isinstance(error, (RedisError, OSError)) or type(error) is RuntimeError:
            raise refusal(error) from None


translate_errors: Final = ErrorTranslation()


def refusal(error: Exception) -> RedisFull | RedisAway:
    """Return what an error of a client means for the caller: its memory is full, or it cannot be used now."""
    trouble = diagnose(error)
    return RedisFull(trouble.problem) if trouble.code == "oom" else RedisAway(trouble)


def _texts(error: BaseException) -> Iterator[str]:
    seen: BaseException | None = error
    for _ in range(6):
        if seen is None:
            return
        yield f"{type(seen).__name__} {getattr(seen, 'status_code', None) or ''} {seen}"
        seen = seen.__cause__ or seen.__context__
