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
    advice: str


def _shape(*members: str, advice: str) -> _Shape:
    return _Shape(frozenset(members), advice)


_SHAPES: Final = (
    _shape("requestId", "records", advice="It is a request of Amazon Data Firehose: these go to /v2/firehose."),
    _shape("Type", "Message", advice="It is a message of SNS: subscribe a queue of SQS, for `relay consume`."),
    _shape("detail", "detail-type", advice="It is an event of EventBridge: send it to SQS, for `relay consume`."),
    _shape("Records", advice="It holds records of AWS: send them to SQS, for `relay consume`."),
    _shape("message", "subscription", advice="It is a push of Pub/Sub, which relay does not take at this path."),
    _shape("event_type", advice="It is a single event: put it into the `events` of a batch."),
    _shape("batches", advice="Send the array of batches itself, to /v2/bulkevents."),
    _shape("batch", advice="relay takes mParticle's batches, whose events are in `events`."),
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
    advices = [shape.advice for shape in _SHAPES if shape.members <= names]
    return " ".join([_NO_BATCH, *advices[:1]])
