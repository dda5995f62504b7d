"""Set a value in a batch with one event, at a path such as `custom_flags.TikTok.URL`.

A path is the name that a dead letter shows (`TikTok.URL`, `total_amount`), or it starts in the event's `data`, or in
the batch for the batch's own members (`user_identities.email`). The prefixes `event.` and `batch.` say where it starts.
Names may contain dots: the longest existing name that fits is taken. In maps whose names clients choose
(`custom_flags`, …) the rest of the path is one name. A path that names nothing is refused, with the nearest one.
"""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from operations.dead_letters.event_paths import BATCH, DATA, NAMED_BY_CLIENTS, OPEN, Tree, below, knows, nearest, reads
from operations.dead_letters.exact_json import read_exactly
from operations.dead_letters.field_names import dotted, names_of, place_of_name
from operations.errors import OperatorError

_PLAIN_NAMES: Final = names_of(None, None)


class _Step(NamedTuple):
    """A position on a path: the value there, what relay reads there, its name, and the rest of the path."""

    at: Any
    tree: Tree
    within: str
    left: str
    anything: bool = False
    """Whether any name is allowed: the path has a prefix, or clients choose the names."""


def set_value(batch: dict[str, Any], assignment: str, names: Mapping[str, str] = _PLAIN_NAMES) -> None:
    """Carry out `PATH=VALUE` on a batch with one event. Raise OperatorError when the path names nothing.

    `names` are those that the dead letter shows, with their paths. A value is text in maps whose names clients choose;
    elsewhere it is JSON if it parses as such (`20`, `true`, `"20"`), else text.
    """
    path, equals, value = assignment.partition("=")
    path = path.strip()
    if not equals or not path:
        raise OperatorError(f"--set {path}: write it as field=value, such as TikTok.URL=https://…")
    plain = dotted(path)
    step = _start(batch, plain if reads(plain) else place_of_name(path, names) or plain)
    while True:
        name, rest = _next(step, path, batch)
        if rest is None:
            _put(step.at, name, value if step.within in NAMED_BY_CLIENTS else _json_or_text(value))
            return
        anything = step.anything or str(name) in OPEN
        step = _Step(_entered(step, name), below(step.tree, str(name)), str(name), rest, anything)


def _start(batch: dict[str, Any], path: str) -> _Step:
    first, _, rest = path.partition(".")
    event = batch["events"][0]
    if not isinstance(event, dict):
        raise OperatorError("its event is no JSON object: correct it in an editor, without --set")
    match first:
        case "batch" if rest:
            return _Step(batch, BATCH, "", rest, anything=True)
        case "event" if rest:
            return _Step(event, {"event_type": None, "data": DATA}, "", rest, anything=True)
        case "event_type":
            return _Step(event, {"event_type": None}, "", path)
        case _ if first in BATCH:
            return _Step(batch, BATCH, "", path)
        case _:
            if not isinstance(event.get("data"), dict):
                event["data"] = {}
            return _Step(event["data"], DATA, "", path)


def _next(step: _Step, path: str, batch: dict[str, Any]) -> tuple[str | int, str | None]:
    """Return the next member of the path, and what is left of it: None when this is the last."""
    parts = step.left.split(".")
    match step.at:
        case dict() if step.within in NAMED_BY_CLIENTS:
            name, length = _spelt(step, step.left), len(parts)
        case dict():
            lengths = range(len(parts), 0, -1)
            length = next((n for n in lengths if ".".join(parts[:n]) in step.at), 1)
            name = ".".join(parts[:length])
        case list() if parts[0].isdecimal() and int(parts[0]) <= len(step.at):
            return int(parts[0]), ".".join(parts[1:]) or None
        case list():
            raise OperatorError(f"--set {path}: {parts[0]} is not one of the places 0 to {len(step.at)} of a list")
        case _:
            raise OperatorError(f"--set {path}: {step.left} cannot be set inside a single value")
    if not (step.anything or name in step.at or knows(step.tree, name)):
        raise OperatorError(_names_nothing(path, batch))
    return name, ".".join(parts[length:]) or None


def _spelt(step: _Step, name: str) -> str:
    """Return the name of a member as it is spelled there or in relay; the case in the path does not matter."""
    if name in step.at or step.within in OPEN:
        return name
    known = [*step.at, *(step.tree or ())]
    return next((spelling for spelling in known if spelling.casefold() == name.casefold()), name)


def _names_nothing(path: str, batch: dict[str, Any]) -> str:
    near = nearest(dotted(path), batch)
    suggestion = f"Did you mean {near}?" if near else "relay dead-letters show shows the event."
    return (
        f"--set {path}: relay reads no such field, and the event has none. {suggestion} "
        "To add it nevertheless, start the path with event. or batch."
    )


def _entered(step: _Step, name: str | int) -> Any:
    """Return the value at the name; create it if it is missing, as a list where relay reads one."""
    at = step.at
    is_there = name < len(at) if isinstance(name, int) else at.get(name) is not None
    if not is_there:
        inner = below(step.tree, str(name))
        _put(at, name, [] if inner is not None and "0" in inner else {})
    return at[name]


def _put(at: Any, name: str | int, value: Any) -> None:
    if isinstance(name, int) and name == len(at):
        at.append(value)
    else:
        at[name] = value


def _json_or_text(value: str) -> Any:
    try:
        return read_exactly(value)
    except ValueError:
        return value
