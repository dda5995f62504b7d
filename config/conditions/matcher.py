"""Search text for a pattern in linear time: follow all ways through the pattern at once, and cache the steps.

The parts of a pattern become the states of a nondeterministic automaton. A search reads each character once and keeps
the set of states that it may be in, as the bits of a number. Transitions of sets are cached, so most steps are one
look-up; the others take eight states at a time.
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final, TypeAlias

from config.conditions.pattern import Accepts, Character, End, Node, OneOf, Repeat, Sequence, Start, parse_pattern

_MOST_CACHED: Final = 1000
"""Transitions, and characters, of one pattern; when there are more, the cache starts again."""
_MOST_OCTETS: Final = 10_000
"""Sets of eight states whose transition one pattern caches, 3 MiB at most; usual patterns have a few dozen."""

States: TypeAlias = int
"""A set of states: bit n is set where it has state n."""


class _Automaton:
    """The states: `reads` is what a state reads, `then` the states after it; a state without both only passes on."""

    def __init__(self) -> None:
        self.reads: list[Accepts | None] = []
        self.needs: list[type[Start | End] | None] = []
        self.then: list[list[int]] = []

    def state(self, reads: Accepts | None = None, needs: type[Start | End] | None = None) -> int:
        self.reads.append(reads)
        self.needs.append(needs)
        self.then.append([])
        return len(self.then) - 1

    def accepting(self) -> list[tuple[Accepts, States]]:
        """Return each class of characters once, with the states that read it."""
        states: dict[Accepts, States] = {}
        for state, accepts in enumerate(self.reads):
            if accepts is not None:
                states[accepts] = states.get(accepts, 0) | 1 << state
        return [*states.items()]

    def build(self, node: Node, before: int) -> int:
        """Add the states of `node` after the state `before`; return the state behind them."""
        match node:
            case Character(accepts):
                return self._after(before, self.state(accepts))
            case Start() | End():
                return self._after(before, self.state(needs=type(node)))
            case Sequence(parts):
                for part in parts:
                    before = self.build(part, before)
                return before
            case OneOf(options):
                end = self.state()
                for option in options:
                    self.then[self.build(option, self._after(before, self.state()))].append(end)
                return end
            case Repeat():
                return self._repeat(node, before)

    def _repeat(self, node: Repeat, before: int) -> int:
        for _ in range(node.least):
            before = self.build(node.part, before)
        end = self.state()
        if node.most is None:
            loop = self._after(before, self.state())
            self.then[self.build(node.part, loop)].append(loop)
            before = loop
        for _ in range(0 if node.most is None else node.most - node.least):
            self.then[before].append(end)
            before = self.build(node.part, self._after(before, self.state()))
        self.then[before].append(end)
        return end

    def _after(self, before: int, state: int) -> int:
        self.then[before].append(state)
        return state


class Pattern:
    """A pattern, searched for anywhere in a text; capitals do not matter. Serves any number of threads."""

    def __init__(self, text: str) -> None:
        """Raise BadPattern."""
        self._automaton = automaton = _Automaton()
        first = automaton.state()
        end = automaton.build(parse_pattern(text), first)
        last = automaton.state()
        automaton.then[end].append(last)
        self._last: States = 1 << last
        self._begin = self._closure([first], at_start=True)
        self._again = self._closure([first])
        self._accepting = automaton.accepting()
        self._accepted: dict[str, States] = {}
        self._following: dict[tuple[int, int], States] = {}
        self._steps: dict[tuple[States, str], States] = {}
        self._ends: dict[States, bool] = {}

    def found_in(self, folded: str) -> bool:
        """Return whether the pattern matches a part of this casefolded text."""
        states, steps, last = self._begin, self._steps, self._last
        for character in folded:
            if last & states:
                return True
            following = steps.get((states, character))
            states = self._step(states, character) if following is None else following
        return bool(last & states) or self._ends_in(states, is_empty=not folded)

    def _step(self, states: States, character: str) -> States:
        following = self._again
        reached = states & self._states_that_accept(character)
        known = self._following
        for place, octet in enumerate(reached.to_bytes((reached.bit_length() + 7) >> 3, "little")):
            if octet:
                found = known.get((place, octet))
                following |= self._after_octet(place, octet) if found is None else found
        if len(self._steps) >= _MOST_CACHED:
            self._steps.clear()
        self._steps[states, character] = following
        return following

    def _states_that_accept(self, character: str) -> States:
        known = self._accepted.get(character)
        if known is None:
            if len(self._accepted) >= _MOST_CACHED:
                self._accepted.clear()
            known = sum(states for accepts, states in self._accepting if accepts(character))
            self._accepted[character] = known
        return known

    def _after_octet(self, place: int, octet: int) -> States:
        """Return all that these of the eight states from `8 * place` on reach by reading a character."""
        states = [8 * place + bit for bit in range(8) if octet >> bit & 1]
        found = self._closure([after for state in states for after in self._automaton.then[state]])
        if len(self._following) >= _MOST_OCTETS:
            self._following.clear()
        self._following[place, octet] = found
        return found

    def _ends_in(self, states: States, *, is_empty: bool) -> bool:
        """Return whether the pattern matches once the end of the text is reached, for the sake of `$`."""
        if is_empty:
            return bool(self._last & self._closure(_each(states), at_start=True, at_end=True))
        known = self._ends.get(states)
        if known is None:
            if len(self._ends) >= _MOST_CACHED:
                self._ends.clear()
            known = self._ends[states] = bool(self._last & self._closure(_each(states), at_end=True))
        return known

    def _closure(self, states: Iterable[int], *, at_start: bool = False, at_end: bool = False) -> States:
        """Return these states and all that they reach without reading."""
        found: States = 0
        waiting = list(states)
        while waiting:
            state = waiting.pop()
            if found >> state & 1:
                continue
            found |= 1 << state
            if self._automaton.reads[state] is not None:
                continue
            needs = self._automaton.needs[state]
            if needs is None or (needs is Start and at_start) or (needs is End and at_end):
                waiting.extend(self._automaton.then[state])
        return found


def _each(states: States) -> Iterator[int]:
    """Yield the numbers of the states."""
    return (state for state in range(states.bit_length()) if states >> state & 1)


@lru_cache(maxsize=256)
def compile_pattern(text: str) -> Pattern:
    """Return the pattern, the same one for the same text. Raise BadPattern."""
    return Pattern(text)
