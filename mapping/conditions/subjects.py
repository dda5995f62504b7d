"""Read the subject of a condition from a batch, an event or a product: its value, or all values in a list."""

from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import Any, Final, NamedTuple, TypeAlias

from config.model import Condition
from config.vocabulary import KIND_FIELDS
from mapping.fields.consent import given_consent, limits_tracking, opted_out
from mapping.fields.presence import named_user
from mapping.incoming.batch_fields import BatchFields, attribute_key
from mapping.incoming.kinds import Leaf
from mapping.results import OmitField
from mapping.sources import FIELD_PATHS, Scope

Read: TypeAlias = Callable[[Any], Leaf]
Answer: TypeAlias = Callable[[BatchFields], bool | OmitField | None]
"""Reads a consent; OmitField for one that cannot be read."""

_BATCH: Final[Mapping[str, str]] = {
    "environment": "environment",
    "app_name": "application.application_name",
    "app_version": "application.application_version",
    "package": "application.package",
    "os": "os",
}
EVENT_PATHS: Final[Mapping[str, str]] = {**FIELD_PATHS, **{name: name for name in KIND_FIELDS}}
"""Where an `Incoming` has each field that a condition may name."""


class BoundSubject(NamedTuple):
    """Where to read a subject: BATCH reads from BatchFields, EVENT from Incoming, PRODUCT and PROMOTION from one."""

    scope: Scope
    read: Read


def subject_of(condition: Condition) -> BoundSubject:
    """Return how to read the condition's subject; products and promotions are read one by one."""
    name = condition.name
    match condition.subject:
        case "attribute":
            return BoundSubject(Scope.EVENT, lambda incoming: incoming.attribute(name))
        case "field":
            return BoundSubject(Scope.EVENT, attrgetter(EVENT_PATHS[name]))
        case "promotion":
            return BoundSubject(Scope.PROMOTION, attrgetter(name))
        case "product":
            return BoundSubject(Scope.PRODUCT, attrgetter(name))
        case "product_attribute":
            return BoundSubject(Scope.PRODUCT, lambda product: product.attribute(name))
        case "user_attribute":
            key = attribute_key(name)
            return BoundSubject(Scope.BATCH, lambda shared: shared.user.get(key))
        case "identity":
            return BoundSubject(Scope.BATCH, lambda shared: named_user(shared, name))
        case "batch" if name in _BATCH:
            return BoundSubject(Scope.BATCH, attrgetter(_BATCH[name]))
        case "batch" | "gdpr_consent":
            return BoundSubject(Scope.BATCH, _explicit(condition))


def of_event(subject: BoundSubject) -> Read:
    """Return how to read the subject from an event: from all products or promotions together, where it is of one."""
    read = subject.read
    match subject.scope:
        case Scope.PRODUCT:
            return lambda incoming: _all(incoming.product_action.products or (), read)
        case Scope.PROMOTION:
            return lambda incoming: _all(incoming.promotions, read)
        case _:
            return read


def _all(parts: Any, read: Read) -> list[Leaf]:
    values: list[Leaf] = []
    for part in parts:
        if part is not None:
            value = read(part)
            values.extend(value if type(value) is list else (value,))
    return values


def answer_of(condition: Condition) -> Answer | None:
    """Return how to read the consent that the condition is about; None for another subject."""
    name = condition.name
    if condition.subject == "gdpr_consent":
        return lambda shared: given_consent(name, shared.consent)
    if condition.subject == "batch" and name == "ccpa_opt_out":
        return lambda shared: opted_out(shared.consent)
    if condition.subject == "batch" and name == "limits_tracking":
        return lambda shared: limits_tracking(shared.device.limit_ad_tracking, shared.device.att_authorization_status)
    return None


def _explicit(condition: Condition) -> Read:
    """Return a reader of a consent; one that cannot be read counts as opted out."""
    answer = answer_of(condition)
    opted_out_value = condition.subject == "batch"
    if answer is None:
        raise LookupError(condition.name)

    def read(shared: BatchFields) -> bool | None:
        found = answer(shared)
        return opted_out_value if isinstance(found, OmitField) else found

    return read
