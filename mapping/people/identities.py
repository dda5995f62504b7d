"""Read every identity in a stored batch: those that the mapping reads, and those that it omits.

Erasure must find each person who could be sent to TikTok, and each who only appears in the data. So identities are
read as the mapping reads them, and once more value by value, in any shape.
"""

import json
import re
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import msgspec

from mapping.incoming.batch_fields import read_batch_fields, relevant
from mapping.incoming.event import UNREADABLE
from mapping.incoming.identity_names import ALIASES, entries_of
from mapping.values import text

MPID: Final = "mpid"
_KIND_OF: Final = {alias: kind for kind, alias in ALIASES.items()}
_ESCAPE: Final = re.compile(r"\\u([0-9A-Fa-f]{4})|\\(.)", re.DOTALL)


class Identity(NamedTuple):
    """`kind` is one of `identity_keys.KINDS`; `value` is text as people write it, or its SHA-256 from the sender."""

    kind: str
    value: str

    def __repr__(self) -> str:
        return f"Identity(kind={self.kind!r})"


class _Members(msgspec.Struct):
    user_identities: Any = None
    mpid: Any = None


_decode = msgspec.json.Decoder(_Members).decode


def identities_in(shared: bytes) -> set[Identity] | None:
    """Return every identity in a batch's JSON without `events`; None where that is unreadable."""
    try:
        return _identities(_decode(shared))
    except UNREADABLE:
        pass
    try:  # a number is too large: read the other values, and also as the mapping reads them
        members = _loads(shared)
        if not isinstance(members, dict):
            return None
        mapped = read_batch_fields(relevant(shared))
        written = _Members(members.get("user_identities"), members.get(MPID))
        return _identities(written) | _identities(_Members(mapped.identities, mapped.mpid))
    except (ValueError, RecursionError):
        return None


def identities_in_anything(raw: bytes) -> set[Identity]:
    """Return possible identities in JSON that is no batch: every value under its own name, and under none."""
    try:
        named = set(_named(_loads(raw)))
    except (ValueError, RecursionError):
        return set()
    return named | {Identity("", identity.value) for identity in named}


def mentions(raw: bytes, identity: Identity) -> bool:
    """Return whether the identity's value occurs in a text as a word, escaped or not, in any case."""
    written = raw.decode("utf-8", "replace")
    plain = _ESCAPE.sub(lambda found: chr(int(found[1], 16)) if found[1] else found[2], written)
    word = re.escape(identity.value.strip().casefold())
    return re.search(rf"(?<![^\W_]){word}(?![^\W_])", f"{written}\n{plain}".casefold()) is not None


def _identities(members: _Members) -> set[Identity]:
    return {*_named(members.user_identities), *_named(members.mpid, MPID)}


def _loads(raw: bytes) -> Any:
    """Return JSON with its numbers as written, so that a number too large for Python's parser costs nothing else."""
    return json.loads(raw.decode("utf-8", "replace"), parse_float=str, parse_int=str, parse_constant=str)


def _named(value: Any, name: str = "") -> Iterator[Identity]:
    """Yield every plain value below `value`, under the nearest name above it; webhook entries hold their own name."""
    match value:
        case {"identity_type": str(kind), "identity": inner}:
            yield from _named(inner, kind)
        case dict():
            for key, inner in entries_of(value):
                yield from _named(inner, key)
        case list():
            for inner in value:
                yield from _named(inner, name)
        case None | bool():
            return
        case _:
            plain = text(value)
            if isinstance(plain, str):
                kind = name.strip().lower()
                yield Identity(_KIND_OF.get(kind, kind), plain)
