"""Write a connection's settings for people, and compare those of two configurations; credentials never appear."""

from collections.abc import Iterator
from dataclasses import MISSING, fields
from typing import Any, Final, NamedTuple

from config.conditions.rule_names import rules_of
from config.model import Configuration, Connection, CustomMapping, Forward, Profile
from operations.ages import age_text
from operations.configuration.written_mapping import written_mapping
from operations.configuration.yaml_text import yaml_of

_SHOWN_ELSEWHERE: Final = ("id", "inputs", "access_token", "custom_mappings")
_AGES: Final = {"max_event_age_s": "none", "dead_letter_retention_s": "forever"}
"""Fields in seconds, and what None means; the file has them as `7d`, without `_s`."""


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
            if field.name in _AGES:
                text = _AGES[field.name] if value is None else age_text(value)
                yield Setting(field.name.removesuffix("_s"), text, value == default)
            else:
                yield Setting(field.name, _words(value), value == default)


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
    yield from _changed_mappings(name, old.custom_mappings, new.custom_mappings)


def _changed_mappings(
    name: str, old: tuple[CustomMapping, ...], new: tuple[CustomMapping, ...]
) -> Iterator[SettingChange]:
    """Yield each mapping that differs, as YAML. One of the same TikTok event on both sides counts as changed."""
    added = [mapping for mapping in new if mapping not in old]
    for mapping in (mapping for mapping in old if mapping not in new):
        successor = next((other for other in added if other.tiktok_event == mapping.tiktok_event), None)
        if successor is not None:
            added.remove(successor)
        after = "removed" if successor is None else mapping_text(successor)
        yield SettingChange(name, f"custom_mappings: {mapping.tiktok_event}", mapping_text(mapping), after)
    for mapping in added:
        yield SettingChange(name, f"custom_mappings: {mapping.tiktok_event}", "none", mapping_text(mapping))


def mapping_text(mapping: CustomMapping) -> str:
    """Return the mapping as YAML, as the file could have it, without personal data."""
    return yaml_of(written_mapping(mapping))


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
        case Profile():
            return ", ".join(f"{name} {age_text(seconds)}" for name, seconds in value.fields.items())
        case Forward():
            return "; ".join(rules_of(value)) or "all events"
        case _:
            return str(value)
