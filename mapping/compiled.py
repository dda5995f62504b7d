"""Steps written out as plain functions, the way dataclasses write `__init__`; why, and what it saves: decision 0007.

Only the shape of the work is written here. What a value becomes is its rule's to say, and what a remark means is
`steps.settled`'s; a value that its rule would pass as it is (`plain.PLAIN`) is not carried there and back.
"""

from collections.abc import Callable, Iterable, Sequence
from textwrap import indent
from typing import Any, TypeAlias

from mapping.plain import PLAIN
from mapping.remarks import REMARKS
from mapping.results import Note
from mapping.rules import Rule
from mapping.sources import CALLED
from mapping.steps import Failure, Group, Step, settled
from mapping.wire import Document

Fill: TypeAlias = Callable[[Any, Document, list[Note]], Failure | None]
"""Fills a document from a subject; notes are added to the list. The failure when a value refuses the event."""
Make: TypeAlias = Callable[[Sequence[Any], Document, list[Note]], list[Document] | Failure]
"""Makes a document for each subject that is not None and says something, each beginning as a copy of the one given."""

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
_MAKE = """\
def function(subjects, base, notes):
    made = []
    for position, subject in enumerate(subjects):
        if subject is not None:
            part = {{**base}}
{steps}
            if part:
                made.append(part)
    return made
"""
_STEP = """\
value = {expression}
if {plain}:
    {part}[{key!r}] = value
elif {present}:
    value = rule_{n}(value)
    if type(value) in REMARKS:
        value = settled(value, step_{n}, notes)
        if type(value) is Failure:
            return value{below}
    if value is not None:
        {part}[{key!r}] = value
"""


def filler(groups: Iterable[Group]) -> Fill:
    """What runs every step of `groups`, outer objects before those inside them; objects without fields are not made."""
    writer = _Writer()
    objects = "".join(writer.part(group) for group in groups)
    fill: Fill = writer.function(_FILL, objects=indent(objects, " " * 4))
    return fill


def maker(steps: Iterable[Step], where: str) -> Make:
    """What runs `steps` on each of the subjects, which stand in a list named `where`."""
    writer = _Writer()
    written = "".join(writer.step(step, "part", f'.below(f"{where}[{{position}}]")') for step in steps)
    make: Make = writer.function(_MAKE, steps=indent(written, " " * 12))
    return make


class _Writer:
    """Writes one function, and keeps what it refers to."""

    def __init__(self) -> None:
        self._names: dict[str, Any] = {"Failure": Failure, "REMARKS": REMARKS, "settled": settled, **CALLED}
        self._count = 0

    def part(self, group: Group) -> str:
        """One object, put where it belongs once it has a field; the document itself is there already."""
        steps = "".join(self.step(step, "part" if group.within else "document") for step in group.steps)
        if not group.within:
            return steps
        *around, key = group.within
        return _OBJECT.format(steps=steps, around="".join(f".setdefault({name!r}, {{}})" for name in around), key=key)

    def step(self, step: Step, part: str, below: str = "") -> str:
        """One field of `part`."""
        n = self._count = self._count + 1
        self._names |= {f"step_{n}": step, f"rule_{n}": step.rule if step.absent is None else _or_absent(step)}
        return _STEP.format(
            n=n,
            expression=step.source.expression,
            plain=PLAIN.get(step.rule, False),
            present="value is not None" if step.absent is None else True,
            part=part,
            key=step.key,
            below=below,
        )

    def function(self, template: str, **parts: str) -> Any:
        """The function that the filled template defines."""
        exec(template.format(**parts), self._names)  # noqa: S102 - what it writes is the tables', and repr()'s
        return self._names["function"]


def _or_absent(step: Step) -> Rule:
    """The step's rule, and what takes the value's place where there is none to send."""

    def apply(value: object) -> object:
        judged = None if value is None else step.rule(value)
        return step.absent if judged is None else judged

    return apply
