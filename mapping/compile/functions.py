"""Write the steps as plain functions, as dataclasses write `__init__`; decision 0007 says why and what it saves.

These templates hold only the order of the work. A step's rule decides what a value becomes, and
`steps.apply_outcome` what an outcome means. Usual values skip the rule: those that meet its condition in `plain.PLAIN`
or that of its shortcut.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from textwrap import indent
from typing import Any, TypeAlias

import msgspec

from mapping.compile.check import check_expression
from mapping.compile.plain import PLAIN
from mapping.compile.shortcuts import LONGEST_KEPT, SHORTCUT_NAMES, kept_results
from mapping.compile.steps import Failure, ObjectSteps, Step, apply_outcome
from mapping.fields.rules import Rule
from mapping.results import OUTCOMES, Note
from mapping.sources import EXPRESSION_FUNCTIONS, Scope
from mapping.values import first
from mapping.wire import Document

Fill: TypeAlias = Callable[[Any, Document, list[Note]], Failure | None]
"""Fills a document from a subject and adds notes to the list. Returns a Failure when a value rejects the event."""
Make: TypeAlias = Callable[[Any, Sequence[Any], list[Note], dict[str, None]], list[Any] | Failure]
"""Makes one encodable object of each part of a subject, and collects values; notes and Failure as in Fill."""

# Usual types are parameters, because a parameter is read faster than a builtin.
_FILL = """\
def function(subject, document, notes, type=type, str=str):
{objects}
    return None
"""
_OBJECT = """\
part = {{}}
{steps}
if part:
    document{around}[{key!r}] = part
"""
_MAKE = """\
def function(subject, parts, notes, collected=None, type=type, str=str, float=float, int=int):
{shared}
    made = []
    for position, subject in enumerate(parts):
        if subject is not None:
{steps}
            if {something}:
                made.append(Made({fields})){collect}
    return made
"""
_COLLECT = """
                if {field} is not None:
                    collected[{field}] = None"""
_STEP = """\
value = {expression}
{usual}
else:
    value = rule_{n}(value)
    if type(value) in OUTCOMES:
        value = apply_outcome(value, step_{n}, notes{within})
        if type(value) is Failure:
            return value
    {keep}
"""


def compile_filler(objects: Iterable[ObjectSteps]) -> Fill:
    """Return a function that runs every step of `objects`, outer objects first; objects without fields are omitted."""
    writer = _Writer()
    written = "".join(writer.object_of(object_steps) for object_steps in objects)
    fill: Fill = writer.function(_FILL, objects=indent(written, " " * 4))
    return fill


def compile_maker(
    shared: Iterable[Step],
    steps: Iterable[Step],
    where: str,
    constants: Mapping[str, object],
    collects: str | None = None,
) -> Make:
    """Return a function that makes one object of each part, unless the part is None or gives no field.

    The object has the fields of `shared`, read from the subject, those of `steps`, read from the part, and `constants`.
    `where` is the incoming name of the list of parts. The values of the field `collects` become keys of `collected`.
    """
    writer = _Writer()
    outside = {step.key: writer.step(step, step.key) for step in shared}
    within = f', f"{where}[{{position}}]."'
    inside = {step.key: writer.step(step, step.key, within) for step in steps}
    keys = [*outside, *inside]
    writer.names["Made"] = msgspec.defstruct(
        "Made", [(key, Any, None) for key in (*keys, *constants)], omit_defaults=True, gc=False
    )
    make: Make = writer.function(
        _MAKE,
        shared=indent("".join(outside.values()), " " * 4),
        steps=indent("".join(inside.values()), " " * 12),
        something=" or ".join(f"{key} is not None" for key in keys) or "False",
        fields=", ".join((*keys, *map(repr, constants.values()))),
        collect=_COLLECT.format(field=collects) if collects else "",
    )
    return make


class _Writer:
    """Writes one function and collects the names that it refers to."""

    def __init__(self) -> None:
        self.names: dict[str, Any] = {
            "Failure": Failure,
            "OUTCOMES": OUTCOMES,
            "apply_outcome": apply_outcome,
            **EXPRESSION_FUNCTIONS,
            **SHORTCUT_NAMES,
        }

    def object_of(self, object_steps: ObjectSteps) -> str:
        """Return the code that makes one object and adds it once it has a field; the document itself exists already."""
        part = "part" if object_steps.within else "document"
        steps = "".join(self.step(step, f"{part}[{step.key!r}]") for step in object_steps.steps)
        if not object_steps.within:
            return steps
        *around, key = object_steps.within
        return _OBJECT.format(steps=steps, around="".join(f".setdefault({name!r}, {{}})" for name in around), key=key)

    def step(self, step: Step, target: str, within: str = "") -> str:
        """Return the code that stores one field's value in `target`: None in a variable where there is nothing to send.

        Nothing is stored in a document then.
        """
        check_expression(step.source.expression, step.source.scope)
        n = len(self.names)
        self.names |= {f"step_{n}": step, f"rule_{n}": _whole_rule(step)}
        is_variable = target.isidentifier()
        return _STEP.format(
            n=n,
            expression=step.source.expression,
            usual=self._usual(step, n, target, f"{target} = None" if is_variable else "pass"),
            keep=f"{target} = value" if is_variable else f"if value is not None: {target} = value",
            within=within,
        )

    def _usual(self, step: Step, n: int, target: str, nothing: str) -> str:
        """Return the code for no value and for usual values; the `else` for the others follows it."""
        branches = [("value is None", nothing)] if step.absent is None else []
        if step.shortcut is not None and step.shortcut.keeps:
            self.names[f"kept_{n}"] = kept_results(step.rule, step.shortcut)
            found = f"type(value) is str and len(value) <= {LONGEST_KEPT} and type(kept := kept_{n}(value)) is str"
            branches.append((found, f"{target} = kept"))
        elif step.shortcut is not None:
            branches.append((step.shortcut.when, f"{target} = {step.shortcut.result}"))
        elif step.rule in PLAIN:
            branches.append((PLAIN[step.rule], f"{target} = value"))
        if step.source.scope is Scope.PRODUCT:  # most fields of a product have a value, of a user fewer
            branches.reverse()
        return "\nel".join(f"if {when}:\n    {then}" for when, then in branches or [("False", nothing)])

    def function(self, template: str, **parts: str) -> Any:
        """Return the function that the filled template defines."""
        exec(template.format(**parts), self.names)  # noqa: S102 - the text comes from the tables and from repr()
        return self.names["function"]


def _whole_rule(step: Step) -> Rule:
    """Return a rule for the value as it is read: it chooses the first of a list, and replaces a missing value."""
    rule, absent, takes_first = step.rule, step.absent, step.source.takes_first
    if absent is None and not takes_first:
        return rule

    def apply(value: object) -> object:
        chosen = first(value) if takes_first else value
        result = None if chosen is None else rule(chosen)
        return absent if result is None else result

    return apply
