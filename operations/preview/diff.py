"""What a change of configuration would change: two previews of the same batches, compared request by request."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any, Final, Literal, NamedTuple

import msgspec

from operations.preview.preview import Preview, Request

Change = Literal["added", "removed", "changed"]


class _Sent(NamedTuple):
    """One TikTok event of a preview, and the number of the request it is in."""

    request: int
    tiktok_event: str
    body: bytes


class _Absent:
    """Stands where a side has no such field; JSON has no word for it that is not a value."""


ABSENT: Final = _Absent()
_EMPTY: Final[Mapping[type, Any]] = {dict: {}, list: []}


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field that differs: its path such as `user.email[0]`, and both values; ABSENT where a side has none."""

    path: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class EventChange:
    """One TikTok event, at `index` in the file; `fields` of one that is on both sides."""

    index: int
    tiktok_event: str
    change: Change
    fields: tuple[FieldChange, ...] = ()


@dataclass(frozen=True, slots=True)
class RequestChange:
    """The request with this number, from 0: its URL and what surrounds its events, and the events themselves."""

    number: int
    change: Change
    fields: tuple[FieldChange, ...]
    events: tuple[EventChange, ...]


@dataclass(frozen=True, slots=True)
class OutcomeChange:
    """What becomes of the event at `index`, said in words."""

    index: int
    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """One input and connection; `change` is None where both configurations send the same bytes."""

    connection: str
    input: str
    change: Change | None
    requests: tuple[RequestChange, ...] = ()
    outcomes: tuple[OutcomeChange, ...] = ()


def compare_all(before: Sequence[Preview], after: Sequence[Preview]) -> list[Comparison]:
    """A comparison for each input and connection of either side, the new side's order first."""
    old = {(made.input, made.connection): made for made in before}
    new = {(made.input, made.connection): made for made in after}
    return [_compare(pair, old.get(pair), new.get(pair)) for pair in {**new, **old}]


def _compare(pair: tuple[str, str], before: Preview | None, after: Preview | None) -> Comparison:
    requests = tuple(_requests(before, after))
    outcomes = tuple(_outcomes(before, after))
    change: Change | None = "changed" if requests or outcomes else None
    if before is None or after is None:
        change = "added" if before is None else "removed"
    return Comparison(pair[1], pair[0], change, requests, outcomes)


def _requests(before: Preview | None, after: Preview | None) -> Iterator[RequestChange]:
    """An event belongs to the request it is in afterwards; one that is removed, to the one it was in."""
    by_request: dict[int, list[EventChange]] = {}
    for number, event in _events(_sent(before), _sent(after)):
        by_request.setdefault(number, []).append(event)
    old = [] if before is None else before.requests
    new = [] if after is None else after.requests
    for number in range(max(len(old), len(new))):
        fields = tuple(_differences(_envelope(old, number), _envelope(new, number)))
        events = tuple(by_request.get(number, ()))
        if fields or events:
            change: Change = "added" if number >= len(old) else "removed" if number >= len(new) else "changed"
            yield RequestChange(number, change, fields, events)


def _events(old: Mapping[int, list[_Sent]], new: Mapping[int, list[_Sent]]) -> Iterator[tuple[int, EventChange]]:
    """What differs, each with the number of its request."""
    for index in sorted({**old, **new}):
        for was, is_now in _paired(old.get(index, []), new.get(index, [])):
            match was, is_now:
                case None, _Sent():
                    yield is_now.request, EventChange(index, is_now.tiktok_event, "added")
                case _Sent(), None:
                    yield was.request, EventChange(index, was.tiktok_event, "removed")
                case _Sent(), _Sent() if was.body != is_now.body:
                    fields = tuple(_differences(msgspec.json.decode(was.body), msgspec.json.decode(is_now.body)))
                    yield is_now.request, EventChange(index, is_now.tiktok_event, "changed", fields)


def _paired(old: list[_Sent], new: list[_Sent]) -> Iterator[tuple[_Sent | None, _Sent | None]]:
    """What one source event became, then and now: first those of one name, then the others in their order."""
    left = list(old)
    others = []
    for is_now in new:
        was = next((one for one in left if one.tiktok_event == is_now.tiktok_event), None)
        if was is None:
            others.append(is_now)
        else:
            left.remove(was)
            yield was, is_now
    yield from zip_longest(left, others)


def _sent(made: Preview | None) -> dict[int, list[_Sent]]:
    """Every TikTok event of a preview, by the position of its source."""
    sent: dict[int, list[_Sent]] = {}
    if made is not None:
        numbers = [number for number, request in enumerate(made.requests) for _ in request.items]
        for number, index, item in zip(numbers, made.indexes, made.items, strict=True):
            sent.setdefault(index, []).append(_Sent(number, item.tiktok_event, item.body))
    return sent


def _envelope(requests: Sequence[Request], number: int) -> dict[str, Any]:
    """A request without its events: where it goes, and what is said once for all of them."""
    if number >= len(requests):
        return {}
    body = msgspec.json.decode(requests[number].body)
    said_once = {name: value for name, value in body.items() if not isinstance(value, list)}
    return {"url": requests[number].url, **said_once}


def _outcomes(before: Preview | None, after: Preview | None) -> Iterator[OutcomeChange]:
    old, new = _became(before), _became(after)
    for index in sorted({**old, **new}):
        was, is_now = tuple(old.get(index, ())), tuple(new.get(index, ()))
        if was != is_now:
            yield OutcomeChange(index, was, is_now)


def _became(made: Preview | None) -> dict[int, list[str]]:
    """What became of each event: TikTok events by name, else the reason that there is none."""
    became: dict[int, list[str]] = {}
    if made is None:
        return became
    said = [
        *((index, item.tiktok_event) for index, item in zip(made.indexes, made.items, strict=True)),
        *(
            (index, f"dead letter {one.reason}" + (f" ({one.field})" if one.field else ""))
            for index, one in made.rejected
        ),
        *((index, f"unsupported: {one.what}") for index, one in made.unsupported),
        *((index, f"withheld: {one.why}") for index, one in made.withheld),
    ]
    for index, words in said:
        became.setdefault(index, []).append(words)
    return became


def _differences(before: Any, after: Any, path: str = "") -> Iterator[FieldChange]:
    """Leaf by leaf, in the order of the new side; an object or a list that one side lacks is empty there."""
    if isinstance(before, _Absent):
        before = _EMPTY.get(type(after), before)
    if isinstance(after, _Absent):
        after = _EMPTY.get(type(before), after)
    match before, after:
        case dict(), dict():
            for name in {**after, **before}:
                inner = f"{path}.{name}" if path else name
                yield from _differences(before.get(name, ABSENT), after.get(name, ABSENT), inner)
        case list(), list():
            for place in range(max(len(before), len(after))):
                was, is_now = (side[place] if place < len(side) else ABSENT for side in (before, after))
                yield from _differences(was, is_now, f"{path}[{place}]")
        case _ if type(before) is not type(after) or before != after:
            yield FieldChange(path, before, after)
