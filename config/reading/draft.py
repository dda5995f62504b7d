"""A whole file read by the schema as far as it can be, so that one faulty connection hides no fault of another."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from config.model import Connection, Input
from config.reading.readers import Read, ValueRefused, did_you_mean, shown
from config.reading.records import attempt, items_of
from config.reading.references import References
from config.reading.schema import connection_record, input_record
from config.reading.yaml_tree import Fault, Items, Node, Table, Text, Unreadable

T = TypeVar("T")

SECTIONS = ("inputs", "connections")
MINIMAL_FILE = """\
inputs:
  - id: web
    platform: web
    api_key: ${WEB_KEY}
    api_secret: ${WEB_SECRET}
connections:
  - id: shop-web
    inputs: [web]
    access_token: ${TIKTOK_TOKEN}
    event_source_id: CUSG5HBC77UD11VVRQEG
    enable_web_migration: true
"""


@dataclass(frozen=True, slots=True)
class Located(Generic[T]):
    """A value and the table it was read from, for sentences that name its lines."""

    value: T
    table: Table

    def line(self, key: str) -> int:
        """The line of a key; where the key is not written, the line its table begins on."""
        return self.table.lines.get(key, self.table.line)


@dataclass(frozen=True, slots=True)
class Draft:
    """What could be read of a file, and what is wrong with the rest."""

    inputs: tuple[Located[Input], ...]
    connections: tuple[Located[Connection], ...]
    faults: tuple[Fault, ...]


def read_draft(root: Node | None, references: References) -> Draft:
    """Type the tree by the schema."""
    if isinstance(root, Unreadable):
        return _nothing()
    if not isinstance(root, Table) or not root.values:
        line = root.line if root else 1
        return _nothing(Fault(line, f"the file must have inputs and connections; a minimal one is\n{MINIMAL_FILE}"))
    inputs, input_faults = _section(root, "inputs", input_record(references.expand))
    connections, connection_faults = _section(
        root, "connections", connection_record(references.expand, [*_declared(root)])
    )
    faults = (*_unknown_sections(root), *input_faults, *connection_faults)
    return Draft(tuple(inputs), tuple(connections), faults)


def _nothing(*faults: Fault) -> Draft:
    return Draft((), (), faults)


def _unknown_sections(table: Table) -> Iterator[Fault]:
    for key, line in table.lines.items():
        if key not in SECTIONS:
            allowed = f"allowed are {' and '.join(SECTIONS)}{did_you_mean(key, SECTIONS)}"
            yield Fault(line, f"`{shown(key)}` is no section of the file: {allowed}")


def _section(table: Table, name: str, record: Read[T]) -> tuple[list[Located[T]], list[Fault]]:
    if name not in table.values:
        return [], [Fault(table.line, f"the file has no `{name}`: it needs a list of at least one")]
    items = attempt(lambda key, node: items_of(key, node, "- id: …", least=1), name, table.values[name])
    if isinstance(items, ValueRefused):
        return [], list(items.faults)
    read: list[Located[T]] = []
    faults: list[Fault] = []
    for item in items:
        value = attempt(record, name, item)
        if isinstance(value, ValueRefused):
            faults.extend(value.faults)
        elif isinstance(item, Table):
            read.append(Located(value, item))
    return read, faults


def _declared(table: Table) -> Iterator[str]:
    """The ids of all inputs of the file, those that cannot be read for other reasons too."""
    inputs = table.values.get("inputs")
    for item in inputs.values if isinstance(inputs, Items) else ():
        if isinstance(item, Table) and isinstance(declared := item.values.get("id"), Text):
            yield declared.value
