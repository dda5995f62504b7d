"""Read in which order relay's Lua scripts act: which calls come after the first write."""

import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import Final, NamedTuple

from lanes.scripts import LANE_SCRIPTS
from store.scripts import STORE_SCRIPTS, ScriptFolder, part_text, parts_of

FOLDERS: Final = (STORE_SCRIPTS, LANE_SCRIPTS)
READS: Final = {
    *("TIME", "GET", "EXISTS", "HGET", "HMGET", "HGETALL", "HEXISTS", "HKEYS", "HLEN", "HSTRLEN", "LINDEX", "LLEN"),
    "unpack",  # `together.lua` has checked that the command it unpacks reads
    *("LRANGE", "SMEMBERS", "STRLEN", "ZCARD", "ZRANGE", "ZRANGEBYSCORE", "ZSCORE"),
}
"""Commands that write nothing; a command that is not here counts as a write."""
_TOKEN: Final = re.compile(
    r"--[^\n]*|'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\"|[A-Za-z_][\w.]*|\d[\w.]*|[^\s\w]", re.ASCII
)
_OPENING: Final = {"function", "if", "for", "while"}
_KEYWORDS: Final = {"and", "elseif", "for", "function", "if", "in", "not", "or", "return", "until", "while"}
_BUILT_IN: Final = {"error", "ipairs", "next", "pairs", "pcall", "tonumber", "type", "unpack"}
_CHECKS: Final = re.compile(r"check_\w+|refuse|error|assert|redis\.error_reply|cmsgpack\.unpack|struct\.unpack|ARGV")
GUARDED: Final = {"events_in", "day_of", "unmarked", "receipts_in"}
"""Functions that take a header apart only after its length was checked, or that read what relay itself stored."""


class Step(NamedTuple):
    """One action of a script: `write` a command, or `check` something that may fail."""

    kind: str
    what: str


@cache
def tokens(name: str) -> tuple[str, ...]:
    """Return the tokens of a script, without comments."""
    text = part_text(name, folder_of(name))
    return tuple(token for token in _TOKEN.findall(text) if not token.startswith("--"))


def folder_of(name: str) -> ScriptFolder:
    """Return the folder of a script."""
    return next(folder for folder in FOLDERS if (files(folder.package) / f"{name}.lua").is_file())


def script_names() -> list[str]:
    """Return every script that is called, without the parts that several scripts include."""
    found = [file.name for folder in FOLDERS for file in files(folder.package).iterdir()]
    names = [name.removesuffix(".lua") for name in found if name.endswith(".lua")]
    return sorted(name for name in names if parts_of(name, folder_of(name)))


class Script:
    """One script with its common parts: its functions, and its actions in order."""

    def __init__(self, name: str) -> None:
        self.functions: dict[str, list[str]] = {}
        for part in parts_of(name, folder_of(name)):
            self._take_functions(list(tokens(part)))
        self.body = self._take_functions(list(tokens(name)))

    def _take_functions(self, words: list[str]) -> list[str]:
        """Store the bodies of local functions by name; return the other tokens."""
        rest: list[str] = []
        at = 0
        while at < len(words):
            if words[at : at + 2] == ["local", "function"]:
                end = _end(words, at + 1)
                name, inner = words[at + 2], words[at + 3 : end]
                self.functions[name] = self._take_functions(inner)
                at = end + 1
            else:
                rest.append(words[at])
                at += 1
        return rest

    def steps(self) -> list[Step]:
        """Return the actions in the order of the text: functions where they are called, loops twice."""
        return list(self._steps(self.body, set()))

    def unknown(self) -> set[str]:
        """Return the names that it calls, and that neither it nor an included part defines."""
        bodies = [self.body, *self.functions.values()]
        called = {
            word
            for words in bodies
            for word, following in pairwise(words)
            if following == "(" and word.isidentifier() and word not in _KEYWORDS
        }
        return called - set(self.functions) - _BUILT_IN

    def _steps(self, words: list[str], inside: set[str]) -> Iterator[Step]:
        at = 0
        while at < len(words):
            word = words[at]
            if word in ("for", "while"):
                end = _end(words, at)
                yield from [*self._steps(words[at + 1 : end], inside)] * 2
                at = end
            elif word == "redis.call":
                command = words[at + 2].strip("'")
                if command not in READS:
                    yield Step("write", command)
            elif _CHECKS.fullmatch(word):
                yield Step("check", word)
            elif word in self.functions and word not in inside | GUARDED and _is_call(words, at):
                yield from self._steps(self.functions[word], inside | {word})
            at += 1


def _is_call(words: list[str], at: int) -> bool:
    """Return whether the function named at `at` is called there, also by `pcall`; else it is only named."""
    return words[at + 1 : at + 2] == ["("] or words[at - 2 : at] == ["pcall", "("]


def _end(words: list[str], at: int) -> int:
    """Return the position where the block that opens at `at` ends."""
    depth = 0
    for place in range(at, len(words)):
        if words[place] in _OPENING or words[place] == "repeat":
            depth += 1
        elif words[place] in ("end", "until"):
            depth -= 1
            if depth == 0:
                return place
    raise AssertionError("a block without an end")
