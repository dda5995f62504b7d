"""A connection's settings in words, and which of them two configurations have differently; never a credential."""

from collections.abc import Iterator
from dataclasses import MISSING, fields
from typing import Any, Final, NamedTuple

from config.model import Configuration, Connection
from operations.format import plural

_TOLD_APART: Final = ("id", "inputs", "access_token", "custom_mappings")
_FILE_NAMES: Final = {"max_event_age_s": "max_event_age (s)"}


class Setting(NamedTuple):
    """One setting: its name in the file, its value in words, whether that is the default."""

    name: str
    value: str
    is_default: bool


class SettingChange(NamedTuple):
    """What differs; without a `setting` the connection itself is only on one side."""

    connection: str
    setting: str
    before: str
    after: str


def settings_of(connection: Connection) -> Iterator[Setting]:
    """All that have one value, in the order of the model."""
    for one in fields(Connection):
        if one.name not in _TOLD_APART:
            default = one.default_factory() if one.default_factory is not MISSING else one.default
            value = getattr(connection, one.name)
            yield Setting(_FILE_NAMES.get(one.name, one.name), _words(value), value == default)


def changes(before: Configuration, after: Configuration) -> Iterator[SettingChange]:
    """Connection by connection; credentials are left out, for a file that is only checked has none."""
    for name in {**before.connections, **after.connections}:
        was, is_now = before.connections.get(name), after.connections.get(name)
        if was is None:
            yield SettingChange(name, "", "", "added")
        elif is_now is None:
            yield SettingChange(name, "", "removed", "")
        else:
            yield from _changes_of(name, was, is_now)


def _changes_of(name: str, was: Connection, is_now: Connection) -> Iterator[SettingChange]:
    for old, new in zip(settings_of(was), settings_of(is_now), strict=True):
        if old.value != new.value:
            yield SettingChange(name, old.name, old.value, new.value)
    if was.inputs != is_now.inputs:
        yield SettingChange(name, "inputs", ", ".join(was.inputs), ", ".join(is_now.inputs))
    if was.custom_mappings != is_now.custom_mappings:
        before, after = (plural(len(side.custom_mappings), "mapping") for side in (was, is_now))
        yield SettingChange(name, "custom_mappings", before, after)


def _words(value: Any) -> str:
    """A setting's value as people write it."""
    match value:
        case None:
            return "none"
        case bool():
            return str(value).lower()
        case frozenset():
            return ", ".join(sorted(value)) or "none"
        case dict():
            return ", ".join(f"{name} → {event}" for name, event in value.items()) or "none"
        case _:
            return str(value)
