"""The batches that the demo posts: sample files, with their times moved to now."""

import re
from collections.abc import Iterator
from importlib.resources import files
from typing import NamedTuple

from operations.preview.batch_file import BatchFile, parse_batches

FOLDER = "batches"
_NAME = re.compile(r"\d+-([a-z]+)-.*\.json")
_AGO = re.compile(rb'"NOW-(\d+)"')


class Post(NamedTuple):
    """One request: the input, and its batches."""

    input: str
    file: BatchFile


def demo_posts(now_ms: int) -> list[Post]:
    """Return the files in order of their names; `NOW-90` in a file becomes 90 seconds before `now_ms`."""
    return list(_posts(now_ms))


def _posts(now_ms: int) -> Iterator[Post]:
    folder = files("cli.demo") / FOLDER
    for entry in sorted(folder.iterdir(), key=lambda file: file.name):
        if name := _NAME.fullmatch(entry.name):
            content = _AGO.sub(lambda ago: str(now_ms - int(ago[1]) * 1000).encode(), entry.read_bytes())
            yield Post(name[1], parse_batches(content, entry.name))
