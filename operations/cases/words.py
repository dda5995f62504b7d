"""Find the words that a connection's rules name: attributes, values that they compare with, constants."""

from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from typing import Any, Final

from config.model import Connection

_SECRET: Final = frozenset({"access_token", "event_source_id", "test_event_code", "id", "inputs"})
"""Settings that are no rules; their values stay out of cases."""


def words_of(connection: Connection) -> frozenset[str]:
    """Return every text that the connection's rules name, without regard to case; no token, no id, no default."""
    return frozenset(word.casefold() for word in _words(connection))


def _words(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield repr(value)
    else:
        for member in _members(value):
            yield from _words(member)


def _members(value: Any) -> Iterator[Any]:
    """Yield what a collection or a record holds; nothing for any other value."""
    if isinstance(value, Mapping):
        yield from value.keys()
        yield from value.values()
    elif isinstance(value, tuple | list | frozenset | set):
        yield from value
    elif is_dataclass(value):
        members = ((field, getattr(value, field.name)) for field in fields(value) if field.name not in _SECRET)
        yield from (member for field, member in members if member != _default(field))


def _default(field: Field[Any]) -> Any:
    return field.default if field.default_factory is MISSING else field.default_factory()
