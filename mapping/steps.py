"""Rows resolved to steps: what reads a value, what judges it, what puts it in place."""

from collections.abc import Iterable
from typing import NamedTuple, assert_never, cast

from config.model import Connection
from mapping.remarks import REMARKS, LeftOut, Noted, Refused, Remark
from mapping.results import Note
from mapping.routes import RouteName
from mapping.rows import Row
from mapping.rules import PerConnection, Rule, forgiving
from mapping.sources import Reader, Scope
from mapping.wire import Document, Put, Shape, path_of, put_at, represented


class Failure(NamedTuple):
    """The field, by its incoming name, for which an event cannot go, and why."""

    field: str
    refused: Refused

    def below(self, where: str) -> "Failure":
        """The same, of a field read inside `where`."""
        return self if self.refused.field else Failure(f"{where}.{self.field}", self.refused)


class Step(NamedTuple):
    """One row on one connection's route."""

    field: str
    read: Reader
    rule: Rule
    put: Put


def steps_of(
    rows: Iterable[Row], scope: Scope, route: RouteName, shape: Shape, connection: Connection, inside: str = ""
) -> tuple[Step, ...]:
    """The steps of those rows that read from `scope` and have a field on this route, put relative to `inside`."""
    return tuple(
        _step(row, path, inside, connection)
        for row in rows
        if row.source.scope is scope and route in row.routes and (path := path_of(row, shape)) is not None
    )


def _step(row: Row, path: str, inside: str, connection: Connection) -> Step:
    field, read = row.source.bind(connection)
    rule = represented(row, path, resolved(row.rule, connection))
    if row.source.scope is Scope.BATCH:
        rule = forgiving(rule)
    return Step(field, read, rule, put_at(path.removeprefix(inside)))


def resolved(rule: Rule | PerConnection, connection: Connection) -> Rule:
    """The rule itself, made for this connection where it depends on one."""
    return rule.make(connection) if isinstance(rule, PerConnection) else rule


def run(steps: tuple[Step, ...], subject: object, document: Document, notes: list[Note]) -> Failure | None:
    """Fill `document` from `subject`; the failure when a value refuses the event."""
    for field, read, rule, put in steps:
        value = rule(read(subject))
        if value is None:
            continue
        if type(value) not in REMARKS:
            put(document, value)
            continue
        match cast("Remark", value):
            case Refused() as refused:
                return Failure(refused.field or field, refused)
            case LeftOut(why):
                notes.append(Note(field, f"left out: {why}"))
            case Noted(noted, note):
                notes.append(Note(field, note))
                put(document, noted)
            case never:
                assert_never(never)
    return None
