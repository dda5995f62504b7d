"""Write a connection's settings for people, and compare those of two configurations; credentials never appear."""

from collections.abc import Iterator
from dataclasses import MISSING, fields
from typing import Any, Final, NamedTuple

from config.conditions.rule_names import rules_of
from config.model import Configuration, Connection, Forward
from operations.format import plural

_SHOWN_ELSEWHERE: Final = ("id", "inputs", "access_token", "custom_mappings")
_FILE_NAMES: Final = {"max_event_age_s": "max_event_age (s)"}


class Setting(NamedTuple):
    """One setting: its name in the file, its value as text, and whether that is the default."""

    name: str
    value: str
    is_default: bool


class SettingChange(NamedTuple):
    """One difference. With an empty `name`, only one of the configurations has the connection."""

    connection: str
    name: str
    before: str
    after: str


def settings_of(connection: Connection) -> Iterator[Setting]:
    """Yield the settings that have one value, in the order of the model."""
    for field in fields(Connection):
        if field.name not in _SHOWN_ELSEWHERE:
            default = field.default_factory() if field.default_factory is not MISSING else field.default
            value = getattr(connection, field.name)
            yield Setting(_FILE_NAMES.get(field.name, field.name), _words(value), value == default)


def changes(before: Configuration, after: Configuration) -> Iterator[SettingChange]:
    """Yield the differences, connection by connection. Credentials are omitted."""
    for name in {**before.connections, **after.connections}:
        old, new = before.connections.get(name), after.connections.get(name)
        if old is None:
            yield SettingChange(name, "", "", "added")
        elif new is None:
            yield SettingChange(name, "", "removed", "")
        else:
            yield from _changes_of(name, old, new)


def _changes_of(name: str, old: Connection, new: Connection) -> Iterator[SettingChange]:
    for former, current in zip(settings_of(old), settings_of(new), strict=True):
        if former.value != current.value:
            yield SettingChange(name, former.name, former.value, current.value)
    if old.inputs != new.inputs:
        yield SettingChange(name, "inputs", ", ".join(old.inputs), ", ".join(new.inputs))
    if old.custom_mappings != new.custom_mappings:
        before, after = (plural(len(side.custom_mappings), "mapping") for side in (old, new))
        yield SettingChange(name, "custom_mappings", before, after)


def _words(value: Any) -> str:
    """Return a setting's value as people write it."""
    match value:
        case None:
            return "none"
        case bool():
            return str(value).lower()
        case frozenset():
            return ", ".join(sorted(value)) or "none"
        case dict():
            return ", ".join(f"{name} → {event or 'off'}" for name, event in value.items()) or "none"
        case tuple():
            return ", ".join(value) or "none"
        case Forward():
            return "; ".join(rules_of(value)) or "all events"
        case _:
            return str(value)
