"""Steps written out as plain functions, the way dataclasses write `__init__`; why, and what it saves: decision 0007.

Only the shape of the work is written here. What a value becomes is its rule's to say, and what a remark means is
`steps.apply_outcome`'s; a value that its rule would pass as it is (`plain.PLAIN`) is not carried there and back.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from textwrap import indent
from typing import Any, TypeAlias

import msgspec

from mapping.compile.check import check_expression
from mapping.compile.plain import NAMED, PLAIN
from mapping.compile.steps import Failure, ObjectSteps, Step, apply_outcome
from mapping.fields.rules import Rule
from mapping.results import OUTCOMES, Note
from mapping.sources import EXPRESSION_FUNCTIONS
from mapping.wire import Document

Fill: TypeAlias = Callable[[Any, Document, list[Note]], Failure | None]
"""Fills a document from a subject; notes are added to the list. The failure when a value refuses the event."""
Make: TypeAlias = Callable[[Any, Sequence[Any], list[Note]], list[Any] | Failure]
"""Makes objects that JSON can be made of, one of each part of a subject; notes and failure likewise."""

_FILL = """\
def function(subject, document, notes):
{objects}
    return None
"""
_OBJECT = """\
part = {{}}
{steps}
if part:
    document{around}[{key!r}] = part
"""
_PUT = """\
if value is not None:
    {part}[{key!r}] = value
"""
_MAKE = """\
def function(subject, parts, notes):
{shared}
    made = []
    for position, subject in enumerate(parts):
        if subject is not None:
{steps}
            if {something}:
                made.append(Made({fields}))
    return made
"""
_KEEP = """\
{field} = value
"""
_STEP = """\
value = {expression}
if not ({plain}) and {present}:
    value = rule_{n}(value)
    if type(value) in OUTCOMES:
        value = apply_outcome(value, step_{n}, notes{within})
        if type(value) is Failure:
            return value
"""


def compile_filler(objects: Iterable[ObjectSteps]) -> Fill:
    """What runs every step of `groups`, outer objects before those inside them; objects without fields are not made."""
    writer = _Writer()
    written = "".join(writer.object_of(object_steps) for object_steps in objects)
    fill: Fill = writer.function(_FILL, objects=indent(written, " " * 4))
    return fill


def compile_maker(shared: Iterable[Step], steps: Iterable[Step], where: str, constants: Mapping[str, object]) -> Make:
    """What makes one object of each part that is not None, unless nothing is said of it.

    It has the fields of `shared`, which read the subject, those of `steps`, which read the part, and `constants`;
    `where` is what the list of parts is called.
    """
    writer = _Writer()
    outside = {step.key: writer.step(step) + _KEEP.format(field=step.key) for step in shared}
    within = f', f"{where}[{{position}}]."'
    inside = {step.key: writer.step(step, within) + _KEEP.format(field=step.key) for step in steps}
    said = [*outside, *inside]
    writer.names["Made"] = msgspec.defstruct(
        "Made", [(key, Any, None) for key in (*said, *constants)], omit_defaults=True, gc=False
    )
    make: Make = writer.function(
        _MAKE,
        shared=indent("".join(outside.values()), " " * 4),
        steps=indent("".join(inside.values()), " " * 12),
        something=" or ".join(f"{key} is not None" for key in said) or "False",
        fields=", ".join((*said, *map(repr, constants.values()))),
    )
    return make


class _Writer:
    """Writes one function, and keeps what it refers to."""

    def __init__(self) -> None:
        self.names: dict[str, Any] = {
            "Failure": Failure,
            "OUTCOMES": OUTCOMES,
            "apply_outcome": apply_outcome,
            **EXPRESSION_FUNCTIONS,
            **NAMED,
        }

    def object_of(self, object_steps: ObjectSteps) -> str:
        """One object, put where it belongs once it has a field; the document itself is there already."""
        part = "part" if object_steps.within else "document"
        steps = "".join(self.step(step) + _PUT.format(part=part, key=step.key) for step in object_steps.steps)
        if not object_steps.within:
            return steps
        *around, key = object_steps.within
        return _OBJECT.format(steps=steps, around="".join(f".setdefault({name!r}, {{}})" for name in around), key=key)

    def step(self, step: Step, within: str = "") -> str:
        """What leaves one field's `value`, None where there is nothing to send."""
        check_expression(step.source.expression, step.source.scope)
        n = len(self.names)
        self.names |= {f"step_{n}": step, f"rule_{n}": step.rule if step.absent is None else _or_absent(step)}
        return _STEP.format(
            n=n,
            expression=step.source.expression,
            plain=PLAIN.get(step.rule, False),
            present="value is not None" if step.absent is None else True,
            within=within,
        )

    def function(self, template: str, **parts: str) -> Any:
        """The function that the filled template defines."""
        exec(template.format(**parts), self.names)  # noqa: S102 - what it writes is the tables', and repr()'s
        return self.names["function"]


def _or_absent(step: Step) -> Rule:
    """The step's rule, and what takes the value's place where there is none to send."""

    def apply(value: object) -> object:
        judged = None if value is None else step.rule(value)
        return step.absent if judged is None else judged

    return apply
