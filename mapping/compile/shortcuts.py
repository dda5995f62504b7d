"""For each rule of a user's fields, a shortcut: a condition on `value`, and the rule's result where it holds.

It saves the calls by which a rule hashes or normalises the values that nearly all users have. As in `plain.py`, the
condition must be sufficient, and need not be necessary: any other value goes through the rule.
"""

from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Final, NamedTuple

from config.model import Connection
from mapping.compile.plain import NAMED
from mapping.fields import rules
from mapping.fields.consent import advertising_id_hash
from mapping.fields.event_time import FIRST_MS, iso_8601
from mapping.fields.hashing import digest
from mapping.fields.ip import OCTETS, PLAINLY_PUBLIC
from mapping.fields.normalise import PLAIN_EMAIL
from mapping.fields.phones.numbers import CHANGED_AT, DIGITS, E164
from mapping.fields.places import COUNTRY_OF_CODE
from mapping.fields.rules import PerConnection, Rule
from mapping.fields.web import TTP, ttp

SHORTCUT_NAMES: Final[Mapping[str, object]] = {
    **NAMED,
    "digest": digest,
    "iso_8601": iso_8601,
    "FIRST_MS": FIRST_MS,
    "COUNTRY_OF_CODE": COUNTRY_OF_CODE,
    "TTP": TTP,
    "PLAIN_EMAIL": PLAIN_EMAIL,
    "CHANGED_AT": CHANGED_AT,
    "DIGITS": DIGITS,
    "E164": E164,
    "OCTETS": OCTETS,
    "PLAINLY_PUBLIC": PLAINLY_PUBLIC,
}
"""The names that conditions and results refer to."""

MOST_RESULTS: Final = 4096
LONGEST_KEPT: Final = 64

_TEXT = "type(value) is str and"
_NO_PLACEHOLDER = "value[:3] not in BEGINNINGS"
_NO_HASH = "len(value) != 64"
_ALPHABETIC = f"{_TEXT} value.isascii() and value.isalpha() and {_NO_PLACEHOLDER} and {_NO_HASH}"
_WORD = f"{_TEXT} value.isascii() and value.isalnum() and value[0] != '0' and {_NO_PLACEHOLDER} and {_NO_HASH}"
_ID = (
    f"{_TEXT} value and value[0] not in ODD and value[-1] != ' ' and value.isascii() and value.isprintable()"
    f" and {_NO_PLACEHOLDER} and {_NO_HASH}"
)


class Shortcut(NamedTuple):
    """Where `when` holds, the rule's result is `result`; a list's only entry, where the field takes a list.

    It does not serve a connection that has the setting `unless`. Where the same few values come from most users,
    results are cached (`keeps`).
    """

    when: str
    result: str
    unless: str | None = None
    keeps: bool = False


SHORTCUTS: Final[Mapping[Rule | PerConnection, Shortcut]] = {
    rules.event_time: Shortcut(
        "type(value[0]) is int and FIRST_MS <= value[0] <= value[1] and value[0] < 10000000000000",
        "value[0] // 1000",
        unless="max_event_age_s",
    ),
    rules.user_ip: Shortcut(
        "type(value[0]) is str and len(octets := value[0].split('.')) == 4 and octets[0] in PLAINLY_PUBLIC"
        " and OCTETS.issuperset(octets)",
        "value[0]",
    ),
    rules.email_hashes: Shortcut(
        f"{_TEXT} PLAIN_EMAIL(normal := value.lower()) and '..' not in normal", "digest(normal)"
    ),
    rules.external_id_hashes: Shortcut(_ID, "digest(value)"),
    rules.phone_hashes: Shortcut(
        f"{_TEXT} value[4:5] not in CHANGED_AT.get(value[1:4], DIGITS) and E164(value)", "digest(value)"
    ),
    rules.name_hash: Shortcut(_ALPHABETIC, "digest(value.lower())", keeps=True),
    rules.zip_code_hash: Shortcut(_WORD, "digest(value.lower())"),
    rules.plain_city: Shortcut(_WORD, "value.lower()", keeps=True),
    rules.plain_state: Shortcut(_WORD, "value.lower()", keeps=True),
    rules.plain_country: Shortcut(f"{_TEXT} value in COUNTRY_OF_CODE", "COUNTRY_OF_CODE[value]"),
    advertising_id_hash: Shortcut(_ID, "digest(value.lower())"),
    ttp: Shortcut(f"{_TEXT} TTP(value) and value[0] not in ODD and {_NO_PLACEHOLDER} and {_NO_HASH}", "value"),
}


@cache
def kept_results(rule: Rule, shortcut: Shortcut) -> Rule:
    """Return the rule for texts of at most LONGEST_KEPT characters: with its shortcut, and its newest results cached.

    All connections share the cache. It holds no more of a person than a first name or a city.
    """
    names = {**SHORTCUT_NAMES, "rule": rule}
    apply: Rule = eval(f"lambda value: {shortcut.result} if {shortcut.when} else rule(value)", names)  # noqa: S307
    return lru_cache(maxsize=MOST_RESULTS)(apply)


def shortcut_of(rule: Rule | PerConnection, connection: Connection) -> Shortcut | None:
    """Return the shortcut of a row's rule on this connection, if there is one."""
    shortcut = SHORTCUTS.get(rule)
    if shortcut is None or (shortcut.unless is not None and getattr(connection, shortcut.unless) is not None):
        return None
    return shortcut
