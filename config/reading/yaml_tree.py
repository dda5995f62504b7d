"""Parse bytes of YAML to a tree with every scalar as text and its line number; nothing is executed or expanded.

One document, at most MAX_BYTES and MAX_DEPTH; no anchors, aliases, tags or duplicate keys.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from config.files.small_file import MAX_BYTES
from config.files.yaml_advice import ELSE, advice_for

MAX_DEPTH = 16
_HALF: Final = re.compile("[\ud800-\udfff]")
"""Half of a character beyond U+FFFF, which only escapes can write, such as those of JSON: they come in pairs."""

_NO_NAME: Final = "has a key that is not plain text: write the name of a setting before the colon"


class Fault(NamedTuple):
    """One error in the file; `line` counts from 1."""

    line: int | None
    message: str


@dataclass(frozen=True, slots=True)
class Text:
    """A scalar; no repr shows it, because it may be a secret. `quoted`: in quotes or as a block, so always text."""

    line: int
    value: str = field(repr=False)
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Items:
    line: int
    values: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Table:
    """A mapping; `lines` has the line of each key."""

    line: int
    values: "Mapping[str, Node]"
    lines: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Replaces a node whose error was reported already."""

    line: int


Node = Text | Items | Table | Unreadable


class _TooDeep(Exception):
    pass


def read(raw: bytes) -> tuple[Node | None, list[Fault]]:
    """Return the tree and its errors as YAML; the tree is None if the file is empty or not YAML."""
    if len(raw) > MAX_BYTES:
        return None, [Fault(None, f"is larger than {MAX_BYTES >> 20} MiB: is it the right file?")]
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return None, [Fault(_line_at(raw, error.start), "is not UTF-8 text: save the file as UTF-8")]
    tree = _Tree(text)
    try:
        return tree.document(), tree.faults
    except _TooDeep:
        return None, [
            Fault(tree.line, f"is nested more than {MAX_DEPTH} levels deep: see that brackets and indentation end")
        ]
    except YAMLError as error:
        return None, [_fault_of(error, text)]
    except Exception:  # noqa: BLE001 - a bad file must be refused, whatever error the parser raises
        return None, [Fault(tree.line, f"is not valid YAML; {ELSE}")]


def _line_at(text: bytes | str, position: int) -> int:
    newline: Any = b"\n" if isinstance(text, bytes) else "\n"
    return text[:position].count(newline) + 1


def _fault_of(error: YAMLError, text: str) -> Fault:
    """Return the parser's message without its excerpt of the file, which may contain a secret."""
    mark = getattr(error, "problem_mark", None)
    if mark is None:
        line = _line_at(text, getattr(error, "position", 0))
        return Fault(line, "contains a character that YAML does not allow: delete it, or type the line again by hand")
    problem = getattr(error, "problem", None) or "it ends too early"
    row = advice_for(problem)
    start = getattr(error, "context_mark", None)
    return Fault(
        (start if row.at_start and start is not None else mark).line + 1, f"is not valid YAML: {problem}; {row.advice}"
    )


class _Tree:
    """Builds nodes from the parser's events one by one, so that depth and size are limited."""

    def __init__(self, text: str) -> None:
        self._events: Iterator[Any] = iter(YAML(typ="safe", pure=True).parse(text))
        self.line = 1
        self.faults: list[Fault] = []

    def _next(self) -> Any:
        event = next(self._events)
        self.line = event.start_mark.line + 1
        return event

    def _fault(self, message: str) -> None:
        self.faults.append(Fault(self.line, message))

    def document(self) -> Node | None:
        self._next()  # the start of the stream
        if isinstance(self._next(), StreamEndEvent):
            return None
        node = self._node(self._next(), 0)
        self._next()  # the end of the document
        if isinstance(self._next(), DocumentStartEvent):
            self._fault("holds a second document (after ---): one file is one document, so remove the other")
        return node

    def _node(self, event: Any, depth: int) -> Node:
        if depth > MAX_DEPTH:
            raise _TooDeep
        if isinstance(event, AliasEvent):
            self._fault("uses an alias (*name): write the value out")
            return Unreadable(self.line)
        if event.anchor is not None:
            self._fault("defines an anchor (&name): write the value out where it is needed")
        if event.tag is not None:
            self._fault("uses a tag (!name): write the plain value")
        if isinstance(event, ScalarEvent):
            return self._scalar(event)
        return self._items(self.line, depth) if isinstance(event, SequenceStartEvent) else self._table(self.line, depth)

    def _scalar(self, event: ScalarEvent) -> Node:
        value = event.value
        if _HALF.search(value):
            try:
                value = value.encode("utf-16", "surrogatepass").decode("utf-16")
            except UnicodeDecodeError:
                self._fault("contains half of a character (an escape \\ud800 to \\udfff alone): write the character")
                return Unreadable(self.line)
        return Text(self.line, value, quoted=not event.implicit[0])

    def _items(self, line: int, depth: int) -> Items:
        values = []
        while not isinstance(event := self._next(), SequenceEndEvent):
            values.append(self._node(event, depth + 1))
        return Items(line, tuple(values))

    def _table(self, line: int, depth: int) -> Table:
        values: dict[str, Node] = {}
        lines: dict[str, int] = {}
        while not isinstance(event := self._next(), MappingEndEvent):
            key = self._node(event, depth + 1)
            value = self._node(self._next(), depth + 1)
            if isinstance(value, Text) and not value.value:
                value = Text(key.line, "", value.quoted)  # an empty value has no line of its own
            if isinstance(key, Unreadable):
                continue
            if not isinstance(key, Text):
                self.faults.append(Fault(key.line, _NO_NAME))
            elif key.value in values:
                former = lines[key.value]
                self.faults.append(
                    Fault(key.line, f"repeats `{key.value}`, already on line {former}: keep one of them")
                )
            else:
                values[key.value], lines[key.value] = value, key.line
        return Table(line, values, lines)
