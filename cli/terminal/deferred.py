"""Declare a command apart from what it does: help and completion then import no more than click."""

from collections.abc import Callable
from importlib import import_module
from typing import Any


class Deferred:
    """What a declared command runs: a function that is imported then, and gets the command's parameters."""

    def __init__(self, target: str, declared: Callable[[], None]) -> None:
        self._module, _, self._name = target.partition(":")
        self.__name__, self.__doc__ = declared.__name__, declared.__doc__

    def __call__(self, **parameters: Any) -> Any:
        return self.imported()(**parameters)

    def imported(self) -> Callable[..., Any]:
        """Return the function, imported."""
        function: Callable[..., Any] = getattr(import_module(self._module), self._name)
        return function


def runs(target: str) -> Callable[[Callable[[], None]], Deferred]:
    """Let a declared function, which has a command's name and help and no code, run `module:function`."""
    return lambda declared: Deferred(target, declared)
