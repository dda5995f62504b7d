"""Remember what a function made of short texts: a cache whose size in bytes no sender chooses."""

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Concatenate, Final, ParamSpec, TypeVar

LONGEST: Final = 200
"""Characters. A longer text is rare, and nobody's phone, city or address."""

_P = ParamSpec("_P")
_T = TypeVar("_T")


def cached_by_text(most: int) -> Callable[[Callable[Concatenate[str, _P], _T]], Callable[Concatenate[str, _P], _T]]:
    """Remember the results for the `most` texts last asked for; a text over 200 characters is worked out each time."""

    def decorate(function: Callable[Concatenate[str, _P], _T]) -> Callable[Concatenate[str, _P], _T]:
        remembered = lru_cache(maxsize=most)(function)

        @wraps(function)
        def call(text: str, /, *args: _P.args, **kwargs: _P.kwargs) -> _T:
            if len(text) > LONGEST:
                return function(text, *args, **kwargs)
            return remembered(text, *args, **kwargs)  # type: ignore[arg-type]  # lru_cache forgets the parameters' types

        return call

    return decorate
