"""What `relay check` concludes about two conditions holds for every value: one implies the other, or excludes it."""

import time
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from config.checks.implications import exclude, implies
from config.conditions.words import OPERATORS_OF, holds
from config.model import Condition
from mapping.conditions.operators import compile_operator

SUBJECTS = [("attribute", "a"), ("batch", "app_version"), ("field", "total_amount"), ("field", "transaction_id")]
NUMBERS = ["1", "1.0", "2"]
ENDLESS = "9" * 5000
VERSIONS = ["1", "1.0", "1.10", "1.2.0", "01.2", "b", "1.2-b", ENDLESS]
WRITTEN: dict[str, list[str]] = {"number": NUMBERS, "version": VERSIONS}
TEXTS = ["a", "ab", "B", "1.0", "1", " b", "e", "0.00001", ENDLESS, "9" * 400]
VALUES = st.sampled_from([None, *TEXTS, " ab ", "", "x", "1.2", "1.2.1", "1.2-b", "2", 1, 2.0, 1.5, 0, True, 0.00001])


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Condition, Condition]:
    """Return two conditions on one subject."""
    subject, name = draw(st.sampled_from(SUBJECTS))

    def condition() -> Condition:
        kind = holds(subject, name)  # type: ignore[arg-type]
        operator: Any = draw(st.sampled_from([each for each in OPERATORS_OF[kind] if each != "matches"]))
        allowed = WRITTEN.get(kind, TEXTS)
        if operator in ("greater", "less"):
            allowed = [text for text in WRITTEN.get(kind, NUMBERS) if "b" not in text and text != ENDLESS]
        most = 2 if operator in ("in", "not_in") else 1
        values = draw(st.lists(st.sampled_from(allowed), min_size=1, max_size=most))
        if operator == "exists":
            values = [draw(st.sampled_from(["true", "false"]))]
        return Condition(subject, name, operator, tuple(values))  # type: ignore[arg-type]

    return condition(), condition()


@settings(max_examples=1000, deadline=None)
@given(pairs(), st.one_of(VALUES, st.lists(VALUES, max_size=2)))
@example((Condition("attribute", "a", "is", ("a",)), Condition("attribute", "a", "is_not", ("b",))), ["a", "b"])
def test_an_implied_condition_holds_wherever_the_other_does(pair: tuple[Condition, Condition], value: Any) -> None:
    first, second = pair
    if implies(first, second) and compile_operator(first).holds(value):
        assert compile_operator(second).holds(value)


@settings(max_examples=1000, deadline=None)
@given(pairs(), VALUES)
@example((Condition("attribute", "a", "is", (ENDLESS,)), Condition("attribute", "a", "contains", ("9",))), None)
@example((Condition("attribute", "a", "is", ("9" * 400,)), Condition("attribute", "a", "contains", ("9",))), None)
@example((Condition("batch", "app_version", "is", (ENDLESS,)), Condition("batch", "app_version", "less", ("1",))), "1")
@example(
    (
        Condition("field", "transaction_id", "is", ("0.00001",)),
        Condition("field", "transaction_id", "contains", ("e",)),
    ),
    0.00001,
)
def test_conditions_that_exclude_each_other_never_hold_together(pair: tuple[Condition, Condition], value: Any) -> None:
    """For one value: of a list, each condition may mean another entry."""
    first, second = pair
    if exclude(first, second):
        assert not (compile_operator(first).holds(value) and compile_operator(second).holds(value))


@pytest.mark.parametrize("operator", ["in", "not_in"])
def test_long_lists_are_compared_in_one_pass(operator: Any) -> None:
    """Value by value, two lists of 20,000 would take minutes, each time that a process reads the file."""
    long = [Condition("field", "transaction_id", operator, tuple(f"{name}{n}" for n in range(20_000))) for name in "xy"]
    first = Condition("field", "transaction_id", "in", long[0].values)
    began = time.process_time()
    assert not implies(first, long[1])
    assert implies(first, replace(first, values=(*first.values, "z")))
    assert exclude(first, long[0]) is (operator == "not_in")
    assert time.process_time() - began < 30
