"""Show the effect of a new configuration: compare two previews of the same batches, request by request."""

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
    event_id: str
    body: bytes


class _Absent:
    """The value of a field that one side does not have; JSON's null is a value, so it cannot say this."""


ABSENT: Final = _Absent()
_EMPTY: Final[Mapping[type, Any]] = {dict: {}, list: []}


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field that differs: its path, such as `user.email[0]`, and both values (ABSENT: a side does not have it)."""

    path: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class EventChange:
    """One TikTok event, from the event at `index` in the file. `fields` differ if both sides have it."""

    index: int
    tiktok_event: str
    change: Change
    fields: tuple[FieldChange, ...] = ()


@dataclass(frozen=True, slots=True)
class RequestChange:
    """One request, by its number from 0: changes of its URL and common fields, and of its events."""

    number: int
    change: Change
    fields: tuple[FieldChange, ...]
    events: tuple[EventChange, ...]


@dataclass(frozen=True, slots=True)
class OutcomeChange:
    """The outcomes of the event at `index`, as sentences."""

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
    """Return a comparison for each input and connection of either side, in the new side's order first."""
    old = {(preview.input, preview.connection): preview for preview in before}
    new = {(preview.input, preview.connection): preview for preview in after}
    return [_compare(pair, old.get(pair), new.get(pair)) for pair in {**new, **old}]


def _compare(pair: tuple[str, str], before: Preview | None, after: Preview | None) -> Comparison:
    requests = tuple(_requests(before, after))
    outcomes = tuple(_outcomes(before, after))
    change: Change | None = "changed" if requests or outcomes else None
    if before is None or after is None:
        change = "added" if before is None else "removed"
    return Comparison(pair[1], pair[0], change, requests, outcomes)


def _requests(before: Preview | None, after: Preview | None) -> Iterator[RequestChange]:
    """Yield the requests that differ. An event belongs to its new request; a removed one to its former request."""
    by_request: dict[int, list[EventChange]] = {}
    for number, event in _events(_sent(before), _sent(after)):
        by_request.setdefault(number, []).append(event)
    old = [] if before is None else before.requests
    new = [] if after is None else after.requests
    for number in range(max(len(old), len(new))):
        fields = tuple(differences(_envelope(old, number), _envelope(new, number)))
        events = tuple(by_request.get(number, ()))
        if fields or events:
            change: Change = "added" if number >= len(old) else "removed" if number >= len(new) else "changed"
            yield RequestChange(number, change, fields, events)


def _events(old: Mapping[int, list[_Sent]], new: Mapping[int, list[_Sent]]) -> Iterator[tuple[int, EventChange]]:
    """Yield the events that differ, each with the number of its request."""
    for index in sorted({**old, **new}):
        for former, current in _paired(old.get(index, []), new.get(index, [])):
            match former, current:
                case None, _Sent():
                    yield current.request, EventChange(index, current.tiktok_event, "added")
                case _Sent(), None:
                    yield former.request, EventChange(index, former.tiktok_event, "removed")
                case _Sent(), _Sent() if former.body != current.body:
                    fields = tuple(differences(msgspec.json.decode(former.body), msgspec.json.decode(current.body)))
                    yield current.request, EventChange(index, current.tiktok_event, "changed", fields)


def _paired(old: list[_Sent], new: list[_Sent]) -> Iterator[tuple[_Sent | None, _Sent | None]]:
    """Pair the TikTok events of one event on both sides: first those of the same name and id, then the others.

    Of one name, an event that is there once on both sides stays itself under another id; the others are in order.
    """
    left, others = list(old), list(new)
    for same in (_same_event, _same_name):
        waiting, others = others, []
        for current in waiting:
            former = next((sent for sent in left if same(sent, current)), None)
            if former is None:
                others.append(current)
            else:
                left.remove(former)
                yield former, current
    yield from zip_longest(left, others)


def _same_event(former: _Sent, current: _Sent) -> bool:
    return (former.tiktok_event, former.event_id) == (current.tiktok_event, current.event_id)


def _same_name(former: _Sent, current: _Sent) -> bool:
    return former.tiktok_event == current.tiktok_event


def _sent(preview: Preview | None) -> dict[int, list[_Sent]]:
    """Return every TikTok event of a preview, by the position of the event it came from."""
    sent: dict[int, list[_Sent]] = {}
    if preview is not None:
        numbers = [number for number, request in enumerate(preview.requests) for _ in request.items]
        for number, index, item in zip(numbers, preview.indexes, preview.items, strict=True):
            sent.setdefault(index, []).append(_Sent(number, item.tiktok_event, item.event_id, item.body))
    return sent


def _envelope(requests: Sequence[Request], number: int) -> dict[str, Any]:
    """Return a request without its events: its URL, and the fields common to all events."""
    if number >= len(requests):
        return {}
    body = msgspec.json.decode(requests[number].body)
    common = {name: value for name, value in body.items() if not isinstance(value, list)}
    return {"url": requests[number].url, **common}


def _outcomes(before: Preview | None, after: Preview | None) -> Iterator[OutcomeChange]:
    old, new = _outcomes_of(before), _outcomes_of(after)
    for index in sorted({**old, **new}):
        former, current = tuple(old.get(index, ())), tuple(new.get(index, ()))
        if former != current:
            yield OutcomeChange(index, former, current)


def _outcomes_of(preview: Preview | None) -> dict[int, list[str]]:
    """Return the outcomes of each event: names of TikTok events, or why there is none."""
    outcomes: dict[int, list[str]] = {}
    if preview is None:
        return outcomes
    described = [
        *((index, item.tiktok_event) for index, item in zip(preview.indexes, preview.items, strict=True)),
        *(
            (index, f"dead letter {item.reason}" + (f" ({item.field})" if item.field else ""))
            for index, item in preview.rejected
        ),
        *((index, f"unsupported: {item.what}") for index, item in preview.unsupported),
        *((index, f"withheld: {item.why}") for index, item in preview.withheld),
    ]
    for index, outcome in described:
        outcomes.setdefault(index, []).append(outcome)
    return outcomes


def differences(before: Any, after: Any, path: str = "") -> Iterator[FieldChange]:
    """Yield each value that differs, in the new side's order; a missing object or list counts as empty."""
    if isinstance(before, _Absent):
        before = _EMPTY.get(type(after), before)
    if isinstance(after, _Absent):
        after = _EMPTY.get(type(before), after)
    match before, after:
        case dict(), dict():
            for name in {**after, **before}:
                inner = f"{path}.{name}" if path else name
                yield from differences(before.get(name, ABSENT), after.get(name, ABSENT), inner)
        case list(), list():
            for place in range(max(len(before), len(after))):
                former, current = (side[place] if place < len(side) else ABSENT for side in (before, after))
                yield from differences(former, current, f"{path}[{place}]")
        case _ if type(before) is not type(after) or before != after:
            yield FieldChange(path, before, after)
