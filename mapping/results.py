"""The results of mapping one event, and the outcomes of a field's rule. Both unions are closed."""

from typing import NamedTuple, TypeAlias

import msgspec

from config.dead_letter_reasons import INVALID_VALUE


class Note(msgspec.Struct, frozen=True, gc=False):
    """A remark for the operator on an event that is sent; never holds a value of the event."""

    field: str
    """The incoming name, such as `user_identities.mobile_number`."""
    note: str


class Mapped(msgspec.Struct, frozen=True, gc=False):
    """One TikTok event; `body` is its JSON, ready for a request."""

    tiktok_event: str
    event_id: str
    body: bytes
    notes: tuple[Note, ...] = ()
    item: str = ""
    """The key of the item (`mapping/items.py`)."""
    match_keys: int = 0
    """The match keys that it carries, as bits (`mapping/match_keys.py`)."""


class Rejected(msgspec.Struct, frozen=True, gc=False):
    """An event that cannot be sent: it becomes a dead letter.

    `reason` is a code of `config/dead_letter_reasons.py`. `field` is the incoming name at fault. `message` is a
    sentence without any value of the event.
    """

    tiktok_event: str | None
    event_id: str | None
    reason: str
    field: str | None
    message: str
    item: str = ""
    """The key of the item; "" where the event as a whole is rejected."""


class Unsupported(msgspec.Struct, frozen=True, gc=False):
    """An event that no native row and no custom mapping wants (N6); `what` names its type and action only."""

    what: str


class Withheld(msgspec.Struct, frozen=True, gc=False):
    """An event that a setting of the connection keeps back, such as its environment or a forwarding rule.

    `why` is for people; `rule` is the name that the event is counted by. Neither has a value of the event.
    """

    why: str
    rule: str


Result: TypeAlias = Mapped | Rejected | Unsupported | Withheld


class RejectEvent(NamedTuple):
    """A rule's outcome: the event cannot be sent. On a batch's own fields this only omits the field.

    `message` follows the name of the field at fault: "must be a number such as 19.99".
    """

    reason: str
    message: str
    field: str | None = None
    """The field at fault, where it is not the field that was read."""


class OmitField(NamedTuple):
    """A rule's outcome: the field is not sent; `why` is the note about it."""

    why: str


class SendWithNote(NamedTuple):
    """A rule's outcome: the field is sent as `value`, with a note for the operator."""

    value: object
    note: str


RuleOutcome: TypeAlias = RejectEvent | OmitField | SendWithNote
OUTCOMES = frozenset({RejectEvent, OmitField, SendWithNote})
"""Their types. Rules run for every field of every event, so callers test `type(…) in OUTCOMES`."""


def invalid(message: str) -> RejectEvent:
    """Return the rejection of a value of the wrong form (reason `invalid_value`)."""
    return RejectEvent(INVALID_VALUE.code, message)
