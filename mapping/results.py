"""What mapping one event yields: a closed union of outcomes, and the notes that preview shows."""

from typing import TypeAlias

import msgspec


class Note(msgspec.Struct, frozen=True, gc=False):
    """Something a person should know about an event that is sent; never holds a value of the event."""

    field: str
    """The incoming name, such as `user_identities.mobile_number`."""
    note: str


class Mapped(msgspec.Struct, frozen=True, gc=False):
    """One TikTok event; `body` is its JSON, ready to stand in a request."""

    tiktok_event: str
    event_id: str
    body: bytes
    notes: tuple[Note, ...] = ()
    item: str = ""
    """The key of the item (`mapping/items.py`)."""


class Rejected(msgspec.Struct, frozen=True, gc=False):
    """An event that cannot be sent as it is: a dead letter (product.md Z1).

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
    """An event that the connection's settings keep back: its environment (product.md C), or consent that is missing."""

    why: str


Result: TypeAlias = Mapped | Rejected | Unsupported | Withheld
