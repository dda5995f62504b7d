"""How far a long command is: a bar on stderr where there is much to do."""

from collections.abc import Iterator, Sequence
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

MANY: Final = 500
"""From so many on a bar shows how far it is."""


def progress(what: str, ids: Sequence[str], page: int) -> Iterator[Sequence[str]]:
    """The ids in pages; where there are many, a bar on stderr says how far it is."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    bar = Progress(*columns, console=Console(stderr=True), transient=True, disable=len(ids) < MANY)
    with bar:
        task = bar.add_task(what, total=len(ids))
        for start in range(0, len(ids), page):
            yield ids[start : start + page]
            bar.advance(task, min(page, len(ids) - start))
