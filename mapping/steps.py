"""Rows resolved to steps: what reads a value, what judges it, which key it goes under."""

from collections.abc import Iterable
from typing import NamedTuple, assert_never, cast

from config.model import Connection
from mapping.remarks import REMARKS, LeftOut, Noted, Refused, Remark
from mapping.results import Note
from mapping.routes import RouteName
from mapping.rows import Row
from mapping.rules import PerConnection, Rule
from mapping.sources import Reader, Scope
from mapping.wire import Document, Shape, part_of, path_of, place_of, represented


class Failure(NamedTuple):
    """The field, by its incoming name, for which an event cannot go, and why."""

    field: str
    refused: Refused

    def below(self, where: str) -> "Failure":
        """The same, of a field read inside `where`."""
        return self if self.refused.field else Failure(f"{where}.{self.field}", self.refused)


class Step(NamedTuple):
    """One row on one connection's route, or one parameter of a custom mapping."""

    field: str
    read: Reader
    rule: Rule
    key: str
    absent: object = None
    """What takes the value's place where there is none to send; a Refused refuses the event."""
    forgiving: bool = False
    """Whether a value that is refused is only left out: where many events share it."""


class Group(NamedTuple):
    """Steps whose fields stand in the same object."""

    within: tuple[str, ...]
    steps: tuple[Step, ...]


def groups_of(
    rows: Iterable[Row], scope: Scope, route: RouteName, shape: Shape, connection: Connection
) -> tuple[Group, ...]:
    """The steps of those rows that read from `scope` and have a field on this route, by the object they fill."""
    groups: dict[tuple[str, ...], dict[str, Step]] = {}
    for row in rows:
        path = path_of(row, shape)
        if row.source.scope is scope and route in row.routes and path is not None and is_on(row.setting, connection):
            within, key = place_of(path)
            groups.setdefault(within, {})[key] = _step(row, path, key, connection)
    return tuple(Group(within, tuple(steps.values())) for within, steps in groups.items())


def is_on(setting: str | None, connection: Connection) -> bool:
    """Whether a row with this setting holds for the connection."""
    return setting is None or bool(getattr(connection, setting))


def _step(row: Row, path: str, key: str, connection: Connection) -> Step:
    field, read = row.source.bind(connection)
    rule = row.rule.make(connection) if isinstance(row.rule, PerConnection) else row.rule
    return Step(field, read, represented(row, path, rule), key, row.missing, row.source.scope is Scope.BATCH)


def fill(groups: tuple[Group, ...], subject: object, document: Document, notes: list[Note]) -> Failure | None:
    """Run every step on `subject`; the failure when a value refuses the event. Objects without fields are not made."""
    for within, steps in groups:
        part: Document = {}
        failure = run(steps, subject, part, notes)
        if failure is not None:
            return failure
        if part:
            part_of(document, within).update(part)
    return None


def run(steps: tuple[Step, ...], subject: object, part: Document, notes: list[Note]) -> Failure | None:
    """Fill one object from `subject`; the failure when a value refuses the event."""
    for step in steps:
        _field, read, rule, key, absent, _forgiving = step
        value = read(subject)
        if value is not None:
            value = rule(value)
        if value is None:
            value = absent
            if value is None:
                continue
        if type(value) in REMARKS:
            failure = _settle(cast("Remark", value), step, part, notes)
            if failure is not None:
                return failure
        else:
            part[key] = value
    return None


def _settle(remark: Remark, step: Step, part: Document, notes: list[Note]) -> Failure | None:
    """What a remark means for the event: the failure, a note, or the value that the remark is about."""
    match remark:
        case Refused(message=message) if step.forgiving and remark is not step.absent:
            return _settle(LeftOut(message), step, part, notes)
        case Refused(field=field):
            return Failure(field or step.field, remark)
        case LeftOut(why) if step.absent is None:
            notes.append(Note(step.field, f"left out: {why}"))
        case LeftOut():
            if isinstance(step.absent, Refused):
                return _settle(step.absent, step, part, notes)
            part[step.key] = step.absent
        case Noted(value, note):
            notes.append(Note(step.field, note))
            part[step.key] = value
        case _:
            assert_never(remark)
    return None
