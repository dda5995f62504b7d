"""Recognise JSON objects that are no batch: without events, and without any member that only batches have.

Taken for a batch, such an object would be accepted as one without events, and what is in it would be lost.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple

MARKS: Final = (
    *("events", "environment", "mpid", "mp_deviceid", "user_identities", "user_attributes", "deleted_user_attributes"),
    *("consent_state", "source_request_id"),
)
"""Every batch has one of these members at least; most have `events`, if only an empty array."""

_NO_BATCH: Final = "This JSON object has no `events`, nor another member that only batches have: it is no batch."


class _Shape(NamedTuple):
    """What an object with these members is taken for, and what to do."""

    members: frozenset[str]
    hint: str


def _shape(*members: str, hint: str) -> _Shape:
    return _Shape(frozenset(members), hint)


_SHAPES: Final = (
    _shape("requestId", "records", hint="It is a request of Amazon Data Firehose: these go to /v2/firehose."),
    _shape("Type", "Message", hint="It is a message of SNS: subscribe a queue of SQS, for `relay consume`."),
    _shape("detail", "detail-type", hint="It is an event of EventBridge: send it to SQS, for `relay consume`."),
    _shape("Records", hint="It holds records of AWS: send them to SQS, for `relay consume`."),
    _shape("message", "subscription", hint="It is a push of Pub/Sub, which relay does not take at this path."),
    _shape("event_type", hint="It is a single event: put it into the `events` of a batch."),
    _shape("batches", hint="Send the array of batches itself, to /v2/bulkevents."),
    _shape("batch", hint="relay takes mParticle's batches, whose events are in `events`."),
)


def why_no_batch(members: Iterable[str]) -> str | None:
    """Return a sentence for an object with these members; None where it may be a batch. `{}` is one without events."""
    names = frozenset(members)
    if not names or "events" in names:
        return None
    for name in names:
        if name.casefold() in ("event", "events", "eventlist", "event_list"):
            return f"This JSON object has `{name}`, and no `events`: a batch has its events in `events`."
    if not names.isdisjoint(MARKS):
        return None
    hints = [shape.hint for shape in _SHAPES if shape.members <= names]
    return " ".join([_NO_BATCH, *hints[:1]])
