"""What a rule may answer instead of a value: refuse the event, leave the field out, or send it with a note."""

from typing import NamedTuple, TypeAlias

from config.dead_letter_reasons import INVALID_VALUE


class Refused(NamedTuple):
    """The event cannot go. `message` follows the name of the field at fault: "must be a number such as 19.99".

    `field` names it where it is not the one that was read. On a batch's own fields, which many events share, this
    only leaves the field out.
    """

    reason: str
    message: str
    field: str | None = None


class LeftOut(NamedTuple):
    """The field is not sent; `why` says so to a person."""

    why: str


class Noted(NamedTuple):
    """The field is sent as `value`; `note` says what a person should know about it."""

    value: object
    note: str


Remark: TypeAlias = Refused | LeftOut | Noted
REMARKS = frozenset({Refused, LeftOut, Noted})
"""Their types. Rules run for every field of every event, so what they answer is told apart by `type(…) in REMARKS`."""


def invalid(message: str) -> Refused:
    """A value of the wrong form (reason `invalid_value`)."""
    return Refused(INVALID_VALUE.code, message)
