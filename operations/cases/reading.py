"""Read case files, in YAML or JSON; a bad file is refused with file, line, what is allowed and the nearest name."""

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final

from config.dead_letter_reasons import REASONS
from config.errors import ConfigurationError, Problem
from config.files.small_file import read_small
from config.reading.readers import Reader, ValueRefused, boolean, choice, refuse, shown, text
from config.reading.records import KeyRow, Record, attempt, listing, mapping, table_of
from config.reading.yaml_tree import Fault, Node, Table, Text, read
from operations.cases.model import Case, Expectation, ExpectedEvent, ExpectedOutcome
from operations.cases.values import INDEX, PATH, TIME, VALUE, plain_value
from operations.errors import OperatorError
from operations.preview.batch_file import parse_batches

EVENT: Final = Record(
    make=ExpectedEvent,
    what="an expected event",
    example="{event: Purchase, fields: {properties.value: 59.97}}",
    rows={
        "event": KeyRow(text, "The name of the TikTok event."),
        "index": KeyRow(INDEX, "The position of the mParticle event among all events of the case, from 0."),
        "fields": KeyRow(mapping(VALUE, "{properties.value: 59.97}", key=PATH), "Paths and their values."),
        "present": KeyRow(listing(PATH, "[user.email]"), "Paths that must have a value, whatever it is."),
        "absent": KeyRow(listing(PATH, "[user.ip]"), "Paths that must have none."),
        "exact": KeyRow(boolean, "`true`: `fields` name every field of the event.", default="false"),
    },
)


def _outcome(title: str, example: str, rows: Mapping[str, KeyRow]) -> Record[ExpectedOutcome]:
    index = KeyRow(INDEX, "The position of the mParticle event among all events of the case, from 0.")
    return Record(make=ExpectedOutcome, what=title, example=example, rows={"index": index, **rows})


WITHHELD: Final = _outcome(
    "a withheld event",
    "{index: 0, why: never_if 1}",
    {"why": KeyRow(text, "Why: the rule's name in the counts, its beginning up to a colon, or the whole reason.")},
)
UNSUPPORTED: Final = _outcome(
    "an unsupported event", "{index: 0, what: screen_view}", {"what": KeyRow(text, "What it is, as preview says it.")}
)
DEAD_LETTER: Final = _outcome(
    "a dead letter",
    "{index: 0, reason: invalid_url}",
    {
        "reason": KeyRow(choice(REASONS), "The reason's code."),
        "field": KeyRow(text, "The incoming name of the field at fault."),
        "message": KeyRow(text, "The whole sentence."),
    },
)


def _check_expectation(given: Mapping[str, Any], table: Table) -> Iterable[Fault]:
    if not given:
        yield Fault(table.line, f"`expect` is empty: give at least one of {', '.join(EXPECTATION.rows)}")


EXPECTATION: Final = Record(
    make=Expectation,
    what="`expect`",
    example="{events: [{event: Purchase}]}",
    check=_check_expectation,
    rows={
        "events": KeyRow(listing(EVENT, "[{event: Purchase}]"), "All TikTok events that are sent, in order."),
        "withheld": KeyRow(listing(WITHHELD, "[{why: never_if 1}]"), "All events that are withheld."),
        "unsupported": KeyRow(listing(UNSUPPORTED, "[{what: screen_view}]"), "All events that nothing wants."),
        "dead_letters": KeyRow(listing(DEAD_LETTER, "[{reason: invalid_url}]"), "All events that cannot be sent."),
    },
)


def _read_batches(folder: Path | None, name: str, node: Node) -> tuple[bytes, ...]:
    """Return the batches in the file that `node` names, or those that it writes out; without a folder, no files."""
    if isinstance(node, Text):
        if folder is None:
            return refuse(node, f"`{name}` names a file, and pasted cases can read none: write the batch out")
        path = folder / text(name, node)
        try:
            return parse_batches(path.read_bytes(), str(path)).batches
        except OSError as error:
            return refuse(node, f"`{name}`: {path} cannot be read: {error.strerror}")
        except OperatorError as error:
            return refuse(node, f"`{name}`: {error}")
    value = plain_value(node)
    return tuple(json.dumps(batch).encode() for batch in (value if isinstance(value, list) else [value]))


def _check_case(given: Mapping[str, Any], table: Table) -> Iterable[Fault]:
    if "connection" not in given and "input" not in given:
        yield Fault(table.line, "a case needs a `connection`, an `input`, or both")


def _case_record(folder: Path | None, file: str, line: int) -> Record[Case]:
    def make(**given: Any) -> Case:
        return Case(file, line, **given)

    return Record(
        make=make,
        what="a case",
        example="{name: …, connection: shop-web, batch: purchase.json, expect: {…}}",
        check=_check_case,
        rows={
            "name": KeyRow(text, "What the case shows, in words.", required=True),
            "connection": KeyRow(text, "The connection; optional where the input has one only."),
            "input": KeyRow(text, "The input; optional where the connection has one only."),
            "batch": KeyRow(
                Reader(partial(_read_batches, folder), {}),
                "The batch, several in a list, or the name of a file beside this one.",
                required=True,
                to="batches",
            ),
            "received": KeyRow(TIME, "When the batch arrives; without it, now.", to="received_ms"),
            "expect": KeyRow(EXPECTATION, "What must come out.", required=True),
            "exact": KeyRow(boolean, "`true`: everything that comes out is named.", default="false"),
        },
    )


CASE: Final = _case_record(None, "", 0)
"""The keys of a case, for documents."""


def read_cases(path: Path) -> list[Case]:
    """Return the cases of a file. Raise ConfigurationError with every problem that could be found."""
    try:
        return cases_of(read_small(path), str(path), path.parent)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "the path is invalid"
        raise ConfigurationError([Problem(str(path), None, f"cannot be read: {why}")]) from None


def cases_of(raw: bytes, name: str, folder: Path | None = None) -> list[Case]:
    """Return the cases in the content of a file; batches in files are read from `folder`. Raise ConfigurationError."""
    root, faults = read(raw)
    cases: list[Case] = []
    if root is not None:
        found = attempt(partial(_read_root, name, folder), "cases", root)
        if isinstance(found, ValueRefused):
            faults = [*faults, *found.faults]
        else:
            cases, more = found
            faults = [*faults, *more]
    elif not faults:
        faults = [Fault(None, f"is empty: a minimal file is\n{MINIMAL}")]
    if faults:
        raise ConfigurationError(Problem(name, *fault) for fault in sorted(faults, key=lambda fault: fault.line or 0))
    return cases


MINIMAL: Final = """\
cases:
  - name: a purchase is sent
    connection: shop-web
    batch: purchase.json
    expect:
      events: [{event: Purchase, fields: {properties.value: 59.97}}]
"""


def _read_root(file: str, folder: Path | None, name: str, node: Node) -> tuple[list[Case], list[Fault]]:
    table = table_of("a case file", node, "cases: [{name: …}]")
    section: Record[dict[str, Any]] = Record(
        make=dict, what="a case file", example="cases: [{name: …}]", rows={name: KeyRow(_NODES, "")}
    )
    tables = section(name, table).get(name)
    if tables is None:
        return [], [Fault(table.line, f"a case file has no `{name}`; a minimal one is\n{MINIMAL}")]
    results = [attempt(_case_record(folder, file, item.line), "case", item) for item in tables]
    cases = [result for result in results if isinstance(result, Case)]
    faults = [fault for result in results if isinstance(result, ValueRefused) for fault in result.faults]
    return cases, [*faults, *_repeated(cases)]


def _same(name: str, node: Node) -> Node:
    del name
    return node


_NODES: Final = listing(Reader(_same, {}), "- name: …", least=1)


def _repeated(cases: Iterable[Case]) -> Iterator[Fault]:
    lines: dict[str, int] = {}
    for case in cases:
        if case.name in lines:
            yield Fault(
                case.line, f"the name `{shown(case.name)}` is that of line {lines[case.name]} too: each needs its own"
            )
        lines.setdefault(case.name, case.line)
