"""Read a whole file by the schema as far as possible, so that one bad connection hides no error of another."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from config.model import Connection, Input
from config.reading.readers import Read, ValueRefused, allowed_words, shown
from config.reading.records import attempt, items_of
from config.reading.references import References
from config.reading.schema import connection_record, input_record
from config.reading.yaml_tree import Fault, Items, Node, Table, Text, Unreadable
from config.sources.model import QueueSource
from config.sources.record import source_record

T = TypeVar("T")

SECTIONS = ("inputs", "connections", "sources")
OPTIONAL_SECTIONS = ("sources",)
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
    """A value and the table that it was read from, for messages with line numbers."""

    value: T
    table: Table

    def line(self, key: str) -> int:
        """Return the line of a key; if the key is not written, the first line of its table."""
        return self.table.lines.get(key, self.table.line)


@dataclass(frozen=True, slots=True)
class Draft:
    """The readable part of a file, and the errors in the rest."""

    inputs: tuple[Located[Input], ...]
    connections: tuple[Located[Connection], ...]
    sources: tuple[Located[QueueSource], ...]
    faults: tuple[Fault, ...]


def read_draft(root: Node | None, references: References) -> Draft:
    """Read the tree by the schema."""
    if isinstance(root, Unreadable):
        return _nothing()
    if not isinstance(root, Table) or not root.values:
        line = root.line if root else 1
        return _nothing(Fault(line, f"the file must have inputs and connections; a minimal one is\n{MINIMAL_FILE}"))
    inputs, input_faults = _section(root, "inputs", input_record(references.expand))
    declared = [*_declared(root)]
    connections, connection_faults = _section(root, "connections", connection_record(references.expand, declared))
    sources, source_faults = _section(root, "sources", source_record(references.expand, declared))
    faults = (*_unknown_sections(root), *input_faults, *connection_faults, *source_faults)
    return Draft(tuple(inputs), tuple(connections), tuple(sources), faults)


def _nothing(*faults: Fault) -> Draft:
    return Draft((), (), (), faults)


def _unknown_sections(table: Table) -> Iterator[Fault]:
    for key, line in table.lines.items():
        if key not in SECTIONS:
            yield Fault(line, f"`{shown(key)}` is no section of the file{allowed_words(key, SECTIONS)}")


def _section(table: Table, name: str, record: Read[T]) -> tuple[list[Located[T]], list[Fault]]:
    if name not in table.values:
        missing = Fault(table.line, f"the file has no `{name}`: it needs a list of at least one")
        return [], [] if name in OPTIONAL_SECTIONS else [missing]
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
    """Yield the ids of all inputs in the file, also of those with other errors."""
    inputs = table.values.get("inputs")
    for item in inputs.values if isinstance(inputs, Items) else ():
        if isinstance(item, Table) and isinstance(declared := item.values.get("id"), Text):
            yield declared.value
