"""Read what ingest needs before a batch is stored: its events, the kind of each, ids for those without (E2)."""

from collections.abc import Callable, Iterable
from functools import cached_property
from hashlib import sha256
from typing import Annotated, Any

import msgspec

from mapping.fields.event_time import FIRST_MS, tells_time
from mapping.incoming.batch_fields import PRODUCTION, environment_of
from mapping.incoming.event import UNREADABLE, own_id
from mapping.incoming.ids import usable_id
from mapping.incoming.kinds import Leaf, PromotionAction, action_name, custom_type_of, name_of, word
from mapping.incoming.shapes import repaired, shape_of
from mapping.incoming.wrong_shapes import why_no_batch


class NotABatch(ValueError):
    """The JSON is no batch; the message tells the client why."""


class SplitBatch(msgspec.Struct, frozen=True, gc=False):
    """A batch split into its `events`, unchanged, and `shared`, the JSON of all the rest."""

    shared: bytes
    events: list[msgspec.Raw]
    environment: str | None
    """None for an element that is no batch (`mapping/incoming/invalid_batch.py`)."""
    request_id: msgspec.Raw
    """The JSON of `source_request_id`."""
    array: "BatchArray | None" = None
    """The array with which it was split, and its place there."""
    number: int = 0

    @property
    def source_request_id(self) -> str | None:
        """Return the sender's id of the request, which events without an id of their own need."""
        return usable_id(_scalar(self.request_id))

    @property
    def element(self) -> msgspec.Raw:
        """Return the JSON of a batch that was split with its array."""
        return _ABSENT if self.array is None else self.array.elements[self.number]


class BatchArray:
    """The JSON of an array of batches."""

    def __init__(self, text: bytes) -> None:
        self._text = text

    @cached_property
    def elements(self) -> list[msgspec.Raw]:
        """Return the JSON of each batch: a further pass, which only batches without ids need."""
        return _decode_elements(self._text)


class _Action(msgspec.Struct, gc=False):
    action: Leaf = None


class _Data(msgspec.Struct, gc=False):
    source_message_id: Leaf = None
    event_id: Leaf = None
    timestamp_unixtime_ms: Leaf = None
    event_name: Leaf = None
    screen_name: Leaf = None
    custom_event_type: Leaf = None
    product_action: _Action | None = None
    promotion_action: PromotionAction | None = None
    product_impressions: msgspec.Raw = msgspec.Raw(b"null")


class Head(msgspec.Struct, frozen=True, gc=False):
    """The kind of an event, as far as selection needs it; words in lower case, "" when absent."""

    event_type: str
    action: str
    data: _Data

    @property
    def name(self) -> str:
        """Return mParticle's name of the event, "" when it has none."""
        return name_of(self.event_type, self.action, self.data)

    @property
    def custom_event_type(self) -> str:
        """Return `custom_event_type` in lower case."""
        return custom_type_of(self.event_type, self.data.custom_event_type)

    @property
    def has_own_id(self) -> bool:
        """Return whether the sender gave the event an id."""
        return own_id(self.data.source_message_id, self.data.event_id) is not None

    @property
    def has_timestamp(self) -> bool:
        """Return whether the event has a time of its own."""
        stamp = self.data.timestamp_unixtime_ms
        return (type(stamp) is int and stamp >= FIRST_MS) or tells_time(stamp)


class _Event(msgspec.Struct, gc=False):
    event_type: Leaf = None
    data: _Data | None = None


_NO_DATA = _Data()
_ABSENT = msgspec.Raw()
_PRODUCTION = msgspec.Raw(b'"production"')

# Every member of a batch that mParticle documents or its SDKs are known to send (mparticle-input.md §2.1).
_MEMBERS = (
    *("environment", "source_request_id", "schema_version", "ip", "mpid", "mp_deviceid", "user_identities"),
    *("user_attributes", "deleted_user_attributes", "partner_identities", "partner_identity"),
    *("integration_attributes", "device_info", "application_info", "attribution_info", "consent_state", "context"),
    *("source_info", "timestamp_unixtime_ms", "batch_id", "message_id", "message_type", "unique_id", "job_id"),
    *("api_key", "api_keys", "sdk_version", "origin_mpid", "system_notifications"),
)


def _batch_struct(*events: Any) -> Any:
    members = [("events", *events), *((name, msgspec.Raw, _ABSENT) for name in _MEMBERS)]
    return msgspec.defstruct("_Batch", members, omit_defaults=True, forbid_unknown_fields=True, gc=False)


_Batch: Any = _batch_struct(list[msgspec.Raw] | None, None)
_BatchWithEvents: Any = _batch_struct(Annotated[list[msgspec.Raw], msgspec.Meta(min_length=1)] | msgspec.UnsetType)
_decode_batch: Callable[[bytes | msgspec.Raw], Any] = msgspec.json.Decoder(_Batch).decode
_decode_batches: Callable[[bytes], list[Any]] = msgspec.json.Decoder(list[_BatchWithEvents]).decode
_decode_elements = msgspec.json.Decoder(list[msgspec.Raw]).decode
_encode = msgspec.json.Encoder().encode
_decode_members = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_decode_events = msgspec.json.Decoder(list[msgspec.Raw] | None).decode
_decode_anything = msgspec.json.Decoder().decode
_decode_head = msgspec.json.Decoder(_Event).decode
_HEAD_SHAPE = shape_of(_Event)


def split_batch(raw: bytes | msgspec.Raw) -> SplitBatch:
    """Split the batch in `raw`; raises NotABatch where it is no JSON object, or one that is no batch.

    Known members are split in one pass over the text. A batch with any other member takes a second pass.
    """
    try:
        batch = _decode_batch(raw)
    except UNREADABLE:
        return _split_anything(raw)
    events, batch.events = batch.events, None
    if not events:
        _refuse_wrong_shape(_decode_members(raw))
    return SplitBatch(_encode(batch), events or [], _environment_of(batch.environment), batch.source_request_id)


def split_array(text: bytes) -> list[SplitBatch] | None:
    """Split an array of batches in one pass; return None if one of them is not as nearly all are.

    Those have known members only, and events.
    """
    try:
        batches = _decode_batches(text)
    except UNREADABLE:
        return None
    array, splits = BatchArray(text), []
    for number, batch in enumerate(batches):
        events, batch.events = batch.events, msgspec.UNSET
        environment, request_id = _environment_of(batch.environment), batch.source_request_id
        splits.append(SplitBatch(_encode(batch), events, environment, request_id, array, number))
    return splits


def _split_anything(raw: bytes | msgspec.Raw) -> SplitBatch:
    try:
        members = _decode_members(raw)
    except UNREADABLE as error:
        raise NotABatch(f"A batch must be a JSON object: {_reason(error)}.") from None
    _refuse_wrong_shape(members)
    try:
        events = _decode_events(members.pop("events", b"null")) or []
    except UNREADABLE:
        raise NotABatch('"events" of a batch must be an array of events.') from None
    environment, source_request_id = (members.get(name, _ABSENT) for name in ("environment", "source_request_id"))
    return SplitBatch(_encode(members), events, _environment_of(environment), source_request_id)


def _refuse_wrong_shape(members: Iterable[str]) -> None:
    if why := why_no_batch(members):
        raise NotABatch(why)


def _environment_of(raw: msgspec.Raw) -> str:
    return PRODUCTION if raw is _ABSENT or raw == _PRODUCTION else environment_of(_scalar(raw))


def head(raw: bytes | msgspec.Raw) -> Head | None:
    """Return the kind of the event in `raw`; None when it is unreadable and will become a dead letter."""
    try:
        event = _decode_head(raw)
    except UNREADABLE:
        repaired_event = _repaired_head(raw)
        if repaired_event is None:
            return None
        event = repaired_event
    data = event.data or _NO_DATA
    action = data.product_action
    return Head(word(event.event_type), "" if action is None else action_name(action.action), data)


def _repaired_head(raw: bytes | msgspec.Raw) -> _Event | None:
    try:
        return _decode_head(repaired(bytes(raw), _HEAD_SHAPE))
    except UNREADABLE:
        return None


def generate_id(
    input_id: str,
    batch: SplitBatch,
    batch_digest: bytes | Callable[[], bytes],
    position: int,
    head: Head | None,
    receipt: int | str,
) -> str | None:
    """Return an id for the event at `position`, equal each time the same batch is sent; None when it has its own.

    `batch_digest` is a hash of the batch's bytes, or a function that computes it; it is used only for a batch without
    `source_request_id`. There, an event without its own time is distinguished from an equal one by its `receipt`: the
    time of receipt, with whatever distinguishes receipts of the same instant.
    """
    if head is not None and head.has_own_id:
        return None
    request_id = batch.source_request_id
    if request_id is not None:
        seed: tuple[object, ...] = ("request", input_id, request_id, position)
    else:
        digest = batch_digest if isinstance(batch_digest, bytes) else batch_digest()
        timeless = head is None or not head.has_timestamp
        seed = ("batch", input_id, digest.hex(), position, receipt if timeless else None)
    return sha256(_encode(seed)).hexdigest()[:32]


def _scalar(raw: msgspec.Raw) -> object:
    """Return the value in `raw`; None for nothing and for unreadable JSON."""
    try:
        return None if raw is _ABSENT else _decode_anything(raw)
    except UNREADABLE:
        return None


def _reason(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "this one is nested too deeply"
    return "this one is not UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)
