"""Read the values of a case file: JSON values, paths of TikTok's events, times, and questions about a field."""

import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from config.reading.readers import Reader, ValueRefused, refuse, shown, text, whole
from config.reading.yaml_tree import Items, Node, Table, Text, Unreadable
from operations.cases.model import Asked

_NUMBER: Final = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?", re.ASCII).fullmatch
_NUMBER_CHARACTERS: Final = 4000
_WORDS: Final[Mapping[str, Any]] = {"null": None, "~": None, "": None, "true": True, "false": False}
_PATH: Final = re.compile(r"[A-Za-z_]\w*(\[\d+\])?(\.[A-Za-z_]\w*(\[\d+\])?)*", re.ASCII).fullmatch


def plain_value(node: Node) -> Any:
    """Return the JSON value that a node writes: a scalar without quotes may be null, a truth value or a number."""
    match node:
        case Text(value=value, quoted=False) if value in _WORDS:
            return _WORDS[value]
        case Text(value=value, quoted=False) if _NUMBER(value) and len(value) < _NUMBER_CHARACTERS:
            return json.loads(value)
        case Text(value=value):
            return _joined_halves(value)
        case Items(values=values):
            return [plain_value(value) for value in values]
        case Table(values=members):
            return {_joined_halves(name): plain_value(member) for name, member in members.items()}
        case Unreadable():
            raise ValueRefused


def _joined_halves(value: str) -> str:
    """Return the text with each surrogate pair of JSON joined; a half without its other half is U+FFFD."""
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace") if not value.isascii() else value


def _value(name: str, node: Node) -> Any:
    if isinstance(node, Table) and set(node.values) & set(_ASKED):
        return _asked(name, node)
    return plain_value(node)


def _several(node: Node) -> tuple[Any, ...]:
    value = plain_value(node)
    return tuple(value) if isinstance(value, list) else (value,)


INDEX: Final[Reader[int]] = whole(0, 999_999_999)
_ASKED: Final[Mapping[str, Callable[[str, Node], Asked]]] = {
    "sha256": lambda name, node: Asked(sha256=text(name, node)),
    "length": lambda name, node: Asked(length=INDEX(name, node)),
    "one_of": lambda _, node: Asked(one_of=_several(node)),
    "is_not": lambda _, node: Asked(is_not=_several(node)),
}


def _asked(name: str, table: Table) -> Asked:
    if len(table.values) > 1 or not set(table.values) <= set(_ASKED):
        refuse(table, f"`{name}` must be a plain value, or one condition: {', '.join(_ASKED)}")
    ((key, node),) = table.values.items()
    return _ASKED[key](key, node)


def _path(name: str, node: Node) -> str:
    value = text(name, node)
    if _PATH(value):
        return value
    return refuse(node, f"`{shown(value)}` is no path of a TikTok event, such as user.email[0] or properties.value")


PATH: Final[Reader[str]] = Reader(_path, {"type": "string"})
VALUE: Final[Reader[Any]] = Reader(_value, {})
TIMES_EXAMPLE: Final = "2026-11-26T08:30:00Z"


def _time(name: str, node: Node) -> int:
    value = text(name, node)
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        return refuse(node, f"`{name}` must be a time with its zone, such as {TIMES_EXAMPLE}")
    return int(moment.timestamp() * 1000)


TIME: Final[Reader[int]] = Reader(_time, {"type": "string", "format": "date-time"})
