"""The configuration: what is in force, secrets masked; and what another file would be, and would change."""

import time
from collections.abc import Iterator
from dataclasses import MISSING, fields
from typing import Any, Final, NamedTuple

import msgspec
from starlette.responses import Response

from config.errors import ConfigurationError
from config.file import check_text
from config.model import Configuration, Connection
from console.desk import Desk
from console.pages.try_it import PASTED
from console.visit import Visit
from mapping.routes import route_of
from operations.batch_file import parse_batches
from operations.comparing import ABSENT, Comparison, compare_all
from operations.errors import BadNews
from operations.previewing import RefusedBatch, pairs_of, preview_all
from operations.words import plural

FILE_NAME: Final = "the pasted file"
_TOLD_APART: Final = ("id", "inputs", "access_token", "custom_mappings")
_FILE_NAMES: Final = {"max_event_age_s": "max_event_age (s)"}


class Setting(NamedTuple):
    """One setting of a connection: its name in the file, its value in words, whether it is the default."""

    name: str
    value: str
    is_default: bool


def show(desk: Desk, visit: Visit) -> Response:
    """What the file says now, or why it is refused."""
    return _page(desk, visit)


def check(desk: Desk, visit: Visit) -> Response:
    """What the pasted file would be, and what it would change in the pasted batches."""
    text = visit.field("file")
    try:
        pasted = check_text(text, FILE_NAME)
    except ConfigurationError as error:
        return _page(desk, visit, problems=list(map(str, error.problems)))
    try:
        compared = _compared(desk, pasted, visit.field("batches"))
    except BadNews as error:
        return _page(desk, visit, pasted=pasted, problems=[str(error)])
    return _page(desk, visit, pasted=pasted, compared=compared)


def _compared(desk: Desk, pasted: Configuration, batches: str) -> list[Comparison] | None:
    """None where no batches were pasted. BadNews when they are none."""
    if not batches.strip():
        return None
    parts, now_ms = parse_batches(batches.encode(), PASTED).batches, time.time_ns() // 1_000_000
    try:
        before, after = (
            preview_all(parts, pairs_of(one), desk.settings.tiktok_url, now_ms)
            for one in (desk.configuration(), pasted)
        )
    except RefusedBatch as error:
        raise BadNews(f"ingest would refuse the batches: {error}") from None
    return compare_all(before, after)


def _page(
    desk: Desk,
    visit: Visit,
    *,
    pasted: Configuration | None = None,
    compared: list[Comparison] | None = None,
    problems: list[str] | None = None,
) -> Response:
    refused: list[str] = []
    configuration: Configuration | None = None
    try:
        configuration = desk.configuration()
    except ConfigurationError as error:
        refused = list(map(str, error.problems))
    return desk.page(
        visit,
        "check_results.html" if visit.partial else "configuration.html",
        path=desk.settings.config,
        configuration=configuration,
        connections=list(_connections(configuration)) if configuration else [],
        refused=refused,
        pasted=pasted,
        changes=list(_changes(configuration, pasted)) if configuration and pasted else [],
        compared=compared,
        problems=problems or [],
        file=visit.field("file"),
        batches=visit.field("batches"),
        absent=ABSENT,
    )


def _connections(configuration: Configuration) -> Iterator[dict[str, Any]]:
    """Each with its routes, the settings that are not as by default, and its mappings; never its token."""
    for connection in configuration.connections.values():
        routes = [(name, route_of(connection, configuration.inputs[name])) for name in connection.inputs]
        yield {
            "connection": connection,
            "routes": routes,
            "settings": list(_settings(connection)),
            "mappings": [msgspec.to_builtins(mapping) for mapping in connection.custom_mappings],
        }


def _settings(connection: Connection) -> Iterator[Setting]:
    """All of them but the token, in the order of the model."""
    for one in fields(Connection):
        if one.name not in _TOLD_APART:
            default = one.default_factory() if one.default_factory is not MISSING else one.default
            value = getattr(connection, one.name)
            yield Setting(_FILE_NAMES.get(one.name, one.name), _words(value), value == default)


def _words(value: Any) -> str:
    """A setting's value as people write it."""
    match value:
        case None:
            return "none"
        case bool():
            return str(value).lower()
        case frozenset() | tuple():
            return ", ".join(sorted(map(str, value))) or "none"
        case dict():
            return ", ".join(f"{name} → {event}" for name, event in value.items()) or "none"
        case _:
            return str(value)


def _changes(before: Configuration, after: Configuration) -> Iterator[tuple[str, str, str, str]]:
    """(connection, setting, before, after) of what differs; credentials cannot be compared unexpanded."""
    for name in {**before.connections, **after.connections}:
        was, is_now = before.connections.get(name), after.connections.get(name)
        if was is None or is_now is None:
            yield (name, "", "", "added") if was is None else (name, "", "removed", "")
            continue
        for old, new in zip(_settings(was), _settings(is_now), strict=True):
            if old.value != new.value:
                yield name, old.name, old.value, new.value
        for setting in ("inputs", "custom_mappings"):
            if getattr(was, setting) != getattr(is_now, setting):
                yield name, setting, _count(getattr(was, setting)), _count(getattr(is_now, setting))


def _count(values: tuple[Any, ...]) -> str:
    """Names as they are; mappings, which are long, by their number."""
    names = [one for one in values if isinstance(one, str)]
    return ", ".join(names) if names else plural(len(values), "mapping")
