"""Where `--set custom_flags.TikTok.URL=…` puts a value: paths into a batch with one event, as people write them.

A path is the name that a letter shows (`TikTok.URL`, `total_amount`), or starts in the event's `data`, or in the batch
for what a batch holds (`user_identities.email`); `event.` and `batch.` in front say so outright. Names may have dots in
them: of those that are there the longest that fits is meant, and in maps whose names are a client's own
(`custom_flags`, …) all that is left is one name. A path that names nothing is refused, with the nearest.
"""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from operations.dead_letters.event_paths import BATCH, DATA, NAMED_BY_CLIENTS, OPEN, Tree, below, knows, nearest, reads
from operations.dead_letters.exact_json import read_exactly
from operations.dead_letters.field_names import dotted, names_of, place_of_name
from operations.errors import OperatorError

_PLAIN_NAMES: Final = names_of(None, None)


class _Step(NamedTuple):
    """Where a path has come to: what stands there, what relay reads there, its name, and what is left of the path."""

    at: Any
    tree: Tree
    within: str
    left: str
    anything: bool = False
    """Whether any name will do: the path said outright where it starts, or the names are a client's own."""


def set_value(batch: dict[str, Any], assignment: str, names: Mapping[str, str] = _PLAIN_NAMES) -> None:
    """Carry out `PATH=VALUE` on a batch with one event. OperatorError when the path names nothing.

    `names` are those that the letter shows, with their paths. A value is text in the maps that clients name, elsewhere
    JSON where it is any (`20`, `true`, `"20"`), else text.
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
    """Return the name of a member as it is there, or as relay writes it, whatever its case here."""
    if name in step.at or step.within in OPEN:
        return name
    known = [*step.at, *(step.tree or ())]
    return next((one for one in known if one.casefold() == name.casefold()), name)


def _names_nothing(path: str, batch: dict[str, Any]) -> str:
    near = nearest(dotted(path), batch)
    hint = f"Did you mean {near}?" if near else "relay dead-letters show says what is there."
    return (
        f"--set {path}: this names nothing that relay reads or the event has. {hint} "
        "To add it all the same, start the path with event. or batch."
    )


def _entered(step: _Step, name: str | int) -> Any:
    """Return what stands at the name, made where there is none: a list where relay reads one."""
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
