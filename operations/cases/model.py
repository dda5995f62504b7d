"""What a case file holds: cases, each with a batch, a connection, and what must come out."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class ExpectedEvent:
    """A TikTok event that must be sent. Only what is named is compared; with `exact`, `fields` name every field.

    `fields` maps paths such as `user.email[0]` to JSON values or to an Asked; `index` is the position of the mParticle
    event among all events of the case.
    """

    event: str | None = None
    index: int | None = None
    fields: Mapping[str, Any] | None = None
    present: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    exact: bool = False


@dataclass(frozen=True, slots=True)
class ExpectedOutcome:
    """An event that must not be sent, and why: the parts that are None are not compared."""

    index: int | None = None
    why: str | None = None
    """Of a withheld event: its rule's name, the beginning of it up to a colon (`never_if 1`), or the whole reason."""
    what: str | None = None
    """Of an unsupported event."""
    reason: str | None = None
    """Of a dead letter, as are `field` and `message`."""
    field: str | None = None
    message: str | None = None


@dataclass(frozen=True, slots=True)
class Expectation:
    """What must come out. A list that is given holds every such event, in order; one that is None is not compared."""

    events: tuple[ExpectedEvent, ...] | None = None
    withheld: tuple[ExpectedOutcome, ...] | None = None
    unsupported: tuple[ExpectedOutcome, ...] | None = None
    dead_letters: tuple[ExpectedOutcome, ...] | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """One case. Without `received_ms`, the batches arrive now; `exact` compares everything that comes out."""

    file: str
    line: int
    name: str
    batches: tuple[bytes, ...]
    expect: Expectation
    connection: str | None = None
    input: str | None = None
    received_ms: int | None = None
    exact: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """What a field must be, where that is no plain value; exactly one part is given."""

    sha256: str | None = None
    """The hash of this text."""
    length: int | None = None
    """The number of entries of a list, or of characters of a text."""
    one_of: tuple[Any, ...] | None = None
    is_not: tuple[Any, ...] | None = None
