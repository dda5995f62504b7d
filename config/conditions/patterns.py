"""Search for regular expressions with RE2, which takes time in proportion to the text (decision 0024)."""

from collections.abc import Callable
from typing import Final
from unicodedata import normalize

import re2

MOST_CHARACTERS: Final = 200
MOST_INSTRUCTIONS: Final = 4000
"""Of the compiled expression: `.` has 8, `\\pL` 1,198. A search takes a second for 100,000 characters at most."""
MOST_MEMORY: Final = 8 << 20
"""Bytes that one expression may use, with what its searches remember."""

_OPTIONS: Final = re2.Options()
_OPTIONS.max_mem = MOST_MEMORY
_OPTIONS.case_sensitive = False
_OPTIONS.dot_nl = True
_OPTIONS.never_capture = True
_OPTIONS.log_errors = False

_ADVICE: Final = {
    "invalid perl operator: (?=": "RE2 has no look-around",
    "invalid perl operator: (?!": "RE2 has no look-around",
    "invalid perl operator: (?<": "RE2 has no look-around",
    "invalid perl operator": "allowed after `(?` are `:`, `P<name>` and the flags i, m, s, U",
    **{f"invalid escape sequence: \\{digit}": "RE2 has no back references" for digit in "123456789"},
    "invalid escape sequence": "allowed after a backslash are d D w W s S b B A z t n r f v a, pL, x{…}, punctuation",
    "bad repetition operator": "put the repeated part in ( )",
    "invalid repetition size": "allowed are at most 1000 repetitions, those within others multiplied",
    "no argument for repetition operator": "nothing stands before it to repeat; a backslash makes it a character",
    "trailing \\": "write two for the character itself",
}
"""What to do, by the beginning of RE2's message; the first that fits counts."""


class BadPattern(ValueError):
    """The text is no pattern; the message follows the name of the setting."""


def compile_pattern(text: str) -> Callable[[str], bool]:
    """Return whether the pattern matches a part of a text; capitals do not matter. Raise BadPattern."""
    if len(text) > MOST_CHARACTERS:
        raise BadPattern(f"has {len(text)} characters: allowed are at most {MOST_CHARACTERS}")
    try:
        pattern = re2.compile(_bytes(text), _OPTIONS)
    except re2.error as error:
        [message] = error.args
        raise BadPattern(_explained(message.decode(errors="replace"))) from None
    if pattern.programsize > MOST_INSTRUCTIONS:
        raise BadPattern(_TOO_LARGE)
    return lambda value: pattern.search(_bytes(value)) is not None


_TOO_LARGE: Final = "is too large once its repetitions are written out: use smaller numbers"


def _bytes(text: str) -> bytes:
    """Return UTF-8 with accents in one form; JSON may have half a character, which RE2 takes for any other."""
    return normalize("NFC", text).encode("utf-8", "surrogatepass")


def _explained(message: str) -> str:
    if message.startswith("pattern too large"):
        return _TOO_LARGE
    reason, _, part = message.partition(": ")
    what = f"{reason}: `{part}`" if part else reason
    advice = next((f"; {advice}" for start, advice in _ADVICE.items() if message.startswith(start)), "")
    return f"is no regular expression of RE2 ({what}){advice}"
