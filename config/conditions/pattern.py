r"""Read a regular expression of the subset that conditions allow: it has no construct that needs backtracking.

It allows characters, `.`, `[…]`, `\d \w \s` and their opposites, `( )`, `|`, `?`, `*`, `+`, `{m,n}`, `^` and `$`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NamedTuple, TypeAlias

MOST_CHARACTERS: Final = 200
MOST_REPEATED: Final = 100
MOST_PARTS: Final = 500
MOST_NESTED: Final = 20
ALLOWED: Final = r"characters, . [a-z] \d \w \s ( ) | ? * + {m,n} ^ $"

Accepts: TypeAlias = Callable[[str], bool]
"""Whether a class of characters has this one, which is casefolded."""


class BadPattern(ValueError):
    """The text is no pattern; the message follows the name of the setting."""


class Character(NamedTuple):
    """One character of a class."""

    accepts: Accepts


class Start(NamedTuple):
    """`^`: the beginning of the text."""


class End(NamedTuple):
    """`$`: the end of the text."""


@dataclass(frozen=True, slots=True)
class Sequence:
    parts: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class OneOf:
    options: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Repeat:
    """`part`, at least `least` and at most `most` times; None: any number of times."""

    part: "Node"
    least: int
    most: int | None


Node: TypeAlias = Character | Start | End | Sequence | OneOf | Repeat

_CLASSES: Final[dict[str, Accepts]] = {
    "d": str.isdecimal,
    "w": lambda character: character.isalnum() or character == "_",
    "s": str.isspace,
}
_CONTROLS: Final = {"t": "\t", "n": "\n", "r": "\r"}
_REPEATS: Final[dict[str, tuple[int, int | None]]] = {"?": (0, 1), "*": (0, None), "+": (1, None)}


def parse_pattern(text: str) -> Node:
    """Return the tree of a pattern. Raise BadPattern."""
    if len(text) > MOST_CHARACTERS:
        raise BadPattern(f"has {len(text)} characters: allowed are at most {MOST_CHARACTERS}")
    parser = _Parser(text)
    tree = parser.choice(0)
    if parser.at < len(text):
        raise parser.bad("a `)` without its `(`")
    if _size(tree) > MOST_PARTS:
        raise BadPattern(f"has more than {MOST_PARTS} parts once its repetitions are written out: use smaller numbers")
    return tree


def _size(node: Node) -> int:
    match node:
        case Sequence(parts) | OneOf(parts):
            return 1 + sum(map(_size, parts))
        case Repeat(part, least, most):
            return 1 + _size(part) * (least + 1 if most is None else most)
        case _:
            return 1


class _Parser:
    """Reads from left to right; `at` is the position of the next character."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0

    def bad(self, what: str) -> BadPattern:
        return BadPattern(f"has {what} at character {self.at + 1}: allowed are {ALLOWED}")

    def _next(self) -> str:
        return self.text[self.at] if self.at < len(self.text) else ""

    def _take(self, what: str) -> str:
        if self.at >= len(self.text):
            raise self.bad(f"no {what}")
        self.at += 1
        return self.text[self.at - 1]

    def choice(self, depth: int) -> Node:
        if depth > MOST_NESTED:
            raise BadPattern(f"is nested more than {MOST_NESTED} levels deep")
        options = [self._sequence(depth)]
        while self._next() == "|":
            self.at += 1
            options.append(self._sequence(depth))
        return options[0] if len(options) == 1 else OneOf(tuple(options))

    def _sequence(self, depth: int) -> Node:
        parts: list[Node] = []
        while self._next() not in ("", "|", ")"):
            parts.append(self._repeated(depth))
        return Sequence(tuple(parts))

    def _repeated(self, depth: int) -> Node:
        if self._next() in _REPEATS or self._next() == "{":
            raise self.bad(f"a `{self._next()}` with nothing before it to repeat")
        part = self._part(depth)
        least_most = self._repetition()
        if least_most is None:
            return part
        if isinstance(part, Start | End):
            raise self.bad("a repeated `^` or `$`")
        if self._next() in (*_REPEATS, "{"):
            raise self.bad(f"a `{self._next()}` after a repetition; put the repeated part in ( )")
        return Repeat(part, *least_most)

    def _repetition(self) -> tuple[int, int | None] | None:
        if self._next() in _REPEATS:
            return _REPEATS[self._take("repetition")]
        if self._next() != "{":
            return None
        end = self.text.find("}", self.at)
        least, comma, most = self.text[self.at + 1 : end].partition(",") if end > 0 else ("", "", "")
        counts = (least, most) if comma and most else (least,)
        if not all(count.isascii() and count.isdecimal() and int(count) <= MOST_REPEATED for count in counts):
            raise self.bad(f"a `{{` that begins no repetition such as {{2,5}} (at most {MOST_REPEATED})")
        if comma and most and int(most) < int(least):
            raise self.bad("a repetition with a maximum below its minimum")
        self.at = end + 1
        return int(least), (int(most) if most else None) if comma else int(least)

    def _part(self, depth: int) -> Node:
        character = self._take("part")
        match character:
            case "(":
                return self._enclosed(depth)
            case "[":
                return Character(self._class())
            case "\\":
                return self._escaped()
            case ".":
                return Character(lambda _character: True)
            case "^":
                return Start()
            case "$":
                return End()
            case _:
                return _literal(character)

    def _enclosed(self, depth: int) -> Node:
        if self.text[self.at : self.at + 2] == "?:":
            self.at += 2
        elif self._next() == "?":
            raise self.bad("a `(?`")
        inner = self.choice(depth + 1)
        if self._next() != ")":
            raise self.bad("no `)` for a `(`")
        self.at += 1
        return inner

    def _escaped(self) -> Node:
        found = self._escape()
        return _literal(found) if isinstance(found, str) else Character(found)

    def _escape(self) -> str | Accepts:
        """Return what an escape stands for, after its backslash: a character or a class."""
        character = self._take("character after `\\`")
        if character in _CLASSES:
            return _CLASSES[character]
        if character.lower() in _CLASSES:
            return _not(_CLASSES[character.lower()])
        if character in _CONTROLS:
            return _CONTROLS[character]
        if character.isalnum():
            self.at -= 1
            raise self.bad(f"a `\\{character}`")
        return character

    def _class(self) -> Accepts:
        negated = self._next() == "^"
        self.at += negated
        members: list[Accepts] = []
        while self._next() != "]" or not members:
            low = self._member()
            if isinstance(low, str) and self._next() == "-" and self.text[self.at + 1 : self.at + 2] not in ("]", ""):
                self.at += 1
                high = self._member()
                if not isinstance(high, str) or high < low:
                    raise self.bad("a range that does not go from a lower to a higher character")
                members.append(_between(low, high))
            else:
                members.append(_between(low, low) if isinstance(low, str) else low)
        self.at += 1
        return _not(_any_of(members)) if negated else _any_of(members)

    def _member(self) -> str | Accepts:
        character = self._take("`]` for a `[`")
        return self._escape() if character == "\\" else character


def _literal(character: str) -> Node:
    """Return what a character is in casefolded text, in which it may be several (`ß`)."""
    parts = tuple(Character(folded.__eq__) for folded in character.casefold())
    return parts[0] if len(parts) == 1 else Sequence(parts)


def _between(low: str, high: str) -> Accepts:
    """Return the class of a range; capitals do not matter."""
    return lambda character: any(low <= case <= high for case in (character, character.upper(), character.title()))


def _any_of(members: list[Accepts]) -> Accepts:
    return lambda character: any(accepts(character) for accepts in members)


def _not(accepts: Accepts) -> Accepts:
    return lambda character: not accepts(character)
