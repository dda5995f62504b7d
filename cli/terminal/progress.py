"""Show a progress bar on stderr for long commands."""

from collections.abc import Iterable, Iterator
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from operations.dead_letters.replay import Result

MANY: Final = 500
"""Dead letters from which on a bar is shown."""


def progress(what: str, pages: Iterable[Result], total: int) -> Iterator[Result]:
    """Yield the results of pages, with a bar on stderr when `total` is at least MANY."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    bar = Progress(*columns, console=Console(stderr=True), transient=True, disable=total < MANY)
    with bar:
        task = bar.add_task(what, total=total)
        for page in pages:
            yield page
            bar.advance(task, len(page.done) + len(page.left))
