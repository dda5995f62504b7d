"""Alerts about sources: a queue that cannot be used, and one whose messages are no batches."""

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from config.dead_letter_reasons import OPERATOR
from delivery.dead_letter import rfc3339
from operations.alerts.messages import RUNBOOK
from operations.alerts.rules import Notice
from operations.format import plural
from operations.status.sources import SourceStatus

UNUSABLE: Final = "source-unusable"
NO_BATCHES: Final = "source-without-batches"
"""Headings of the runbook."""


class SourceFault(NamedTuple):
    """What may be wrong with a source: its name in the notes of alerts, whether it is now, and what to say of it.

    `alert`: the row of the catalogue.
    """

    name: str
    alert: str
    is_fault: bool
    notice: Notice


def source_faults(statuses: Iterable[SourceStatus], now_ms: int) -> Iterator[SourceFault]:
    """Yield both faults that each source may have, present or not."""
    for source in statuses:
        name, unusable, no_batches = source.id, source.is_unusable, source.brings_no_batches
        notice = _unusable(source, now_ms) if unusable else _again("source_again", source, "can be used again", now_ms)
        yield SourceFault(f":source:{name}", "source_unusable", unusable, notice)
        over = _again("source_batches_again", source, "brings batches again", now_ms)
        notice = _no_batches(source, now_ms) if no_batches else over
        yield SourceFault(f":source_batches:{name}", "source_no_batches", no_batches, notice)


def _unusable(source: SourceStatus, now_ms: int) -> Notice:
    problem = source.problem or "no process of relay consume reports on it"
    fact = f"the source {source.id} cannot be used: {problem}. Its queue keeps the messages"
    return _notice("source_unusable", source, fact, source.what_to_do or "see relay check", now_ms, UNUSABLE)


def _no_batches(source: SourceStatus, now_ms: int) -> Notice:
    last = plural(source.dead_lettered_in_a_row, "message")
    fact = f"the last {last} of the source {source.id} had no batch, and became dead letters (invalid_batch)"
    what_to_do = "read the dead letters, then correct what puts messages on the queue, or `queue`"
    return _notice("source_no_batches", source, fact, what_to_do, now_ms, NO_BATCHES)


def _again(kind: str, source: SourceStatus, words: str, now_ms: int) -> Notice:
    heading = UNUSABLE if kind == "source_again" else NO_BATCHES
    return _notice(kind, source, f"the source {source.id} {words}", "", now_ms, heading)


def _notice(kind: str, source: SourceStatus, fact: str, what_to_do: str, now_ms: int, heading: str) -> Notice:
    command = "relay dead-letters list --reason invalid_batch" if heading == NO_BATCHES else "relay check"
    runbook = f"{RUNBOOK}#{heading}"
    to_do = [f"To do, {OPERATOR}: {what_to_do}"] if what_to_do else []
    who: dict[str, str | int] = {"who": OPERATOR, "what_to_do": what_to_do} if what_to_do else {}
    return Notice(
        "\n".join([f"relay: {fact}", *to_do, f"`{command}` · {runbook}"]),
        {
            "alert": kind,
            "source": source.id,
            "at": rfc3339(now_ms),
            "fact": fact,
            **who,
            "command": command,
            "runbook": runbook,
        },
    )
