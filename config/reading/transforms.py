"""The schema of `transform`: the steps that change a parameter's value, and which of them can follow which."""

from collections.abc import Callable, Iterator, Sequence
from typing import Final, NoReturn

from config.model import Source, Transform, TransformName
from config.reading.readers import NUMBER, Described, Reader, allowed_after, did_you_mean, refuse, scalar, shown, whole
from config.reading.records import attempt, gather, items_of
from config.reading.yaml_tree import Node, Table, Text
from config.vocabulary import LIST_PARAMETERS, NUMBER_PARAMETERS

LONGEST_SEPARATOR: Final = 16
_EXAMPLE: Final = 'trim, {split: ","}, {multiply: 0.01}'


def _separator(name: str, node: Node) -> str:
    if isinstance(node, Text) and 0 < len(node.value) <= LONGEST_SEPARATOR:
        return node.value
    return refuse(node, f'`{name}` must be 1 to {LONGEST_SEPARATOR} characters in quotes, such as ", "')


def _factor(name: str, node: Node) -> str:
    value = scalar(name, node)
    if NUMBER.fullmatch(value) and len(value) <= 20:
        return value
    return refuse(node, f"`{name}` is `{shown(value)}`: allowed is a number such as 0.01")


def _digits(name: str, node: Node) -> str:
    return str(_whole_digits(name, node))


_whole_digits = whole(0, 9)
_SEPARATOR: Reader[str] = Reader(_separator, {"type": "string", "minLength": 1, "maxLength": LONGEST_SEPARATOR})

WORDS: Final[tuple[TransformName, ...]] = ("lower", "trim", "first")
WITH_ARGUMENT: Final[dict[TransformName, Described[str]]] = {
    "split": _SEPARATOR,
    "join": _SEPARATOR,
    "multiply": Reader(_factor, {"type": "number"}),
    "round": Reader(_digits, _whole_digits.schema),
}
"""The reader of each argument."""


def _step(name: str, node: Node) -> Transform:
    match node:
        case Text(value=word):
            return Transform(_word(node, word))
        case Table(values=values) if len(values) == 1:
            ((key, argument),) = values.items()
            for known, read in WITH_ARGUMENT.items():
                if known == key:
                    return Transform(known, read(key, argument))
            return _unknown(node, key)
        case _:
            return refuse(node, f"a step of `{name}` must be one word, or one key with its value: {_EXAMPLE}")


def _word(node: Node, word: str) -> TransformName:
    for known in WORDS:
        if known == word:
            return known
    if word in WITH_ARGUMENT:
        return refuse(node, f"`{word}` needs a value, such as {{{word}: {_example_of(word)}}}")
    return _unknown(node, word)


def _example_of(word: str) -> str:
    return {"multiply": "0.01", "round": "2"}.get(word, '", "')


def _unknown(node: Node, word: str) -> NoReturn:
    allowed = (*WORDS, *WITH_ARGUMENT)
    hint = f". `{word}` takes no value." if word in WORDS else did_you_mean(word, allowed)
    refuse(node, f"`{shown(word)}` is no transform{allowed_after(hint, allowed)}")


def _read(name: str, node: Node) -> tuple[Transform, ...]:
    if isinstance(node, Text | Table):
        return (_step(name, node),)
    items = items_of(name, node, f"[{_EXAMPLE}]", least=1)
    return tuple(gather(attempt(_step, name, item) for item in items))


_STEP_SCHEMA = {
    "anyOf": [
        {"enum": list(WORDS)},
        {
            "type": "object",
            "properties": {name: reader.schema for name, reader in WITH_ARGUMENT.items()},
            "additionalProperties": False,
            "minProperties": 1,
            "maxProperties": 1,
        },
    ]
}
TRANSFORM: Reader[tuple[Transform, ...]] = Reader(
    _read, {"anyOf": [*_STEP_SCHEMA["anyOf"], {"type": "array", "items": _STEP_SCHEMA, "minItems": 1}]}
)
"""One step, or a list of steps in their order."""

PERHAPS_LISTS: Final[frozenset[Source]] = frozenset({"attribute", "user_attribute", "product_attribute"})
"""The sources whose value may be a list."""
_OF_TEXT: Final = frozenset({"lower", "trim", "split"})
_OF_NUMBERS: Final = frozenset({"multiply", "round"})
_OF_LISTS: Final = frozenset({"first", "join"})


def fault_in_order(parameter: str, steps: Sequence[Transform], *, may_be_list: bool) -> str | None:
    """Return why the steps cannot follow each other, or cannot make a value for the parameter; None where they can."""
    return next((fault for find in _ORDER for fault in find(parameter, steps, may_be_list)), None)


def _text_before_numbers(_: str, steps: Sequence[Transform], __: bool) -> Iterator[str]:
    number = None
    for step in steps:
        if number and step.name in (_OF_TEXT | {"join"}):
            yield f"`{step.name}` cannot follow `{number}`, which gives a number"
        if step.name in _OF_NUMBERS:
            number = step.name


def _joined_text_is_no_number(_: str, steps: Sequence[Transform], __: bool) -> Iterator[str]:
    joined = False
    for step in steps:
        if joined and step.name in _OF_NUMBERS:
            yield f"`{step.name}` cannot follow `join`, which gives a text"
        joined = joined or step.name == "join"


def _lists_are_there(_: str, steps: Sequence[Transform], may_be_list: bool) -> Iterator[str]:
    for step in steps:
        if step.name in _OF_LISTS:
            if not may_be_list:
                yield f"`{step.name}` needs a list, and there is one value: put `split` before it, or leave it out"
            may_be_list = False
        may_be_list = may_be_list or step.name == "split"


def _split_lists_become_one(parameter: str, steps: Sequence[Transform], __: bool) -> Iterator[str]:
    left = [step.name for step in steps if step.name in _OF_LISTS | {"split"}]
    if left and left[-1] == "split" and parameter not in LIST_PARAMETERS:
        yield "`split` leaves a list, and one value is needed: put `first` or `join` after it"


def _right_kind(parameter: str, steps: Sequence[Transform], _: bool) -> Iterator[str]:
    for step in steps:
        if parameter in NUMBER_PARAMETERS and step.name in ("lower", "join"):
            yield f"`{step.name}` gives a text, and `{parameter}` is a number"
        if parameter == "currency" and step.name in _OF_NUMBERS:
            yield f"`{step.name}` gives a number, and `currency` is three letters"


_ORDER: Final[tuple[Callable[[str, Sequence[Transform], bool], Iterator[str]], ...]] = (
    _text_before_numbers,
    _joined_text_is_no_number,
    _lists_are_there,
    _split_lists_become_one,
    _right_kind,
)
