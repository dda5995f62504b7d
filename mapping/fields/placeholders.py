"""Recognise text without meaning: what programs write for a missing value, and ids that stand for no user.

Hashed, such a text would be one identity that all users without a value share. The whole value is compared, trimmed
and in any case. Fields whose real values can look the same have a function of their own here.
"""

import re
from hashlib import sha256
from itertools import product
from typing import Final

from mapping.fields.characters import without_invisible
from mapping.results import OmitField

NO_VALUE: Final = OmitField("a placeholder such as null or undefined, which stands for no value")
NO_USER: Final = OmitField("a placeholder such as 0, -1 or null: hashed, it would be one identity of all unknown users")
HASH_OF_NO_VALUE: Final = OmitField("it is the hash of an empty value or of a placeholder")

# Their sources: JavaScript (undefined, NaN, [object Object]), Python (None, nan), Ruby and Go (nil), Objective-C
# ((null)), Java and SQL (null, \N), PHP (Array), spreadsheets (#N/A, #REF!), Google's tags ((not set)), forms (-, N/A).
_WORDS: Final = frozenset(
    {
        *("undefined", "undef", "null", "none", "nil", "nan", "void", "unset", "unknown", "unspecified", "missing"),
        *("empty", "blank", "array", "object", "n/a", "n.a", "n\\a", "n/d", "na", "\\n", "nullptr", "dbnull"),
        *("nothing", "unavailable", "object object", "object undefined", "object null"),
        *("#ref!", "#value!", "#name?", "#div/0!", "#num!"),
        *(f"{no}{between}{what}" for no, what in (
            ("not", "available"), ("not", "applicable"), ("not", "set"), ("not", "provided"), ("not", "specified"),
            ("not", "defined"), ("not", "known"), ("not", "found"), ("no", "value"), ("no", "data"),
        ) for between in (" ", "_", "-", "")),
    }
)  # fmt: skip
_USERS: Final = frozenset({"anonymous", "anon", "guest", "guest user", "nobody", "true", "false", "inf", "infinity"})
"""Words that name no user. Guest and True are surnames, so they stay in names."""
_NAMES: Final = frozenset({"Nan", "Nil", "Na", "Void", "Blank"})
"""Words that are names of people when written like this: a program writes `nan`, NaN or NAN."""
_STATES: Final = frozenset({"na", "nan"})
"""NA is Naples, and Nan a province of Thailand; a list of states does not hold JavaScript's NaN."""

_UNKNOWN_COUNTRIES: Final = frozenset({"xx", "zz", "t1", "a1", "a2", "o1"})
"""Answers of lookups by IP address: Cloudflare (XX, T1 for Tor), MaxMind (A1, A2, O1), CLDR (ZZ)."""

# Unfilled template fields, and objects written as text.
_UNFILLED: Final = re.compile(
    r"\{\{.*\}\}|[$#]\{.*\}|%%.*%%|<%.*%>|\*\|.*\|\*|__[a-z0-9_]+__|\{[a-z_.]+\}|\[[a-z_.]+\]|<[a-z_.]+>|%[a-z_]+%"
    r"|\[object \w+\]|<.* object at 0x[0-9a-f]+>",
    re.DOTALL | re.IGNORECASE,
).fullmatch
_PUNCTUATION: Final = " '\"`()[]<>{}#.!-_*?:/\\|,;~=+&%$@^\t\r\n\u00a0\u2010\u2013\u2014\u2212"
_BETWEEN: Final = re.compile(r"[\s,;|:_-]+")
LONGEST: Final = 20
"""The longest placeholder that starts with an alphanumeric character except 0; UUIDs of F are longer."""
_QUOTES: Final = "'\"`\u201c\u201d\u2018\u2019\u00ab\u00bb "
_ZEROS: Final = "0-.+{} "
_MINUS_ONE: Final = re.compile(r"-1(\.0*)?").fullmatch
_LEAST_UUID: Final = 32
STARTS: Final = frozenset({*(word[:3] for word in (*_WORDS, *_USERS)), "fff", "urn"})
ODD: Final = frozenset(f"{_PUNCTUATION}{_QUOTES}0" + "".join(map(chr, range(32))))
"""With `STARTS`, the beginnings of all placeholders: most values begin otherwise and need no further check."""
BEGINNINGS: Final = frozenset(
    "".join(letters) + after
    for start in STARTS
    for letters in product(*((letter, letter.upper()) for letter in start))
    for after in (("", " ") if len(start) < 3 else ("",))
)
"""`STARTS` in every case: the first three characters of placeholders in ASCII, as they are written."""


def is_placeholder(text: str) -> bool:
    """Return whether trimmed text that is not empty stands for no value, in any field."""
    if text[0] not in ODD and text[:3].casefold() not in STARTS:
        return False
    return _is_placeholder(text)


def _is_placeholder(text: str) -> bool:
    if len(text) > LONGEST and text[0].isalnum():
        return False
    text = text.strip(_QUOTES)
    plain = text.casefold()
    core = plain.strip(_PUNCTUATION)
    if core in _WORDS or plain in _WORDS or not core:
        return True
    return (not text[0].isalnum() and _UNFILLED(text) is not None) or (core[0] in "un" and _is_repeated(core))


def is_placeholder_name(text: str) -> bool:
    """Return whether a person's first or last name is a placeholder."""
    return text not in _NAMES and is_placeholder(text)


def is_placeholder_state(text: str) -> bool:
    """Return whether a state or province is a placeholder."""
    return text.casefold() not in _STATES and is_placeholder(text)


def is_placeholder_country(text: str) -> bool:
    """Return whether a country is a placeholder: `NA` is Namibia, `N/A` is none; some codes mean unknown."""
    return text.casefold() != "na" and (is_placeholder(text) or text.casefold() in _UNKNOWN_COUNTRIES)


def is_no_id(text: str) -> bool:
    """Return whether trimmed text is no id: a placeholder, zero, -1, the nil or the greatest UUID."""
    if text[0] not in ODD and text[:3].casefold() not in STARTS:
        return False
    text = text.strip(_QUOTES) or "-"
    if not text.strip(_ZEROS) or _MINUS_ONE(text):
        return True
    bare = text.casefold().removeprefix("urn:uuid:")
    return (len(bare) >= _LEAST_UUID and (not bare.strip("f-{} ") or not bare.strip(_ZEROS))) or _is_placeholder(text)


def is_no_user(text: str) -> bool:
    """Return whether trimmed text names no user: no id, or a word for users without one."""
    if text[0] not in ODD and text[:3].casefold() not in STARTS:
        return False
    return is_no_id(text) or text.casefold().strip(_PUNCTUATION) in _USERS


def _is_repeated(core: str) -> bool:
    """Return whether the text is several placeholders, such as `undefined undefined` from two empty fields."""
    return all(word in _WORDS for word in _BETWEEN.split(core))


def _hashes() -> frozenset[str]:
    words = {*_WORDS, *_USERS, "", " ", "0", "-1", "-", "[object Object]", "n.a.", "0" * 32, "#n/a"}
    words |= {"00000000-0000-0000-0000-000000000000", "null@null", "undefined@undefined"}
    words |= {f"{before}{word}{after}" for word in _WORDS for before, after in ("()", "<>", "[]", "#!")}
    words |= {spelt for word in words for spelt in (word.upper(), word.capitalize(), word.title())} | {"NaN"}
    return frozenset(sha256(word.encode()).hexdigest() for word in words)


HASHES: Final = _hashes()
"""The hashes that senders send of a placeholder."""


def own_user(text: str) -> str | None:
    """Return trimmed text without invisible characters if it can name a user, else None."""
    trimmed = without_invisible(text).strip()
    return trimmed if trimmed and not is_no_user(trimmed) else None


def own_text(text: str) -> str | None:
    """Return the text of an id unchanged if it can be one, else None."""
    trimmed = without_invisible(text).strip()
    return text if trimmed and not is_no_id(trimmed) else None
