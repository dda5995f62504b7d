"""Write a case from batches: personal data replaced, and as expected what comes out of them now."""

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from itertools import chain, count
from typing import Any, Final, NamedTuple

import msgspec

from config.errors import ConfigurationError
from config.model import Connection, Input
from operations.cases.batch_members import BatchReplacer
from operations.cases.judge import leaves
from operations.cases.reading import cases_of
from operations.configuration.yaml_text import yaml_of
from operations.errors import OperatorError
from operations.preview.preview import Preview, preview_all

_FIRST_ENTRY: Final = re.compile(r"^( *)- ", re.MULTILINE).search
_INDEX: Final = re.compile(r"\[\d+\]")


class SavedCase(NamedTuple):
    """The text of a case file, and sentences about events that map differently than in the original batches."""

    text: str
    warnings: tuple[str, ...]


def save_case(
    name: str, batches: Sequence[bytes], source: Input, connection: Connection, tiktok_url: str, received_ms: int
) -> SavedCase:
    """Return a file with one case. Raise OperatorError for JSON that is no batch, and RefusedBatch."""
    received_ms -= received_ms % 1000
    pairs = [(source, connection)]
    (before,) = preview_all(batches, pairs, tiktok_url, received_ms)
    replaced = [*map(BatchReplacer(connection).batch, map(_decoded, batches))]
    head = {
        "name": name,
        "connection": connection.id,
        "input": source.id,
        "received": datetime.fromtimestamp(received_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "batch": replaced if len(replaced) > 1 else replaced[0],
    }
    (case,) = cases_of(yaml_of({"cases": [{**head, "expect": {"events": []}}]}).encode(), name)
    (after,) = preview_all(case.batches, pairs, tiktok_url, received_ms)
    text = yaml_of({"cases": [{**head, "expect": expected_of(after)}]})
    return SavedCase(text, tuple(_warnings(before, after)))


def unused_name(name: str, cases: str) -> str:
    """Return `name`, with a number after it where the text of a case file has such a case already."""
    taken: set[str] = set()
    with suppress(ConfigurationError):
        taken = {case.name for case in cases_of(cases.encode(), "")}
    return next(free for free in chain([name], (f"{name} {number}" for number in count(2))) if free not in taken)


def add_case(cases: str, saved: str) -> str:
    """Return the text of a case file with a saved case at its end. Raise OperatorError where it cannot be added."""
    if not cases.strip():
        return saved
    first = _FIRST_ENTRY(cases)
    indent = first[1] if first else "  "
    added = "".join(f"{indent}{line[2:]}" if line.strip() else line for line in saved.splitlines(keepends=True)[1:])
    text = f"{cases.rstrip()}\n{added}"
    with suppress(ConfigurationError):
        if len(cases_of(text.encode(), "")) == len(cases_of(cases.encode(), "")) + 1:
            return text
    raise OperatorError(
        "the new case cannot be added to the cases that are there: run them to see why, or clear the field first"
    )


def _decoded(batch: bytes) -> Any:
    try:
        return json.loads(batch)
    except (ValueError, RecursionError):
        raise OperatorError("The batch cannot be read as JSON, so no case can be made of it.") from None


def expected_of(preview: Preview) -> dict[str, Any]:
    """Return what `expect` says of a preview: every field of every event, and every other outcome."""
    return {
        "events": [
            {"event": item.tiktok_event, "index": index, "fields": _fields(msgspec.json.decode(item.body))}
            for index, item in zip(preview.indexes, preview.items, strict=True)
        ],
        "withheld": [{"index": index, "why": item.why} for index, item in preview.withheld],
        "unsupported": [{"index": index, "what": item.what} for index, item in preview.unsupported],
        "dead_letters": [
            {"index": index, "reason": item.reason, **({"field": item.field} if item.field else {})}
            for index, item in preview.rejected
        ],
    }


def _fields(body: Any) -> dict[str, Any]:
    return {path: value for path, value in leaves(body) if path != "event"}


def _warnings(before: Preview, after: Preview) -> Iterator[str]:
    """Yield a sentence for each event whose outcome in the case is another one than in the original batch."""
    old, new = _outcomes(before), _outcomes(after)
    for index in sorted({*old, *new}):
        if old.get(index) != new.get(index):
            yield (
                f"Event {index} maps differently with the made-up values: look at the case, and write"
                " the value that the rule needs into it by hand."
            )


def _outcomes(preview: Preview) -> dict[int, list[Any]]:
    """Return what each event becomes, without its values."""
    outcomes: dict[int, list[Any]] = {}
    for index, item in zip(preview.indexes, preview.items, strict=True):
        paths = {_INDEX.sub("[]", path) for path in _fields(msgspec.json.decode(item.body))}
        outcomes.setdefault(index, []).append((item.tiktok_event, sorted(paths)))
    for index, withheld in preview.withheld:
        outcomes.setdefault(index, []).append(withheld.why)
    for index, unsupported in preview.unsupported:
        outcomes.setdefault(index, []).append(unsupported.what)
    for index, rejected in preview.rejected:
        outcomes.setdefault(index, []).append((rejected.reason, rejected.field))
    return outcomes
