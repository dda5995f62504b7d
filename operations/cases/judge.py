"""Run a case against a configuration, and say where what comes out differs from what must."""

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

import msgspec

from config.model import Configuration, Connection, Input
from config.nearest import nearest
from mapping.results import Mapped
from operations.cases.model import Asked, Case, ExpectedEvent, ExpectedOutcome
from operations.errors import OperatorError
from operations.preview.diff import ABSENT, differences
from operations.preview.preview import Preview, RefusedBatch, preview_all

_NOTHING: Final = "nothing"
_SHOWN_CHARACTERS: Final = 300


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where the result differs: its path, what must stand there, and what does, in words."""

    where: str
    expected: str
    found: str


@dataclass(frozen=True, slots=True)
class Result:
    """How one case ended. `error` says why it could not run; without it and without differences, it passed."""

    case: Case
    differences: tuple[Difference, ...] = ()
    error: str | None = None
    seconds: float = 0.0

    @property
    def passed(self) -> bool:
        """Whether everything came out as it must."""
        return not self.differences and self.error is None


class CaseError(OperatorError):
    """The case cannot run: the configuration has no such connection or input, or no batch is readable."""


def run_case(case: Case, configuration: Configuration, tiktok_url: str) -> Result:
    """Return how the case ends under a configuration; never raises for what the case holds."""
    started = time.perf_counter()
    try:
        source, connection = pair_of(case, configuration)
        (preview,) = preview_all(case.batches, [(source, connection)], tiktok_url, case.received_ms)
        found: Sequence[Difference] = list(compare(case, preview))
        error = None
    except (CaseError, RefusedBatch) as refusal:
        found, error = (), str(refusal)
    return Result(case, tuple(found), error, time.perf_counter() - started)


def pair_of(case: Case, configuration: Configuration) -> tuple[Input, Connection]:
    """Return the case's input and connection. Raise CaseError where they do not exist or are not clear."""
    connection_id, input_id = case.connection, case.input
    if connection_id is None:
        (connection_id,) = _only(
            [
                connection.id
                for connection in configuration.connections_of(_known(input_id, configuration.inputs, "input"))
            ],
            f"input {input_id} has several connections",
            "connection",
        )
    connection = configuration.connections[_known(connection_id, configuration.connections, "connection")]
    if input_id is None:
        (input_id,) = _only(connection.inputs, f"connection {connection.id} has several inputs", "input")
    source = configuration.input_of(_known(input_id, configuration.inputs, "input"))
    if source is None or source.id not in connection.inputs:
        raise CaseError(f"connection {connection.id} has no input {input_id}: it has {', '.join(connection.inputs)}")
    return source, connection


def _known(name: str | None, allowed: Mapping[str, Any], what: str) -> str:
    if name is not None and name in allowed:
        return name
    near = nearest(name or "", allowed)
    has = f". Did you mean {near}? It has" if near else ": it has"
    raise CaseError(f"the configuration has no {what} {name}{has} {', '.join(allowed)}")


def _only(names: Sequence[str], several: str, key: str) -> Sequence[str]:
    if len(names) == 1:
        return names
    raise CaseError(f"{several} ({', '.join(names) or 'none'}): say which one with `{key}:`")


def concerns(case: Case, connection_id: str, configuration: Configuration) -> bool:
    """Return whether the case is of this connection: it names it, or names no connection and an input of it."""
    if case.connection is not None or case.input is None:
        return case.connection == connection_id
    return any(connection.id == connection_id for connection in configuration.connections_of(case.input))


def compare(case: Case, preview: Preview) -> Iterator[Difference]:
    """Yield each difference: of the lists that the case gives, and with `exact` of all others too."""
    expect = case.expect
    if expect.events is not None or case.exact:
        yield from _events(expect.events or (), preview, exact=case.exact)
    lists: tuple[tuple[str, tuple[ExpectedOutcome, ...] | None, list[dict[str, Any]]], ...] = (
        (
            "withheld",
            expect.withheld,
            [{"index": index, "why": item.why, "rule": item.rule} for index, item in preview.withheld],
        ),
        ("unsupported", expect.unsupported, [{"index": i, "what": item.what} for i, item in preview.unsupported]),
        (
            "dead_letters",
            expect.dead_letters,
            [
                {"index": index, "reason": item.reason, "field": item.field, "message": item.message}
                for index, item in preview.rejected
            ],
        ),
    )
    for name, expected, found in lists:
        if expected is not None or case.exact:
            yield from _outcomes(name, expected or (), found)


def _events(expected: Sequence[ExpectedEvent], preview: Preview, *, exact: bool) -> Iterator[Difference]:
    items = list(zip(preview.indexes, preview.items, strict=True))
    if len(expected) != len(items):
        names = [f"{item.tiktok_event} ({index})" for index, item in items]
        yield Difference("events", _counted([wanted.event or "any" for wanted in expected]), _counted(names))
    for place, (wanted, (index, item)) in enumerate(zip(expected, items, strict=False)):
        yield from _event(f"events[{place}]", wanted, index, item, exact=exact or wanted.exact)


def _counted(names: Sequence[str]) -> str:
    return f"{len(names)}: {', '.join(names)}" if names else "none"


def _event(where: str, wanted: ExpectedEvent, index: int, item: Mapped, *, exact: bool) -> Iterator[Difference]:
    if wanted.event not in (None, item.tiktok_event):
        yield Difference(f"{where}.event", str(wanted.event), item.tiktok_event)
    if wanted.index not in (None, index):
        yield Difference(f"{where}.index", str(wanted.index), str(index))
    yield from _fields(where, wanted, msgspec.json.decode(item.body), exact=exact)


def _fields(where: str, wanted: ExpectedEvent, body: Any, *, exact: bool) -> Iterator[Difference]:
    fields = wanted.fields or {}
    for path, value in fields.items():
        yield from _field(f"{where}.{path}", value, value_at(body, path))
    for path in wanted.present:
        if value_at(body, path) is ABSENT:
            yield Difference(f"{where}.{path}", "a value", _NOTHING)
    for path in wanted.absent:
        if (found := value_at(body, path)) is not ABSENT:
            yield Difference(f"{where}.{path}", _NOTHING, shown(found))
    if exact:
        for path, value in leaves(body):
            if path != "event" and not _is_named(path, (*fields, *wanted.present)):
                yield Difference(f"{where}.{path}", "not to be there (exact)", shown(value))


def _is_named(path: str, names: Sequence[str]) -> bool:
    """Return whether one of the names is the path, or an object or list around it."""
    return any(path == name or (path.startswith(name) and path[len(name)] in ".[") for name in names)


def _field(where: str, wanted: Any, found: Any) -> Iterator[Difference]:
    if isinstance(wanted, Asked):
        expected = _unmet(wanted, found)
        if expected is not None:
            yield Difference(where, expected, shown(found))
    elif found is ABSENT:
        yield Difference(where, shown(wanted), _NOTHING)
    else:
        for change in differences(_plain(wanted), _plain(found)):
            path = f"{where}{'' if change.path.startswith('[') or not change.path else '.'}{change.path}"
            yield Difference(path, shown(change.before), shown(change.after))


def _unmet(wanted: Asked, found: Any) -> str | None:
    """Return what was asked for, in words, where `found` is not that."""
    if wanted.sha256 is not None:
        digest = sha256(wanted.sha256.encode()).hexdigest()
        return None if found == digest else f"{digest}, the SHA-256 of the text given"
    if wanted.length is not None:
        is_right = isinstance(found, list | str) and len(found) == wanted.length
        return None if is_right else f"a list or text of length {wanted.length}"
    if wanted.one_of is not None:
        return None if any(_is_same(found, value) for value in wanted.one_of) else f"one of {_list(wanted.one_of)}"
    values = wanted.is_not or ()
    return f"not {_list(values)}" if any(_is_same(found, value) for value in values) else None


def _is_same(found: Any, value: Any) -> bool:
    return found is not ABSENT and not any(differences(_plain(value), _plain(found)))


def _plain(value: Any) -> Any:
    """Return the value with whole numbers as integers: 60 and 60.0 are the same number."""
    match value:
        case dict():
            return {name: _plain(member) for name, member in value.items()}
        case list():
            return [_plain(entry) for entry in value]
        case float() if value.is_integer():
            return int(value)
        case _:
            return value


def _list(values: Sequence[Any]) -> str:
    return ", ".join(map(shown, values))


def _outcomes(
    name: str, expected: Sequence[ExpectedOutcome], found: Sequence[Mapping[str, Any]]
) -> Iterator[Difference]:
    if len(expected) != len(found):
        yield Difference(name, f"{len(expected) or 'none'}", _counted([_in_words(outcome) for outcome in found]))
    for place, (wanted, outcome) in enumerate(zip(expected, found, strict=False)):
        for key, value in outcome.items():
            asked = getattr(wanted, key, None)
            if asked is not None and asked != value and not (key == "why" and _names(asked, outcome)):
                yield Difference(f"{name}[{place}].{key}", str(asked), _NOTHING if value is None else str(value))


def _names(asked: str, outcome: Mapping[str, Any]) -> bool:
    """Return whether the words mean why an event is withheld: its rule's name, or a beginning up to a colon."""
    why, rule = outcome["why"], outcome["rule"]
    return asked == rule or f"{why}:".startswith(f"{asked}:") or f"{rule}:".startswith(f"{asked}:")


def _in_words(outcome: Mapping[str, Any]) -> str:
    what = outcome.get("why") or outcome.get("what") or outcome.get("reason")
    field = f" ({outcome['field']})" if outcome.get("field") else ""
    return f"{what}{field} (event {outcome['index']})"


def value_at(body: Any, path: str) -> Any:
    """Return the value at a path such as `user.email[0]`; ABSENT where there is none."""
    found = body
    for part in path.replace("[", ".[").split("."):
        if part.startswith("["):
            place = int(part[1:-1])
            found = found[place] if isinstance(found, list) and place < len(found) else ABSENT
        else:
            found = found.get(part, ABSENT) if isinstance(found, dict) else ABSENT
    return found


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield each value that is neither object nor list, with its path."""
    match value:
        case dict():
            for name, member in value.items():
                yield from leaves(member, f"{path}.{name}" if path else name)
        case list():
            for place, entry in enumerate(value):
                yield from leaves(entry, f"{path}[{place}]")
        case _:
            yield path, value


def shown(value: Any) -> str:
    """Return a value as JSON for people, shortened."""
    if value is ABSENT:
        return _NOTHING
    written = json.dumps(value, ensure_ascii=False)
    return written if len(written) <= _SHOWN_CHARACTERS else f"{written[:_SHOWN_CHARACTERS]}…"
