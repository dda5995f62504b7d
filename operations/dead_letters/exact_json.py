"""Read JSON to show or edit it: every number stays as its sender wrote it, however large."""

import json
from collections.abc import Callable
from math import isfinite
from typing import Any, Final

import msgspec

from mapping.incoming.body import replace_lone_surrogates
from operations.masking import mask

MOST_NESTING: Final = 150
"""Deeper than any event that a mapping reads. The JSON is walked by recursion, so it needs a bound."""

_SHORT: Final = 18


class TooDeep(ValueError):
    """The JSON is nested too deeply to be shown or edited."""


def read_exactly(raw: bytes | str) -> Any:
    """Return the value of `raw`; a number that Python would change becomes `msgspec.Raw`. Raise ValueError, TooDeep."""
    return _read(raw if isinstance(raw, bytes) else raw.encode(), _exact)


def read_for_people(raw: bytes, *, reveal: bool) -> Any:
    """Return the value of `raw`, masked unless `reveal`; a sentence or the text itself where it cannot be parsed.

    A number too large for readers of JSON becomes a text that says so.
    """
    try:
        value = _read(raw, _readable)
        return value if reveal else mask(value)
    except ValueError as error:
        if reveal:
            return raw.decode("utf-8", "replace")
        why = "nested too deeply" if isinstance(error, TooDeep) else "no JSON in UTF-8"
        return f"{len(raw):,} bytes that cannot be shown: {why}"


def _read(raw: bytes, number: Callable[[str], Any]) -> Any:
    text = replace_lone_surrogates(raw).decode()
    try:
        value = json.loads(text, parse_int=number, parse_float=number, parse_constant=_no_number)
    except RecursionError:
        raise TooDeep from None
    if _is_too_deep(value):
        raise TooDeep
    return value


def _exact(written: str) -> Any:
    if len(written) <= _SHORT and written.removeprefix("-").isdecimal() and written != "-0":
        return int(written)
    number = float(written)
    return number if repr(number) == written else msgspec.Raw(written.encode())


def _readable(written: str) -> Any:
    return _exact(written) if isfinite(float(written)) else f"{written} (a number too large to be read)"


def _no_number(written: str) -> Any:
    raise ValueError(f"{written} is no JSON")


def _is_too_deep(value: Any) -> bool:
    level, depth = [value], 0
    while level := [inner for outer in level for inner in _inside(outer)]:
        depth += 1
        if depth > MOST_NESTING:
            return True
    return False


def _inside(value: Any) -> list[Any]:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [value for value in inner if isinstance(value, dict | list)]
