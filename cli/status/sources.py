"""The part of `relay status` about sources."""

from collections.abc import Sequence
from typing import Final

from rich.console import RenderableType
from rich.padding import Padding
from rich.text import Text

from cli.terminal.output import BAD, CAREFUL, GOOD, MUTED, count, table
from operations.format import plural, state_name
from operations.status.sources import SourceStatus

_STYLES: Final = {"taking": GOOD, "disabled": MUTED, "connecting": CAREFUL, "waiting_for_redis": CAREFUL}
_RIGHT: Final = ("in queue", "received", "again", "invalid", "processes")


def sources_part(sources: Sequence[SourceStatus]) -> list[RenderableType]:
    """Return a table of the sources, and what to do about those that take nothing; nothing without sources."""
    if not sources:
        return []
    rows = table("source", "state", *_RIGHT, right=_RIGHT)
    remarks: list[RenderableType] = []
    for source in sources:
        backlog = Text("–", MUTED) if source.backlog is None else count(source.backlog)
        counts = (count(source.counts[name]) for name in ("received", "redelivered", "invalid"))
        state = Text(state_name(source.state), _STYLES.get(source.state, BAD))
        rows.add_row(source.id, state, backlog, *counts, count(source.processes))
        if source.brings_no_batches:
            last = plural(source.dead_lettered_in_a_row, "message")
            words = f"the last {last} had no batch: see relay dead-letters list --reason invalid_batch"
            remarks += ["", Text.assemble((f"{source.id}  ", "bold"), words)]
        if source.problem:
            remarks += ["", Text.assemble((f"{source.id}  ", "bold"), source.problem)]
        if source.what_to_do:
            remarks.append(Padding(Text.assemble((f"{source.id}  To do  ", "bold"), source.what_to_do), (0, 0, 0, 2)))
    return ["", rows, *remarks]
