"""Read the event ids of a trace: from the command line, and from a file."""

import csv
import io
from collections.abc import Iterator, Sequence
from typing import IO, Final

import click

from config.nearest import did_you_mean

_DELIMITERS: Final = ",;\t"
_CSV: Final = (".csv", ".tsv")


def read_ids(arguments: Sequence[str], file: IO[str] | None, column: str | None) -> list[str]:
    """Return the ids, each once. Raise UsageError when there are none, or the file has no such column."""
    if column is not None and file is None:
        raise click.UsageError("--column names a column of a file: pass it with --file.")
    ids = [*arguments, *(_from_file(file, column) if file is not None else ())]
    ids = list(dict.fromkeys(each.strip() for each in ids if each.strip()))
    if not ids:
        raise click.UsageError("Pass event ids, or a file of them with --file.")
    return ids


def _from_file(file: IO[str], column: str | None) -> Iterator[str]:
    """Yield the ids of a file: one a line, or those of a column of a CSV file with a header."""
    try:
        text = file.read().removeprefix("\ufeff")
    except UnicodeDecodeError:
        raise click.UsageError(f"{file.name} is not text in UTF-8.") from None
    first_line = text.partition("\n")[0]
    rows = csv.reader(io.StringIO(text), delimiter=max(_DELIMITERS, key=first_line.count))
    if column is None and not (file.name.lower().endswith(_CSV) and any(mark in first_line for mark in _DELIMITERS)):
        yield from text.splitlines()
        return
    names = [name.strip() for name in next(rows, [])]
    known = ", ".join(names) or "none"
    if column is None:
        raise click.UsageError(
            f"{file.name} has several columns: say with --column which has the ids. Columns: {known}."
        )
    if column not in names:
        near = did_you_mean(column, names)
        raise click.UsageError(f'{file.name}, line 1, has no column "{column}".{near} Its columns: {known}.')
    place = names.index(column)
    try:
        yield from (row[place] for row in rows if len(row) > place)
    except csv.Error as error:
        raise click.UsageError(f"{file.name}, line {rows.line_num}, is no CSV: {error}.") from None
