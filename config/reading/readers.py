"""Readers of single values: each turns a node of the file into a typed value, or says what is allowed (ValueRefused).

A reader gets the name for its messages, and the node. It also has the JSON Schema of the nodes that it accepts, for
editors. Where relay accepts several forms (capitals in a word, `yes` for `true`), the schema has the preferred one.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Generic, NoReturn, Protocol, TypeVar

from config.conditions.comparison import fold
from config.nearest import nearest
from config.reading.yaml_tree import Fault, Items, Node, Table, Text, Unreadable

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
Read = Callable[[str, Node], T]
JsonSchema = Mapping[str, Any]

TEXT_SCHEMA: JsonSchema = {"type": ["string", "number", "boolean"]}
"""Any scalar: relay reads `0123` as text; other YAML readers read a number."""


class Described(Protocol[T_co]):
    """A reader of nodes that has the JSON Schema of the nodes that it accepts."""

    @property
    def schema(self) -> JsonSchema:
        """The JSON Schema, without `$schema`."""
        ...

    def __call__(self, name: str, node: Node) -> T_co:
        """Return the value of `node`. Raise ValueRefused."""
        ...


@dataclass(frozen=True)
class Reader(Generic[T]):
    """A function that reads a node, and the JSON Schema of the nodes that it accepts."""

    read: Read[T]
    schema: JsonSchema

    def __call__(self, name: str, node: Node) -> T:
        """Return the value of `node`. Raise ValueRefused."""
        return self.read(name, node)


MOST_DIGITS = 300
NUMBER = re.compile(rf"-?\d{{1,{MOST_DIGITS}}}(\.\d{{1,{MOST_DIGITS}}})?", re.ASCII)
"""A number that is finite, however many digits it has."""
_TRUTH = {"true": True, "yes": True, "false": False, "no": False}
_AGE = re.compile(r"([1-9]\d{0,5})([dhm])", re.ASCII)
SECONDS = {"d": 86_400, "h": 3_600, "m": 60}
"""The units of an age, the longest first."""
_WHOLE = re.compile(r"\d{1,9}", re.ASCII)
_SHOWN = 60


class ValueRefused(Exception):
    """The value cannot be used; `faults` is empty if the reason was reported before."""

    def __init__(self, faults: Iterable[Fault] = ()) -> None:
        super().__init__()
        self.faults = tuple(faults)


def refuse(node: Node, message: str) -> NoReturn:
    """Raise ValueRefused with one sentence, at the node's line."""
    raise ValueRefused([Fault(node.line, message)])


def did_you_mean(word: str, allowed: Iterable[str]) -> str:
    """Return a sentence to append if `word` is nearly one of `allowed`, else an empty string."""
    near = nearest(word, allowed)
    return f". Did you mean `{near}`?" if near else ""


def allowed_words(word: str, allowed: Iterable[str], near: Iterable[str] | None = None) -> str:
    """Return the end of a sentence that refuses `word`: the nearest of `near` first, then all that is allowed."""
    words = tuple(allowed)
    return allowed_after(did_you_mean(word, words if near is None else near), words)


def allowed_after(hint: str, words: Iterable[str]) -> str:
    """Return the hint of a sentence that refuses a word, if it has one, and then all that is allowed."""
    return f"{hint} Allowed are {', '.join(words)}" if hint else f": allowed are {', '.join(words)}"


def shown(value: str) -> str:
    """Return a value as messages quote it: in one line, shortened to 60 characters."""
    line = value.encode("unicode_escape").decode("ascii") if not value.isprintable() else value
    return line if len(line) <= _SHOWN else f"{line[:_SHOWN]}…"


def scalar(name: str, node: Node) -> str:
    """Return the text of a scalar that is neither empty nor null in YAML. Raise ValueRefused."""
    match node:
        case Unreadable():
            raise ValueRefused
        case Items() | Table():
            refuse(node, f"`{name}` must be one value, not a {'list' if isinstance(node, Items) else 'mapping'}")
        case Text(value=value) if value.strip().lower() in ("", "~", "null"):
            refuse(node, f"`{name}` is empty: give it a value, or leave the line out")
        case Text(value=value):
            return value


_TYPOGRAPHIC: Final = frozenset("\u201c\u201d\u201e\u201f\u2018\u2019\u201a\u00ab\u00bb")
"""What editors of prose make of `"` and `'`."""


def _text(name: str, node: Node) -> str:
    value = scalar(name, node)
    if "${" in value:
        secrets = "api_key, api_secret, access_token and url"
        refuse(node, f"`{name}` cannot use ${{…}}: only {secrets} can; write the value here")
    if isinstance(node, Text) and not node.quoted and len(value) > 1 and {value[0], value[-1]} <= _TYPOGRAPHIC:
        marks = "typographic quotation marks, which would be part of the value"
        refuse(node, f'`{name}` has {marks}: write " in place of them')
    return value


text: Reader[str] = Reader(_text, TEXT_SCHEMA)
folded: Reader[str] = Reader(lambda name, node: fold(text(name, node)), TEXT_SCHEMA)


def choice(allowed: Iterable[str], aliases: Mapping[str, str] | None = None) -> Reader[str]:
    """Return a reader of one of `allowed`, in any case; an alias is read as the word that it maps to."""
    words = tuple(allowed)
    by_fold = {word.casefold(): word for word in words} | dict(aliases or {})

    def read(name: str, node: Node) -> str:
        value = text(name, node)
        found = by_fold.get(value.casefold())
        return refuse(node, not_allowed(name, value, words, by_fold)) if found is None else found

    return Reader(read, {"enum": [*words, *(aliases or {})]})


def exactly(allowed: Iterable[str]) -> Reader[str]:
    """Return a reader of one of `allowed` with exactly its capitals, such as names of TikTok events."""
    words = tuple(dict.fromkeys(allowed))

    def read(name: str, node: Node) -> str:
        value = text(name, node)
        return value if value in words else refuse(node, not_allowed(name, value, words, words))

    return Reader(read, {"enum": list(words)})


def not_allowed(name: str, value: str, words: Iterable[str], near: Iterable[str]) -> str:
    return f"`{name}` is `{shown(value)}`{allowed_words(value, words, near)}"


def matching(pattern: str, allowed: str) -> Reader[str]:
    """Return a reader of text that matches the pattern; `allowed` describes it in messages."""
    compiled = re.compile(pattern)

    def read(name: str, node: Node) -> str:
        value = text(name, node)
        return value if compiled.fullmatch(value) else refuse(node, f"`{name}` must be {allowed}")

    return Reader(read, {"type": ["string", "number"], "pattern": f"^(?:{pattern})$"})


def _boolean(name: str, node: Node) -> bool:
    value = text(name, node)
    found = _TRUTH.get(value.lower())
    return refuse(node, f"`{name}` is `{shown(value)}`: allowed are true and false") if found is None else found


boolean: Reader[bool] = Reader(_boolean, {"type": "boolean"})


def whole(least: int, most: int) -> Reader[int]:
    def read(name: str, node: Node) -> int:
        value = text(name, node)
        if _WHOLE.fullmatch(value) and least <= int(value) <= most:
            return int(value)
        return refuse(node, f"`{name}` is `{shown(value)}`: allowed is a whole number from {least} to {most}")

    return Reader(read, {"type": "integer", "minimum": least, "maximum": most})


def _age(name: str, node: Node) -> int:
    value = text(name, node)
    if found := _AGE.fullmatch(value):
        return int(found[1]) * SECONDS[found[2]]
    return refuse(node, f"`{name}` is `{shown(value)}`: allowed are days, hours or minutes, such as 7d, 36h or 90m")


age: Reader[int] = Reader(_age, {"type": "string", "pattern": f"^{_AGE.pattern}$"})
"""`7d`, `36h` or `90m`, in seconds."""


def _retention(name: str, node: Node) -> int | None:
    if text(name, node) == "forever":
        return None
    seconds = age(name, node)
    return seconds if seconds >= SECONDS["d"] else refuse(node, f"`{name}` must be 1d or more, or forever")


retention: Reader[int | None] = Reader(_retention, {"anyOf": [age.schema, {"const": "forever"}]})
"""An age of a day at least, in seconds; None for `forever`."""

identifier = matching(r"[a-z0-9-]{1,64}", "1 to 64 lower-case letters, digits and hyphens, such as shop-web")
