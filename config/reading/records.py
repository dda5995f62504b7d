"""Combine readers into lists, mappings, and records with named keys; collect all errors below each."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, NamedTuple, TypeVar

from config.reading.readers import (
    Described,
    JsonSchema,
    Read,
    Reader,
    ValueRefused,
    allowed_after,
    allowed_words,
    refuse,
    shown,
)
from config.reading.yaml_tree import Fault, Items, Node, Table, Text, Unreadable

T = TypeVar("T")


def attempt(reader: Read[T], name: str, node: Node) -> T | ValueRefused:
    """Return what the reader returns, or its ValueRefused as a value."""
    try:
        return reader(name, node)
    except ValueRefused as refused:
        return refused


def gather(results: Iterable[T | ValueRefused]) -> list[T]:
    """Return all values. Raise one ValueRefused with the faults of all refused values."""
    values: list[T] = []
    refusals: list[ValueRefused] = []
    for result in results:
        if isinstance(result, ValueRefused):
            refusals.append(result)
        else:
            values.append(result)
    if refusals:
        raise ValueRefused(fault for refusal in refusals for fault in refusal.faults)
    return values


def items_of(name: str, node: Node, example: str, *, least: int = 0) -> tuple[Node, ...]:
    """Return the items of a list with at least `least`; `example` shows one in messages. Raise ValueRefused."""
    match node:
        case Unreadable():
            raise ValueRefused
        case Items(values=values) if len(values) >= least:
            return values
        case Items() | Text(value=""):
            return refuse(
                node, f"`{name}` is empty: {'it needs at least one item' if least else 'leave it out, or write []'}"
            )
        case Text() | Table():
            return refuse(node, f"`{name}` must be a list, such as {example}")


def table_of(what: str, node: Node, example: str) -> Table:
    """Return the node as a mapping; messages call it `what`. Raise ValueRefused."""
    match node:
        case Unreadable():
            raise ValueRefused
        case Table():
            return node
        case Text(value=""):
            return refuse(node, f"{what} is empty: leave it out, or write a mapping, such as {example}")
        case Text() | Items():
            return refuse(node, f"{what} must be a mapping, such as {example}")


def listing(reader: Described[T], example: str, *, least: int = 0) -> Reader[tuple[T, ...]]:
    """Return a reader of a list whose items `reader` reads."""

    def read(name: str, node: Node) -> tuple[T, ...]:
        return tuple(gather(attempt(reader, name, item) for item in items_of(name, node, example, least=least)))

    return Reader(read, {"type": "array", "items": reader.schema, "minItems": least})


def mapping(reader: Described[T], example: str, key: Described[str] | None = None) -> Reader[dict[str, T]]:
    """Return a reader of a mapping with any keys, or keys that `key` reads; `reader` reads the values."""

    def read(name: str, node: Node) -> dict[str, T]:
        table = table_of(f"`{name}`", node, example)

        read_before: dict[str, str] = {}

        def entry(word: str, value: Node) -> tuple[str, T]:
            node = Text(table.lines[word], word)
            found = key(name, node) if key else word
            if read_before.setdefault(found, word) != word:
                at = f"already on line {table.lines[read_before[found]]} as `{shown(read_before[found])}`"
                refuse(node, f"`{name}` repeats `{shown(word)}`, {at}")
            return found, reader(word, value)

        return dict(gather(attempt(entry, word, value) for word, value in table.values.items()))

    names = {} if key is None else {"propertyNames": key.schema}
    return Reader(read, {"type": "object", "additionalProperties": reader.schema, **names})


class KeyRow(NamedTuple):
    """One key of a record: its reader, its meaning, whether it is required, and its name in the model if that differs.

    `meaning` is a sentence for editors and for docs/settings.md; `default` is the default as a file would write it.
    """

    read: Described[Any]
    meaning: str
    required: bool = False
    to: str | None = None
    default: str | None = None

    @property
    def schema(self) -> JsonSchema:
        """The JSON Schema of the value; its description ends with the default."""
        default = "" if self.default is None else f" Default: {self.default}."
        return {"description": self.meaning + default, **self.read.schema}


def _nothing(given: Mapping[str, Any], table: Table) -> Iterable[Fault]:
    del given, table
    return ()


@dataclass(frozen=True)
class Record(Generic[T]):
    """Reads a mapping with these keys and no others, and passes the values to `make`.

    Messages call it `what`. `check` finds errors between keys that are each valid. Of each group of keys in `one_of`,
    exactly one is needed; editors get this rule too.
    """

    make: Callable[..., T]
    what: str
    rows: Mapping[str, KeyRow]
    example: str
    check: Callable[[Mapping[str, Any], Table], Iterable[Fault]] = _nothing
    one_of: Sequence[Sequence[str]] = ()
    elsewhere: Mapping[str, str] = field(default_factory=dict)
    """Names that other programs have for these keys, which messages answer with ours."""

    @property
    def schema(self) -> JsonSchema:
        """The JSON Schema of the mapping, with each key's meaning and default."""
        required = [key for key, row in self.rows.items() if row.required]
        return {
            "type": "object",
            "properties": {key: row.schema for key, row in self.rows.items()},
            "additionalProperties": False,
            **({"required": required} if required else {}),
            **_exactly_one([[{"required": [key]} for key in keys] for keys in self.one_of]),
        }

    def __call__(self, name: str, node: Node) -> T:
        del name  # messages name `what`
        table = table_of(self.what, node, self.example)
        keys = [key for key in self.rows if key in table.values]
        results: list[Any] = [attempt(self.rows[key].read, key, table.values[key]) for key in keys]
        if wrong_keys := [*self._wrong_keys(table)]:
            results.append(ValueRefused(wrong_keys))
        values = gather(results)
        given = dict(zip((self.rows[key].to or key for key in keys), values, strict=True))
        if faults := [*self.check(given, table)]:
            raise ValueRefused(faults)
        return self.make(**given)

    def _wrong_keys(self, table: Table) -> Iterable[Fault]:
        for key in table.values:
            if key not in self.rows:
                ours = self.elsewhere.get(key.casefold())
                allowed = (
                    allowed_after(f". Did you mean `{ours}`?", self.rows) if ours else allowed_words(key, self.rows)
                )
                yield Fault(table.lines[key], f"`{shown(key)}` is no setting of {self.what}{allowed}")
        for key, row in self.rows.items():
            if row.required and key not in table.values:
                yield Fault(table.line, f"{self.what} has no `{key}`, which it needs")


def not_one_of(keys: Sequence[str], what: str, kind: str, table: Table) -> Iterable[Fault]:
    """Yield a sentence where `what` does not have exactly one of these keys, which are each a `kind`."""
    found = [key for key in keys if key in table.values]
    if len(found) != 1:
        has = f"has the {kind}s {' and '.join(found)}" if found else f"has no {kind}"
        yield Fault(
            table.lines[found[1]] if found else table.line, f"{what} {has}: it needs exactly one of {', '.join(keys)}"
        )


def _exactly_one(groups: Sequence[Sequence[JsonSchema]]) -> JsonSchema:
    """Return the keywords of a schema that exactly one schema of each group must fit."""
    return (
        {"oneOf": groups[0]}
        if len(groups) == 1
        else {"allOf": [{"oneOf": group} for group in groups]}
        if groups
        else {}
    )
