"""The words of conditions: what each subject may name, and which operators fit what it holds."""

import re
from collections.abc import Mapping, Sequence
from typing import Final, Literal, get_args

from config.model import Condition, Operator, Subject
from config.vocabulary import (
    BATCH_FIELDS,
    CUSTOM_EVENT_TYPES,
    ENVIRONMENTS,
    EVENT_FIELDS,
    EVENT_TYPES,
    EXTERNAL_IDENTITY_TYPES,
    KIND_FIELDS,
    PRODUCT_ACTION_ALIASES,
    PRODUCT_ACTIONS,
    PRODUCT_FIELDS,
    PROMOTION_FIELDS,
)

Holds = Literal["anything", "text", "number", "word", "truth", "version"]
"""What a subject holds: `word` is one of a few words, `anything` depends on the sender."""

SUBJECTS: Final[tuple[Subject, ...]] = get_args(Subject)
OPERATORS: Final[tuple[Operator, ...]] = get_args(Operator)
NEGATIVE: Final[Mapping[Operator, Operator]] = {"is_not": "is", "not_in": "in"}
"""Operators that hold where the subject is present and the other operator does not hold."""

NAMES: Final[Mapping[Subject, Sequence[str]]] = {
    "field": (*EVENT_FIELDS, *KIND_FIELDS),
    "product": PRODUCT_FIELDS,
    "promotion": PROMOTION_FIELDS,
    "identity": EXTERNAL_IDENTITY_TYPES,
    "batch": BATCH_FIELDS,
}
"""What a subject may name; the subjects that are missing here may name anything."""

WORDS: Final[Mapping[str, Sequence[str]]] = {
    "event_type": EVENT_TYPES,
    "action": PRODUCT_ACTIONS,
    "custom_event_type": CUSTOM_EVENT_TYPES,
    "environment": ENVIRONMENTS,
    "os": ("ios", "android"),
}
"""The words that a field may hold."""
ALIASES: Final[Mapping[str, Mapping[str, str]]] = {"action": PRODUCT_ACTION_ALIASES}

_NUMBERS: Final = frozenset(
    (
        *("total_amount", "tax_amount", "shipping_amount", "checkout_step"),
        *("price", "quantity", "position", "total_product_amount"),
    )
)
_TRUTHS: Final = frozenset({"ccpa_opt_out", "limits_tracking"})
_EQUALITY: Final[tuple[Operator, ...]] = ("is", "is_not", "in", "not_in", "exists")
_TEXT: Final[tuple[Operator, ...]] = ("is", "is_not", "in", "not_in", "contains", "starts_with", "matches", "exists")

OPERATORS_OF: Final[Mapping[Holds, Sequence[Operator]]] = {
    "anything": OPERATORS,
    "text": _TEXT,
    "number": (*_EQUALITY, "greater", "less"),
    "word": _EQUALITY,
    "truth": ("is", "exists"),
    "version": OPERATORS,
}

CONSENTS: Final = frozenset({("batch", "ccpa_opt_out"), ("batch", "limits_tracking")})
_MOST_SHOWN: Final = 100
_EMAIL: Final = re.compile(r"\w\\?@")
_PHONE: Final = re.compile(r"\+?\(?\d(?:[ ()./-]{0,3}\d){6,}")


def holds(subject: Subject, name: str) -> Holds:
    """Return the kind of value that this subject holds."""
    match subject:
        case "gdpr_consent":
            return "truth"
        case "identity":
            return "text"
        case "field" | "product" | "promotion" | "batch":
            return _field_holds(name)
        case _:
            return "anything"


def _field_holds(name: str) -> Holds:
    if name in WORDS:
        return "word"
    if name in _NUMBERS:
        return "number"
    if name in _TRUTHS:
        return "truth"
    return "version" if name == "app_version" else "text"


def describe(condition: Condition) -> str:
    """Return the condition in words, for people and counts: bounded, and without personal data."""
    subject = f"{condition.subject} {condition.name}"
    if condition.operator == "exists":
        return shortened(f"{subject} {'exists' if condition.values == ('true',) else 'does not exist'}")
    values = "…" if condition.subject == "identity" else ", ".join(shown_values(condition))
    return shortened(f"{subject} {condition.operator.replace('_', ' ')} {values}")


def shown_values(condition: Condition) -> list[str]:
    """Return the values as the file has them, with `…` in place of each that is or looks like personal data."""
    if condition.operator == "exists":
        return list(condition.values)
    return ["…" if _is_personal(condition, value) else value for value in condition.values]


def _is_personal(condition: Condition, value: str) -> bool:
    """Return whether a value is an identity, or looks like an email address or a user attribute with a phone number."""
    if condition.subject == "identity":
        return True
    if condition.subject != "user_attribute":
        return bool(_EMAIL.search(value))
    find = _PHONE.search if condition.operator == "matches" else _PHONE.fullmatch
    return bool(_EMAIL.search(value) or find(value.strip()))


def shortened(text: str) -> str:
    """Return text in one line, cut where it is long."""
    line = text if text.isprintable() else "".join(part if part.isprintable() else "�" for part in text)
    return line if len(line) <= _MOST_SHOWN else f"{line[: _MOST_SHOWN - 1]}…"
