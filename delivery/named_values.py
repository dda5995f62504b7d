"""Find the events of a request that hold a value which TikTok's refusal names."""

import re
from collections.abc import Collection, Iterator, Sequence
from typing import Any, Final, NamedTuple

import msgspec

from delivery.verdict import Rejection

_QUOTED: Final = re.compile(r"\"([^\"]+)\"|'([^']+)'|`([^`]+)`|“([^”]+)”")
_WORD: Final = re.compile(r"[^\s,;:()\[\]{}\"'`“”]+")
_MOST_TEXTS: Final = 50
"""The most words of a refusal that are tried as values."""

_decode = msgspec.json.Decoder().decode


class NamedValue(NamedTuple):
    """A value that TikTok's message quotes, and the JSON member that holds it; "" where TikTok named no field."""

    member: str
    text: str


class NamedValues:
    """Find the events of a draft that hold a value named by a refusal. Each member is read from the bodies once."""

    def __init__(self, bodies: Sequence[bytes]) -> None:
        self._bodies = bodies
        self._holders: dict[str, dict[str, list[int]]] = {}
        self._distrusted: set[NamedValue] = set()

    def rarest(self, rejection: Rejection, request: Collection[int]) -> tuple[int, NamedValue] | None:
        """Return an event of `request` and its named value, the value that the fewest events hold.

        Return None if every named value is held by all events of the request, or by none.
        """
        in_request, fewest = set(request), len(request)
        found: tuple[int, NamedValue] | None = None
        for value in self._named(rejection):
            holders = [event for event in self.holders(value) if event in in_request]
            if 0 < len(holders) < fewest:
                fewest, found = len(holders), (holders[0], value)
        return found

    def value_of(self, event: int, rejection: Rejection) -> NamedValue | None:
        """Return the named value that this event holds; None if it holds none."""
        return next((value for value in self._named(rejection) if event in self.holders(value)), None)

    def holders(self, value: NamedValue) -> Sequence[int]:
        """Return the events that hold the value, in order."""
        known = self._holders.get(value.member)
        if known is None:
            known = self._holders[value.member] = self._read(value.member) if value.member else {}
        if not value.member and value.text not in known:
            known[value.text] = list(self._quoting(value.text))
        return known.get(value.text, ())

    def distrust(self, value: NamedValue) -> None:
        """Ignore this value from now on: TikTok accepted an event that holds it."""
        self._distrusted.add(value)

    def _named(self, rejection: Rejection) -> Iterator[NamedValue]:
        """Yield the values that the refusal may name. Without a field, only quoted texts count."""
        member = _member_of(rejection.field)
        quoted = [next(text for text in texts if text) for texts in _QUOTED.findall(rejection.message)]
        texts = [*quoted, *_WORD.findall(rejection.message.partition(":")[2])] if member else quoted
        for text in dict.fromkeys(texts[:_MOST_TEXTS]):
            value = NamedValue(member, text)
            if value not in self._distrusted:
                yield value

    def _read(self, member: str) -> dict[str, list[int]]:
        """Return the events that hold each text, for texts in members of this name."""
        holders: dict[str, list[int]] = {}
        key = f'"{member}":'.encode()
        for event, body in enumerate(self._bodies):
            if key in body:
                for text in {*_texts_under(member, _decode(body))}:
                    holders.setdefault(text, []).append(event)
        return holders

    def _quoting(self, text: str) -> Iterator[int]:
        as_text = msgspec.json.encode(text)
        return (event for event, body in enumerate(self._bodies) if as_text in body)


def _member_of(field: str | None) -> str:
    """Return the last name of a path, ignoring list indexes: `properties.contents.0.content_id` → `content_id`."""
    names = [name for name in (field or "").split(".") if not name.isdigit()]
    return names[-1] if names else ""


def _texts_under(member: str, value: Any, *, below: bool = False) -> Iterator[str]:
    match value:
        case dict():
            for name, inner in value.items():
                yield from _texts_under(member, inner, below=name == member)
        case list():
            for inner in value:
                yield from _texts_under(member, inner, below=below)
        case str() if below:
            yield value
        case bool() | None:
            return
        case int() | float() if below:
            yield str(value)
        case _:
            return
