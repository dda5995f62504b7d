"""The argument FILE of commands that read batches: a path, or - for stdin."""

import sys
from pathlib import Path
from typing import Final

import click

from operations.preview.batch_file import BatchFile, parse_batches

FILE: Final = click.Path(exists=True, dir_okay=False, readable=True, allow_dash=True)
"""The type of the argument FILE; `-` is stdin."""


def read_batches(path: str) -> BatchFile:
    """Read batches from a file or stdin. Raise OperatorError for anything but JSON."""
    if path == "-":
        return parse_batches(sys.stdin.buffer.read(), "stdin")
    return parse_batches(Path(path).read_bytes(), path)
