"""Decide what TikTok's answer means for the events that were sent. How long to wait is decided in `backoff`."""

import re
from dataclasses import dataclass, field
from typing import assert_never

from delivery.answer import Answer, NoAnswer
from delivery.backoff import retry_after_s
from delivery.codes import CODES, STATUSES, Accepted, ConnectionBroken, EventRefused, Meaning, Transient, find
from delivery.remedies import PERMISSION, TOKEN_UNUSABLE, Remedy, setting_refused


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why TikTok refused an event."""

    code: int | None
    message: str = field(repr=False)
    """TikTok's message, which may quote personal data."""
    request_id: str | None
    field: str | None
    """TikTok's path of the value at fault, without the event's place: `properties.contents.0.content_id`."""


@dataclass(frozen=True, slots=True)
class Delivered:
    """TikTok accepted the events, except `rejected` (index in the request, from 0; each index once)."""

    rejected: tuple[tuple[int, Rejection], ...] = ()
    note: str | None = None
    """What is unexpected about the answer, for the log; quotes nothing of TikTok's."""
    code: int | None = None
    request_id: str | None = None


@dataclass(frozen=True, slots=True)
class RetryLater:
    """Send the same events again, later."""

    after_s: float | None
    """The wait that TikTok asked for, unclamped; None for none."""
    throttle: bool
    """There were too many requests: slow the whole connection down."""
    unknown: bool
    """TikTok may have accepted the events: from now they can be retried for 47 hours (docs/guarantees.md, 5)."""
    error: str
    remedy: Remedy | None = None
    """Who must do what, where TikTok is out of reach; None where no one has to act."""


@dataclass(frozen=True, slots=True)
class Split:
    """TikTok refused the whole request because of some event in it: split it. A single event gets `rejection`."""

    rejection: Rejection
    suspect_position: int | None = None
    """The index that the message names, if it is in the request. It saves requests, but proves nothing."""


@dataclass(frozen=True, slots=True)
class ConnectionFault:
    """No event of this connection can be delivered until someone corrects something."""

    who: str
    what_to_do: str
    error: str


Verdict = Delivered | RetryLater | Split | ConnectionFault

_PLACE = re.compile(r"^(?:batch|data)\.(\d{1,6})\.", re.IGNORECASE)
# `Batch.0.properties.value: …`, `Invalid value for event_id: …`: a path, at the start, before a colon.
_PATH = re.compile(r"(?i:Invalid value for )?([a-z_][a-z0-9_]*(?:\.[a-z0-9_]+)*)\s*:")
_NO_PERMISSION = re.compile(r"No permission\b", re.IGNORECASE)
_CONNECTION_FIELDS = frozenset(
    (
        "event_source",
        "event_source_id",
        "pixel_code",
        "event_set_id",
        "tiktok_app_id",
        "test_event_code",
        "partner_name",
    )
)


def judge(answer: Answer | NoAnswer, events: int) -> Verdict:
    """Return the verdict on a request that carried `events` events."""
    match answer:
        case NoAnswer(kind="token"):
            return _fault(TOKEN_UNUSABLE)
        case NoAnswer(remedy=Remedy() as remedy):
            error = f"TikTok is out of reach: {remedy.fault}"
            return RetryLater(None, throttle=False, unknown=answer.sent, error=error, remedy=remedy)
        case NoAnswer():
            return RetryLater(None, throttle=False, unknown=answer.sent, error=f"no answer from TikTok ({answer.kind})")
        case Answer():
            rows, number = (STATUSES, answer.status) if answer.code is None else (CODES, answer.code)
            return _verdict(find(rows, number).meaning, answer, events)
        case _:
            assert_never(answer)


def _verdict(meaning: Meaning, answer: Answer, events: int) -> Verdict:
    match meaning:
        case Accepted():
            return _delivered(answer, events)
        case Transient():
            return _later(meaning, answer)
        case EventRefused():
            remedy = _connection_remedy(answer.message) if meaning.or_connection else None
            return _fault(remedy, answer) if remedy else _split(answer, events)
        case ConnectionBroken():
            return _fault(meaning.remedy, answer)
        case _:
            assert_never(meaning)


def _delivered(answer: Answer, events: int) -> Delivered:
    """Return the verdict on accepted events. A list that names an event outside the request is ignored."""
    failed = answer.failed_events
    code, request_id = answer.code, answer.request_id
    if not failed:
        note = "TikTok refused some events without saying which" if code == 20001 else None
        return Delivered((), note, code, request_id)
    if not all(0 <= event.index < events for event in failed):
        note = "TikTok refused events that were not in the request; counted as delivered"
        return Delivered((), note, code, request_id)
    first = {event.index: event.error for event in reversed(failed)}
    rejected = tuple((index, _rejection(answer, first[index])) for index in sorted(first))
    return Delivered(rejected, None, code, request_id)


def _later(wait: Transient, answer: Answer) -> RetryLater:
    after_s = retry_after_s(answer.retry_after, answer.answered_s)
    if after_s is None:
        after_s = wait.least_s
    error = f"TikTok {answer.status if answer.code is None else answer.code}"
    if answer.code is None and answer.status < 300:
        error += " without a code"
    return RetryLater(after_s, throttle=wait.throttle, unknown=wait.unknown, error=error)


def _split(answer: Answer, events: int) -> Split:
    place = _PLACE.match(answer.message)
    suspect_position = int(place[1]) if place and int(place[1]) < events else None
    return Split(
        _rejection(answer, answer.message or f"TikTok answered {_code_of(answer)} and gave no reason"), suspect_position
    )


def _rejection(answer: Answer, message: str) -> Rejection:
    return Rejection(answer.code, message, answer.request_id, field_in(message))


def field_in(message: str) -> str | None:
    """Return the path at the start of TikTok's message, without the event's place in the request; None for none."""
    path = _PATH.match(_PLACE.sub("", message, count=1))
    return path[1] if path else None


def _connection_remedy(message: str) -> Remedy | None:
    """Return the remedy if the start of the message blames the connection. Further on, it may quote an event."""
    if _NO_PERMISSION.match(message):
        return PERMISSION
    path = _PATH.match(message)
    return setting_refused(path[1]) if path and path[1] in _CONNECTION_FIELDS else None


def _fault(remedy: Remedy, answer: Answer | None = None) -> ConnectionFault:
    error = f"{remedy.fault} ({_code_of(answer)})" if answer else remedy.fault
    return ConnectionFault(remedy.who, remedy.what_to_do, error)


def _code_of(answer: Answer) -> str:
    return f"HTTP {answer.status}" if answer.code is None else str(answer.code)
