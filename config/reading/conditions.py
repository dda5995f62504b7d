"""Read conditions: a mapping with one subject and one operator, such as `{attribute: channel, in: [web, shop]}`."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from config.conditions.patterns import BadPattern, compile_pattern
from config.conditions.words import ALIASES, NAMES, OPERATORS, OPERATORS_OF, SUBJECTS, WORDS, Holds, holds
from config.model import Condition, Operator, Subject
from config.reading.readers import MOST_DIGITS, NUMBER, Reader, allowed_words, boolean, choice, folded, shown, text
from config.reading.records import KeyRow, Record, listing, not_one_of
from config.reading.yaml_tree import Fault, Items, Table

_VERSION: Final = re.compile(r"\d{1,9}(\.\d{1,9}){0,9}", re.ASCII)
_TRUTHS: Final = ("true", "false")

MEANINGS: Final[Mapping[Subject, str]] = {
    "attribute": "An event attribute.",
    "field": "A field of the event.",
    "product": "A field of the products; one product is enough.",
    "product_attribute": "A custom attribute of the products; one product is enough.",
    "promotion": "A field of the promotions; one promotion is enough.",
    "user_attribute": "A user attribute; of a list, one entry is enough.",
    "identity": "An identity of the user.",
    "batch": "A field of the batch.",
    "gdpr_consent": "The user's consent to this GDPR purpose; one that cannot be read is false.",
}
_OPERATOR_MEANINGS: Final[Mapping[Operator, str]] = {
    "is": "The value is this; capitals do not matter.",
    "is_not": "There is a value, and it is not this.",
    "in": "The value is one of these.",
    "not_in": "There is a value, and it is none of these.",
    "contains": "The value contains this.",
    "starts_with": "The value starts with this.",
    "matches": "A part of the value matches this regular expression; `^…$` for the whole.",
    "greater": "The value is a number, or an app version, greater than this.",
    "less": "The value is a number, or an app version, less than this.",
    "exists": "Whether there is a value. Nothing else holds where there is none.",
}

_several = listing(text, "[web, shop]", least=1)
_READERS: Final[Mapping[Operator, Reader[Any]]] = {
    **dict.fromkeys(OPERATORS, text),
    "in": _several,
    "not_in": _several,
    "exists": boolean,
}


def _subject_reader(subject: Subject) -> Reader[str]:
    if subject == "gdpr_consent":
        return folded
    return choice(NAMES[subject]) if subject in NAMES else text


def _condition(**given: Any) -> Condition:
    """Return the condition of values that were checked."""
    subject = next(subject for subject in SUBJECTS if subject in given)
    operator = next(operator for operator in OPERATORS if operator in given)
    name, value = given[subject], given[operator]
    if isinstance(value, bool):
        values: tuple[str, ...] = ("true" if value else "false",)
    else:
        values = (value,) if isinstance(value, str) else value
    kind = holds(subject, name)
    if kind in ("word", "truth"):
        aliases = ALIASES.get(name, {})
        values = tuple(aliases.get(written.casefold(), written.casefold()) for written in values)
    return Condition(subject, name, operator, values)


def _check_condition(given: Mapping[str, Any], table: Table) -> Iterable[Fault]:
    subjects = [subject for subject in SUBJECTS if subject in given]
    operators = [operator for operator in OPERATORS if operator in given]
    yield from not_one_of(SUBJECTS, "the condition", "subject", table)
    yield from not_one_of(OPERATORS, "the condition", "operator", table)
    if len(subjects) != 1 or len(operators) != 1:
        return
    subject, operator = subjects[0], operators[0]
    kind, line = holds(subject, given[subject]), table.lines[operator]
    if operator not in OPERATORS_OF[kind]:
        what = f"{subject} {given[subject]}"
        yield Fault(
            line,
            f"`{operator}` never fits `{what}`, which {_HOLDS[kind]}: allowed are {', '.join(OPERATORS_OF[kind])}",
        )
        return
    values, node = given[operator], table.values[operator]
    lines = [item.line for item in node.values] if isinstance(node, Items) else [line]
    for value, at in zip(values if isinstance(values, tuple) else (values,), lines, strict=True):
        if fault := _wrong_value(operator, kind, given[subject], value):
            yield Fault(at, fault)


_HOLDS: Final[Mapping[Holds, str]] = {
    "anything": "holds anything",
    "text": "holds text",
    "number": "holds a number",
    "word": "holds one of a few words",
    "truth": "holds true or false",
    "version": "holds a version",
}


def _wrong_value(operator: Operator, kind: Holds, name: str, value: object) -> str | None:
    """Return what is wrong with one value of an operator that fits the subject."""
    if not isinstance(value, str):
        return None  # `exists`
    if operator in ("greater", "less"):
        if kind == "version":
            return None if _VERSION.fullmatch(value) else f"`{operator}` must be a version, such as 3.12.0"
        return None if NUMBER.fullmatch(value) else f"`{operator}` {_no_number(value)}"
    if operator == "matches":
        return _wrong_pattern(value)
    if kind == "number" and not NUMBER.fullmatch(value):
        return f"`{operator}` {_no_number(value)}: `{name}` holds a number"
    words = {"word": WORDS.get(name, ()), "truth": _TRUTHS}.get(kind)
    if words is not None and value.casefold() not in (*words, *ALIASES.get(name, {})):
        return f"`{operator}` is `{shown(value)}`{allowed_words(value, words)}"
    return None


def _no_number(written: str) -> str:
    digits = sum(character.isdecimal() for character in written)
    if digits <= MOST_DIGITS:
        return "must be a number, such as 9.99"
    return f"has {digits} digits: allowed are at most {MOST_DIGITS} before the point and {MOST_DIGITS} after it"


def _wrong_pattern(pattern: str) -> str | None:
    try:
        compile_pattern(pattern)
    except BadPattern as error:
        return f"`matches` {error}"
    return None


_ELSEWHERE: Final[Mapping[str, Operator | Subject]] = {
    **dict.fromkeys(("=", "==", "eq", "equals", "equal", "value"), "is"),
    **dict.fromkeys(("!=", "ne", "neq", "not", "not_equals", "not_equal"), "is_not"),
    **dict.fromkeys(("one_of", "any_of", "values"), "in"),
    **dict.fromkeys(("none_of", "nin"), "not_in"),
    **dict.fromkeys(("includes", "has"), "contains"),
    **dict.fromkeys(("prefix", "begins_with"), "starts_with"),
    **dict.fromkeys(("match", "regex", "regexp", "pattern"), "matches"),
    **dict.fromkeys((">", "gt", "greater_than", "more", "above"), "greater"),
    **dict.fromkeys(("<", "lt", "less_than", "below"), "less"),
    **dict.fromkeys(("property", "event_attribute", "custom_attribute"), "attribute"),
    **dict.fromkeys(("trait", "user_property"), "user_attribute"),
    **dict.fromkeys(("user_identity", "id_type"), "identity"),
    **dict.fromkeys(("consent", "gdpr", "purpose"), "gdpr_consent"),
}
"""What mParticle, Segment, RudderStack and query languages call these."""

CONDITION: Final[Record[Condition]] = Record(
    make=_condition,
    what="a condition",
    example="{attribute: channel, in: [web, shop]}",
    check=_check_condition,
    one_of=(SUBJECTS, OPERATORS),
    elsewhere=_ELSEWHERE,
    rows={
        **{subject: KeyRow(_subject_reader(subject), MEANINGS[subject]) for subject in SUBJECTS},
        **{operator: KeyRow(_READERS[operator], _OPERATOR_MEANINGS[operator]) for operator in OPERATORS},
    },
)
