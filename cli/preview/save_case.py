"""`relay preview --save-case FILE`: write a case of the batches for `relay test`."""

import time
from collections.abc import Sequence
from pathlib import Path

import click

from cli.terminal.output import note
from config.model import Connection, Input
from operations.cases.saving import save_case
from operations.errors import OperatorError


def write_case(
    path: Path,
    files: Sequence[str],
    batches: Sequence[bytes],
    pairs: Sequence[tuple[Input, Connection]],
    tiktok_url: str,
) -> None:
    """Write the case and say so. Raise UsageError for several connections or inputs, OperatorError if FILE exists."""
    if len(pairs) != 1:
        raise click.UsageError(
            f"--save-case is for one connection and input, and {len(pairs)} are chosen: pass --connection and --input."
        )
    ((source, connection),) = pairs
    name = f"{', '.join(Path(file).name for file in files)} for {connection.id}"
    saved = save_case(name, batches, source, connection, tiktok_url, time.time_ns() // 1_000_000)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(saved.text)
    except FileExistsError:
        raise OperatorError(
            f"{path} exists: name a new file, and put its case under `cases:` of the other by hand."
        ) from None
    for warning in saved.warnings:
        note(warning)
    note(f"Wrote {path}: look at it, then run it with `relay test {path}`.")
