"""Errors of a configuration, in sentences that an operator can act on; the base of relay's errors."""

import re
from collections.abc import Iterable
from typing import Final, NamedTuple

_LONGEST_LIST: Final = 100
_ALLOWED: Final = re.compile(r"[:;]? allowed are ", re.IGNORECASE).search


class Problem(NamedTuple):
    """One error: where it is (a file and a line, or a variable) and what is allowed instead."""

    file: str
    line: int | None
    message: str

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return f"{place}: {self.message}"

    @property
    def brief(self) -> str:
        """The same without a long list of what is allowed."""
        text = str(self)
        found = _ALLOWED(text)
        return text[: found.start()] if found and len(text) - found.end() > _LONGEST_LIST else text


class RelayError(Exception):
    """The base of the errors that relay raises for its callers to handle."""


class ConfigurationError(RelayError):
    """The settings or the configuration file cannot be used; every problem found is in `problems`."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))

    @property
    def sentence(self) -> str:
        """The first problem with its place, and how many others there are."""
        others = len(self.problems) - 1
        return self.problems[0].brief + (f" (and {others} more: see `relay check`)" if others else "")
