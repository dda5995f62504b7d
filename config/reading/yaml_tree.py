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

MAX_DEPTH = 16
_HALF: Final = re.compile("[\ud800-\udfff]")
"""Half of a character beyond U+FFFF, which only escapes can write, such as those of JSON: they come in pairs."""


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
        return None, [Fault(None, f"is larger than {MAX_BYTES >> 20} MiB")]
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return None, [Fault(_line_at(raw, error.start), "is not UTF-8 text")]
    tree = _Tree(text)
    try:
        return tree.document(), tree.faults
    except _TooDeep:
        return None, [Fault(tree.line, f"is nested more than {MAX_DEPTH} levels deep")]
    except YAMLError as error:
        return None, [_fault_of(error, text)]
    except Exception:  # noqa: BLE001 - a bad file must be refused, whatever error the parser raises
        return None, [Fault(tree.line, "is not valid YAML")]


def _line_at(text: bytes | str, position: int) -> int:
    newline: Any = b"\n" if isinstance(text, bytes) else "\n"
    return text[:position].count(newline) + 1


_ADVICE: Final = {
    "character '\\t'": "indent with spaces, not with tabs",
    "cannot start any token": "put the value in quotes",
    "mapping values are not allowed": "put text with a colon in quotes, or indent this line as those beside it",
    "could not find expected ':'": "write a colon and a space after each key",
    "expected ',' or": "write a comma between the entries, and close the bracket",
    "but found '}'": "remove this bracket, or open it first",
    "but found ']'": "remove this bracket, or open it first",
    "but found '<scalar>'": "put the whole value in one pair of quotes, and write a quote inside it twice",
    "expected <block end>": "indent this line as those beside it",
    "unexpected end of stream": "close the quote that was opened",
    "<stream end>": "close the bracket that was opened",
    "unknown escape character": "write it in single quotes, where a backslash is a backslash",
}
"""What to do, by a part of the parser's message; the first that fits counts."""


def _fault_of(error: YAMLError, text: str) -> Fault:
    """Return the parser's message without its excerpt of the file, which may contain a secret."""
    mark = getattr(error, "problem_mark", None)
    if mark is not None:
        problem = getattr(error, "problem", None) or "it ends too early"
        advice = next((f"; {advice}" for part, advice in _ADVICE.items() if part in problem), "")
        return Fault(mark.line + 1, f"is not valid YAML: {problem}{advice}")
    return Fault(_line_at(text, getattr(error, "position", 0)), "contains a character that YAML does not allow")


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
            self._fault("holds a second document (after ---): one file is one document")
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
                self.faults.append(Fault(key.line, "has a key that is not plain text"))
            elif key.value in values:
                self.faults.append(Fault(key.line, f"repeats `{key.value}`, already on line {lines[key.value]}"))
            else:
                values[key.value], lines[key.value] = value, key.line
        return Table(line, values, lines)
