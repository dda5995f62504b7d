"""What ended in a settlement: how, and the items in columns; what many items have in common is stored once."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol, Self

import msgspec

from mapping.results import Note


class Ending(NamedTuple):
    """How items of one chunk ended, which they have in common."""

    chunk: int
    outcome: str
    reason: str | None = None
    tiktok_code: int | None = None
    tiktok_request_id: str | None = None
    attempts: int = 0
    dead_letter: str | None = None


class EndedItem(Protocol):
    """What a receipt needs of an item beside its ending: `Mapped` has it, and `Bare` for what was not mapped."""

    @property
    def tiktok_event(self) -> str | None: ...
    @property
    def event_id(self) -> str | None: ...
    @property
    def match_keys(self) -> int: ...
    @property
    def notes(self) -> tuple[Note, ...]: ...


class Bare(msgspec.Struct, frozen=True, gc=False):
    """An item without a TikTok event to send."""

    tiktok_event: str | None
    event_id: str | None
    match_keys: int = 0
    notes: tuple[Note, ...] = ()


class Ended(NamedTuple):
    """Items that ended alike: each column has a value for each item."""

    ending: Ending
    event_ids: list[str | None]
    events: list[str | None]
    match_keys: list[int]
    notes: list[tuple[Note, ...]]

    @classmethod
    def of(cls, ending: Ending, items: Sequence[EndedItem]) -> Self:
        """Return these items in columns."""
        return cls(
            ending,
            [item.event_id for item in items],
            [item.tiktok_event for item in items],
            [item.match_keys for item in items],
            [item.notes for item in items],
        )
