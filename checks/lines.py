"""Wrap the prose of the Markdown pages at 120 columns: `python -m checks.lines [--check] [FILES]`.

Only paragraphs and list items with a longer line are wrapped. Tables, code, headings and HTML stay as they are.
"""

import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

WIDTH: Final = 120
_ITEM: Final = re.compile(r"(\s*)(?:[-*] |\d+\. )")
_KEPT: Final = re.compile(r"\s*(?:\||#|<|>|!\[|$)")
_PARTS: Final = re.compile(r"(?:!?\[[^\]]*\]\([^)]*\)|``[^`]+``|`[^`]+`|\S)+")
"""A word, with its inline code and links whole."""
_MARKER: Final = re.compile(r"(?:[-+*>#|=]|\d+[.)]).*")
"""A word that would mean something else at the beginning of a line."""


def wrapped(text: str) -> str:
    """Return the page with its long prose wrapped."""
    return "".join(_wrap(block) if is_prose else block for block, is_prose in _blocks(text.splitlines(keepends=True)))


def _blocks(lines: Iterable[str]) -> Iterator[tuple[str, bool]]:
    """Yield the page in blocks, each with whether it is prose: a paragraph, or an item with the lines that continue it.

    Every other line is a block.
    """
    block = ""
    in_code = False
    for line in lines:
        is_fence = line.lstrip().startswith("```")
        is_prose = not (in_code or is_fence or _KEPT.match(line))
        if block and (not is_prose or _ITEM.match(line)):
            yield block, True
            block = ""
        if is_prose:
            block += line
        else:
            yield line, False
        in_code ^= is_fence
    if block:
        yield block, True


def _wrap(block: str) -> str:
    """Return the block in lines of at most WIDTH columns; unchanged if it has no longer line."""
    if all(len(line) <= WIDTH for line in block.splitlines()):
        return block
    item = _ITEM.match(block)
    start = item.group() if item else block[: len(block) - len(block.lstrip())]
    indent = " " * len(start)
    lines, line = [], start
    for word in _PARTS.findall(block[len(start) :].replace("\n", " ")):
        begins = line in (start, indent)
        if not begins and len(line) + len(word) + 1 > WIDTH and not _MARKER.fullmatch(word):
            lines.append(line)
            line, begins = indent, True
        line += word if begins else f" {word}"
    return "\n".join([*lines, line]) + ("\n" if block.endswith("\n") else "")


def main(arguments: list[str]) -> int:
    """Wrap the pages named, or every tracked one; with --check only name those with long lines, and return 1."""
    check = "--check" in arguments
    named = [name for name in arguments if name != "--check"]
    command = ["git", "ls-files", "*.md"]
    listed = named or subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()  # noqa: S603 - git
    changed = 0
    for name in listed:
        page = Path(name)
        before = page.read_text(encoding="utf-8")
        after = wrapped(before)
        if after != before:
            changed += 1
            print(f"{name}: has lines of more than {WIDTH} columns" if check else f"{name}: wrapped")
            if not check:
                page.write_text(after, encoding="utf-8")
    return 1 if check and changed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
