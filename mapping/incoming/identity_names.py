"""Find the types of `user_identities` in any case of their names, and names that are nearly one."""

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any, Final

from config.text_cache import cached_by_text
from config.vocabulary import IDENTITY_TYPES
from mapping.results import Note
from mapping.values import is_blank

# Other names for an identity type that clients send: those of the SDKs and of the web SDK.
ALIASES: Final[Mapping[str, str]] = {
    "customer_id": "customerid",
    "facebook_custom_audience_id": "facebookcustomaudienceid",
    **{f"other_id_{n}": f"other{n}" for n in range(2, 11)},
}
KNOWN: Final = frozenset((*IDENTITY_TYPES, *ALIASES.values()))

_SEPARATORS: Final = re.compile(r"[\W_]+")
_NEAR: Final = {
    **{name.replace("_", ""): name for name in IDENTITY_TYPES},
    **dict.fromkeys(("mail", "emailaddress", "useremail"), "email"),
    **dict.fromkeys(("phone", "phonenumber", "mobile", "mobilephone", "msisdn", "cellphone"), "mobile_number"),
    **dict.fromkeys(("userid", "uid", "customer", "customernumber"), "customer_id"),
}
_LIKENESS: Final = 0.8
_LONGEST_NAME: Final = 40


def by_name(identities: Iterable[tuple[str, Any]]) -> tuple[dict[str, Any], tuple[Note, ...]]:
    """Return the identities under their known names, and notes on names that are nearly one.

    Of names that differ only in case, the last with a value counts; the exact name comes before others.
    """
    pairs = list(identities)
    found: dict[str, Any] = {}
    for name, value in pairs:
        known = name.strip().lower()
        if _is_empty(found.get(known)) or (not _is_empty(value) and known == name):
            found[known] = value
    misnamed = {name: near for name in found if (near := _near(name)) and _is_missing(near, found)}
    return found, tuple(map(_note, misnamed.items()))


def entries_of(identities: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
    """Yield names and identities of a map, or of a list with gaps, which PHP writes as a map from positions."""
    for name, value in identities.items():
        match value:
            case {"identity_type": str(kind), "identity": identity} if name.isdecimal():
                yield kind, identity
            case _:
                yield name, value


def _note(pair: tuple[str, str]) -> Note:
    name, near = pair
    field = f"user_identities.{near}"
    return Note(field, f"absent, and there is an identity `{name}`, which relay does not read: name it `{near}`")


def _is_missing(kind: str, found: Mapping[str, Any]) -> bool:
    return _is_empty(found.get(kind)) and _is_empty(found.get(ALIASES.get(kind, kind)))


@cached_by_text(1024)
def _near(name: str) -> str | None:
    """Return the type that `name` may mean; None for a type itself, and for any other name."""
    if name in KNOWN or len(name) > _LONGEST_NAME:
        return None
    plain = _SEPARATORS.sub("", name)
    if plain in _NEAR:
        return _NEAR[plain]
    likely = [] if plain[-1:].isdecimal() else get_close_matches(plain, _NEAR, n=1, cutoff=_LIKENESS)
    return _NEAR[likely[0]] if likely else None


def _is_empty(value: object) -> bool:
    return value is None or is_blank(value) or value == []
