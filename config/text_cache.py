"""Cache the results of a function of short texts; senders cannot choose the cache's size in bytes."""

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Concatenate, Final, ParamSpec, TypeVar

LONGEST: Final = 200
"""Characters. A longer text is rare and is no phone number, city or address."""

_P = ParamSpec("_P")
_T = TypeVar("_T")


def cached_by_text(most: int) -> Callable[[Callable[Concatenate[str, _P], _T]], Callable[Concatenate[str, _P], _T]]:
    """Cache the results for the `most` newest texts; compute them each time for texts over 200 characters."""

    def decorate(function: Callable[Concatenate[str, _P], _T]) -> Callable[Concatenate[str, _P], _T]:
        cached = lru_cache(maxsize=most)(function)

        @wraps(function)
        def call(text: str, /, *args: _P.args, **kwargs: _P.kwargs) -> _T:
            if len(text) > LONGEST:
                return function(text, *args, **kwargs)
            return cached(text, *args, **kwargs)  # type: ignore[arg-type]  # lru_cache forgets the parameters' types

        return call

    return decorate
