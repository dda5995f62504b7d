"""The argument FILE of commands that read batches: a path, or - for stdin."""

import sys
from pathlib import Path

from operations.preview.batch_file import BatchFile, parse_batches


def read_batches(path: str) -> BatchFile:
    """Read batches from a file or stdin. Raise OperatorError for anything but JSON."""
    if path == "-":
        return parse_batches(sys.stdin.buffer.read(), "stdin")
    return parse_batches(Path(path).read_bytes(), path)
