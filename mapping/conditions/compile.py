"""Compile conditions to functions: the face of the package."""

from collections.abc import Callable
from typing import NamedTuple

from config.model import Condition
from mapping.conditions.operators import Holds, compile_operator
from mapping.conditions.subjects import Read, answer_of, of_event, subject_of
from mapping.incoming.batch_fields import BatchFields
from mapping.incoming.event import Incoming, Product, Promotion
from mapping.results import Note, OmitField
from mapping.sources import Scope


class CompiledCondition(NamedTuple):
    """A condition on batches or on events: `holds` takes BatchFields where the scope is BATCH, Incoming where EVENT."""

    scope: Scope
    holds: Holds


def compile_condition(condition: Condition) -> CompiledCondition:
    """Return the condition; one on products or promotions holds over the values of all of them together."""
    subject = subject_of(condition)
    scope = Scope.EVENT if subject.scope in (Scope.PRODUCT, Scope.PROMOTION) else subject.scope
    return CompiledCondition(scope, _reading(of_event(subject), condition))


def compile_for_events(condition: Condition) -> Callable[[Incoming], bool]:
    """Return whether a condition of any subject holds for an event and its batch."""
    scope, holds = compile_condition(condition)
    return holds if scope is Scope.EVENT else lambda incoming: holds(incoming.shared)


def compile_for_products(condition: Condition) -> Callable[[Product], bool]:
    """Return whether a condition on products holds for one product. Raise LookupError for another subject."""
    return _of_one(condition, Scope.PRODUCT)


def compile_for_promotions(condition: Condition) -> Callable[[Promotion], bool]:
    """Return whether a condition on promotions holds for one promotion. Raise LookupError for another subject."""
    return _of_one(condition, Scope.PROMOTION)


def _of_one(condition: Condition, wanted: Scope) -> Holds:
    scope, read = subject_of(condition)
    if scope is not wanted:
        raise LookupError(condition.subject)
    return _reading(read, condition)


def note_on(condition: Condition, shared: BatchFields) -> Note | None:
    """Return a note where the condition is about a consent that cannot be read, and so counts as opted out."""
    answer = answer_of(condition)
    found = None if answer is None else answer(shared)
    if not isinstance(found, OmitField):
        return None
    return Note(
        _FIELDS.get(condition.name, f"consent_state.gdpr.{condition.name}"), f"counts as opted out: {found.why}"
    )


_FIELDS = {
    "ccpa_opt_out": "consent_state.ccpa.data_sale_opt_out.consented",
    "limits_tracking": "device_info.limit_ad_tracking",
}


def _reading(read: Read, condition: Condition) -> Holds:
    holds = compile_operator(condition).holds
    return lambda subject: holds(read(subject))
