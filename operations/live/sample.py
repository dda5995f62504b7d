"""Choose which events are shown when many end: each kind gets its turn, so that rare kinds are seen."""

from collections.abc import Hashable, Iterable, Iterator
from itertools import chain, zip_longest
from typing import Protocol, TypeVar


class HasKind(Protocol):
    """What a sample is taken of."""

    @property
    def kind(self) -> Hashable:
        """Things of one kind look alike."""


Thing = TypeVar("Thing", bound=HasKind)


def by_turns(things: Iterable[Thing]) -> Iterator[Thing]:
    """Yield one thing of each kind, the kind with the fewest first, then the second of each, and so on."""
    kinds: dict[Hashable, list[Thing]] = {}
    for thing in things:
        kinds.setdefault(thing.kind, []).append(thing)
    rows = zip_longest(*sorted(kinds.values(), key=len))
    return (thing for thing in chain.from_iterable(rows) if thing is not None)
