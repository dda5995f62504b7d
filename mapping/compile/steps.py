"""Turn rows into steps: the source of a value, its rule, and the key of its field."""

from collections.abc import Iterable
from typing import Final, NamedTuple, assert_never, final

from config.model import Connection
from config.routes import RouteName
from mapping.compile.shortcuts import Shortcut, shortcut_of
from mapping.fields.rules import PerConnection, Rule
from mapping.results import Note, OmitField, RejectEvent, RuleOutcome, SendWithNote
from mapping.sources import BoundSource, Scope
from mapping.tables import Row
from mapping.wire import Shape, path_of, place_of, represented, represented_result

OMITTED: Final = "omitted: "
"""How the note on a value begins that the event came with and that is not sent."""


@final
class Failure(NamedTuple):
    """An event that cannot be sent: the field at fault by its incoming name, and the rejection."""

    field: str
    rejection: RejectEvent


class Step(NamedTuple):
    """One row on one connection's route, or one parameter of a custom mapping."""

    source: BoundSource
    rule: Rule
    key: str
    absent: object = None
    """What stands for the value where there is none to send: a value, RejectEvent or OmitField."""
    forgiving: bool = False
    """Whether a rejected value is only omitted: many events share it, or the page does not have its field."""
    shortcut: Shortcut | None = None
    """The rule's result for usual values, without calling it."""


class ObjectSteps(NamedTuple):
    """The steps whose fields belong to one object; `within` holds the keys that lead to it."""

    within: tuple[str, ...]
    steps: tuple[Step, ...]


def steps_by_object(
    rows: Iterable[Row], scope: Scope, route: RouteName, shape: Shape, connection: Connection
) -> tuple[ObjectSteps, ...]:
    """Return the steps of rows of `scope` with a field on this route, by the object they fill, outer ones first."""
    objects: dict[tuple[str, ...], dict[str, Step]] = {}
    for row in rows:
        path = path_of(row, shape)
        if (
            row.source.scope is scope
            and route in row.routes
            and path is not None
            and is_on(row, connection)
            and is_sent(row.track, connection)
        ):
            within, key = place_of(path)
            objects.setdefault(within, {})[key] = _step(row, path, key, connection)
    outer_first = sorted(objects.items(), key=lambda object_steps: len(object_steps[0]))
    return tuple(ObjectSteps(within, tuple(steps.values())) for within, steps in outer_first)


def is_on(row: Row, connection: Connection) -> bool:
    """Return whether the connection wants the row's field: by `also_send`, by a setting, or always."""
    if row.additional:
        return row.track in connection.also_send
    return row.needs_setting is None or bool(getattr(connection, row.needs_setting))


def is_sent(path: str | None, connection: Connection) -> bool:
    """Return whether `omit` does not name the field at this path of Events API 2.0, or an object that has it."""
    plain = (path or "").replace("[]", "")
    return not any(plain == omitted or plain.startswith(f"{omitted}.") for omitted in connection.omit)


def _step(row: Row, path: str, key: str, connection: Connection) -> Step:
    rule = row.rule.make(connection) if isinstance(row.rule, PerConnection) else row.rule
    forgiving = row.additional or row.source.scope is Scope.BATCH
    shortcut = shortcut_of(row.rule, connection)
    if shortcut is not None:
        shortcut = shortcut._replace(result=represented_result(row, path, shortcut.result))
    return Step(row.source.bind(connection), represented(row, path, rule), key, row.missing, forgiving, shortcut)


def apply_outcome(outcome: RuleOutcome, step: Step, notes: list[Note], within: str = "") -> object:
    """Return what an outcome of a step's rule means: a value to send, None to send nothing, or a Failure.

    Appends notes to `notes`. `within` is the path of the object that holds the field, such as `products[0].`.
    """
    field = f"{within}{step.source.name}"
    match outcome:
        case RejectEvent(message=message) if step.forgiving and outcome is not step.absent:
            return apply_outcome(OmitField(message), step, notes, within)
        case RejectEvent():
            return Failure(outcome.field or field, outcome)
        case OmitField(why) if step.absent is None or outcome is step.absent:
            notes.append(Note(field, f"{OMITTED}{why}"))
            return None
        case OmitField() if isinstance(step.absent, RejectEvent | OmitField):
            return apply_outcome(step.absent, step, notes, within)
        case OmitField():
            return step.absent
        case SendWithNote(value, note):
            notes.append(Note(field, note))
            return value
        case _:
            assert_never(outcome)
