"""A plain interpretation of compiled steps: read, check and store the value of each step, one after another."""

from collections.abc import Iterable
from functools import cache
from types import CodeType
from typing import Any

from mapping.compile.steps import Failure, ObjectSteps, Step, apply_outcome
from mapping.results import OUTCOMES, Note
from mapping.sources import EXPRESSION_FUNCTIONS
from mapping.values import first


@cache
def code_of(expression: str) -> CodeType:
    return compile(expression, "a row", "eval")


def interpret(
    steps: Iterable[Step], subject: object, part: dict[str, Any], notes: list[Note], within: str = ""
) -> Failure | None:
    """Fill one object, which is `within` another; return the failure if a value refuses the event."""
    for step in steps:
        value = eval(code_of(step.source.expression), {**EXPRESSION_FUNCTIONS, "subject": subject})
        if step.source.takes_first:
            value = first(value)
        if value is not None:
            value = step.rule(value)
        if value is None:
            value = step.absent
        if type(value) in OUTCOMES:
            value = apply_outcome(value, step, notes, within)
        if isinstance(value, Failure):
            return value
        if value is not None:
            part[step.key] = value
    return None


def fill(
    objects: Iterable[ObjectSteps], subject: object, document: dict[str, Any], notes: list[Note]
) -> Failure | None:
    """Do the same for objects within objects."""
    for within, steps in objects:
        part: dict[str, Any] = {}
        failure = interpret(steps, subject, part, notes)
        if failure is not None:
            return failure
        if part:
            place = document
            for key in within:
                place = place.setdefault(key, {})
            place.update(part)
    return None


def same(compiled: Any, interpreted: Any) -> bool:
    """Return whether two values are equal, also in types and order of keys: 1, 1.0 and True differ in a request."""
    return repr(compiled) == repr(interpreted)
