"""How far a long command is: a bar on stderr where there is much to do."""

from collections.abc import Iterable, Iterator
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from operations.dead_letters.replay import Result

MANY: Final = 500
"""From so many on a bar shows how far it is."""


def progress(what: str, pages: Iterable[Result], total: int) -> Iterator[Result]:
    """Yield the results of pages; where there is much to do, show a bar on stderr."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    bar = Progress(*columns, console=Console(stderr=True), transient=True, disable=total < MANY)
    with bar:
        task = bar.add_task(what, total=total)
        for page in pages:
            yield page
            bar.advance(task, len(page.done) + len(page.left))
