"""FILE, where a command takes batches: a path, or stdin."""

import sys
from pathlib import Path
from typing import Final

import click

from operations.preview.batch_file import BatchFile, parse_batches

FILE: Final = click.Path(exists=True, dir_okay=False, readable=True, allow_dash=True)
"""What a command takes as its FILE; `-` is stdin."""


def read_batches(path: str) -> BatchFile:
    """The batches in a file, or in stdin; OperatorError when they are not JSON."""
    if path == "-":
        return parse_batches(sys.stdin.buffer.read(), "stdin")
    return parse_batches(Path(path).read_bytes(), path)
