"""Errors of a configuration, in sentences that an operator can act on; the base of relay's errors."""

from collections.abc import Iterable
from typing import NamedTuple


class Problem(NamedTuple):
    """One error: where it is (a file and a line, or a variable) and what is allowed instead."""

    file: str
    line: int | None
    message: str

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return f"{place}: {self.message}"


class RelayError(Exception):
    """The base of the errors that relay raises for its callers to handle."""


class ConfigurationError(RelayError):
    """The settings or the configuration file cannot be used; every problem found is in `problems`."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))
