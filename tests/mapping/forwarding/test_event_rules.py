"""The function that is written for rules on events decides as each condition does alone, in their order."""

import json
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from config.conditions.words import OPERATORS_OF, holds
from config.model import Condition
from mapping.conditions.compile import compile_for_events
from mapping.forwarding.event_rules import EventRule, compile_event_rules
from mapping.incoming.batch_fields import read_batch_fields
from mapping.incoming.event import UNREADABLE, read_event

SUBJECTS = [
    ("attribute", "a"),
    ("attribute", "b"),
    ("field", "total_amount"),
    ("field", "currency_code"),
    ("field", "event_name"),
    ("product", "category"),
    ("product", "price"),
    ("product_attribute", "size"),
    ("promotion", "id"),
]
TEXTS = ["web", "1", "1.5", "eCommerce - Purchase"]
LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(0, 3), st.floats(0, 3), st.sampled_from([*TEXTS, " WEB ", ""]), st.just({})
)
VALUES = st.one_of(LEAVES, st.lists(LEAVES, max_size=3))
PRODUCTS = st.one_of(
    st.none(),
    st.fixed_dictionaries(
        {},
        optional={"category": VALUES, "price": VALUES, "custom_attributes": st.dictionaries(st.just("size"), VALUES)},
    ),
)
EVENTS = st.fixed_dictionaries(
    {
        "custom_attributes": st.one_of(st.dictionaries(st.sampled_from(["a", "b"]), VALUES), LEAVES),
        "currency_code": VALUES,
        "product_action": st.fixed_dictionaries(
            {"action": st.sampled_from(["purchase", "x"]), "total_amount": VALUES, "products": st.lists(PRODUCTS)}
        ),
        "promotion_action": st.fixed_dictionaries({"promotions": st.lists(st.fixed_dictionaries({"id": VALUES}))}),
    }
)


@st.composite
def rules(draw: st.DrawFn) -> list[EventRule]:
    """Return rules with any subject and any operator that fits it."""
    found = []
    for number in range(draw(st.integers(1, 5))):
        subject, name = draw(st.sampled_from(SUBJECTS))
        operator = draw(st.sampled_from(OPERATORS_OF[holds(subject, name)]))  # type: ignore[arg-type]
        values: tuple[str, ...] = (draw(st.sampled_from(["1", "1.5"] if operator in ("greater", "less") else TEXTS)),)
        if operator == "exists":
            values = (draw(st.sampled_from(["true", "false"])),)
        condition = Condition(subject, name, operator, values)  # type: ignore[arg-type]
        found.append(EventRule(f"rule {number}", condition, draw(st.booleans())))
    return found


@settings(max_examples=400, deadline=None)
@given(rules(), st.lists(EVENTS, min_size=1, max_size=3))
@example(
    [EventRule("rule 0", Condition("product", "price", "less", ("1",)), is_wanted=False)],
    [{"product_action": {"action": "purchase", "products": [{"price": 1e-308}]}}],
)
def test_the_rules_decide_as_their_conditions_do(made: list[EventRule], events: list[dict[str, Any]]) -> None:
    """The first rule that withholds is the one that is named, for one event after another."""
    decide = compile_event_rules(made)
    alone = [(rule.name, compile_for_events(rule.condition), rule.is_wanted) for rule in made]
    for event in events:
        raw = json.dumps({"event_type": "commerce_event", "data": event}).encode()
        try:
            incoming = read_event(raw, read_batch_fields(b"{}"), "id", 0, 0)
        except UNREADABLE:
            continue
        expected = [name for name, condition, wanted in alone if condition(incoming) is not wanted]
        withheld = decide(incoming)
        assert (withheld.rule if withheld else None) == (expected[0] if expected else None)
