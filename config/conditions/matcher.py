"""Search text for a pattern in linear time: follow all ways through the pattern at once, and cache the steps.

The parts of a pattern become the states of a nondeterministic automaton. A search reads each character once and keeps
the set of states that it may be in. Sets and their transitions are cached, so most steps are one look-up.
"""

from functools import lru_cache
from typing import Final, TypeAlias

from config.conditions.pattern import Accepts, Character, End, Node, OneOf, Repeat, Sequence, Start, parse_pattern

_MOST_CACHED: Final = 1000
"""Transitions of one pattern; when there are more, the cache starts again."""

States: TypeAlias = frozenset[int]


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
        self._automaton = _Automaton()
        self._first = self._automaton.state()
        end = self._automaton.build(parse_pattern(text), self._first)
        self._last = self._automaton.state()
        self._automaton.then[end].append(self._last)
        self._begin = self._closure([self._first], at_start=True)
        self._again = self._closure([self._first])
        self._steps: dict[tuple[States, str], States] = {}
        self._ends: dict[States, bool] = {}

    def found_in(self, folded: str) -> bool:
        """Return whether the pattern matches a part of this casefolded text."""
        states, steps, last = self._begin, self._steps, self._last
        for character in folded:
            if last in states:
                return True
            following = steps.get((states, character))
            states = self._step(states, character) if following is None else following
        return last in states or self._ends_in(states)

    def _step(self, states: States, character: str) -> States:
        reads, then = self._automaton.reads, self._automaton.then
        reached = [
            after
            for state in states
            if (accepts := reads[state]) is not None and accepts(character)
            for after in then[state]
        ]
        following = self._closure(reached) | self._again
        if len(self._steps) >= _MOST_CACHED:
            self._steps = {}
        self._steps[states, character] = following
        return following

    def _ends_in(self, states: States) -> bool:
        """Return whether the pattern matches once the end of the text is reached, for the sake of `$`."""
        if states is self._begin:
            return self._last in self._closure(states, at_start=True, at_end=True)
        known = self._ends.get(states)
        if known is None:
            if len(self._ends) >= _MOST_CACHED:
                self._ends = {}
            known = self._ends[states] = self._last in self._closure(states, at_end=True)
        return known

    def _closure(self, states: "list[int] | States", *, at_start: bool = False, at_end: bool = False) -> States:
        """Return these states and all that they reach without reading."""
        found: set[int] = set()
        waiting = list(states)
        while waiting:
            state = waiting.pop()
            if state in found:
                continue
            found.add(state)
            if self._automaton.reads[state] is not None:
                continue
            needs = self._automaton.needs[state]
            if needs is None or (needs is Start and at_start) or (needs is End and at_end):
                waiting.extend(self._automaton.then[state])
        return frozenset(found)


@lru_cache(maxsize=256)
def compile_pattern(text: str) -> Pattern:
    """Return the pattern, the same one for the same text. Raise BadPattern."""
    return Pattern(text)
