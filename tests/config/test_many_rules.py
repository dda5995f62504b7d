"""Files with thousands of rules or mappings: what is checked grows with their number, not with the number of pairs."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.checks import overlap, related
from config.checks.implications import exclude, implies
from config.checks.overlap import first_overlaps, may_both_match
from config.checks.related import RelatedConditions, first_excluding, stronger_ones, weaker_ones
from config.conditions.words import OPERATORS_OF, holds
from config.file import ConfigurationFile
from config.model import Condition, CustomMapping, Match

HEAD = """
inputs: [{id: in, platform: web, api_key: key, api_secret: secret}]
connections:
  - id: shop
    inputs: [in]
    access_token: ${TOKEN}
    event_source_id: CUSG5HBC77UD11VVRQEG
    enable_web_migration: true
"""
NEVER = "    forward:\n      never_if:\n"
ONLY = "    forward:\n      only_if:\n"
MAPPINGS = "    custom_mappings:\n"
MATCH = "      - {tiktok_event: Lead, match: {event_type: custom_event, %s}}\n"
KINDS: dict[str, tuple[str, str]] = {
    "is, one subject": (NEVER, "        - {attribute: section, is: vNUMBER}\n"),
    "is, a field": (NEVER, "        - {field: event_name, is: vNUMBER}\n"),
    "is_not, a field, only_if": (ONLY, "        - {field: event_name, is_not: vNUMBER}\n"),
    "in with a common value, only_if": (ONLY, "        - {attribute: section, in: [common, vNUMBER]}\n"),
    "not_in with a common value, only_if": (ONLY, "        - {attribute: section, not_in: [common, vNUMBER]}\n"),
    "contains": (NEVER, "        - {attribute: section, contains: /vNUMBER/}\n"),
    "starts_with": (NEVER, "        - {attribute: section, starts_with: /vNUMBER/}\n"),
    "matches": (NEVER, "        - {attribute: section, matches: vNUMBER$}\n"),
    "greater, each weaker": (NEVER, "        - {attribute: section, greater: NUMBER}\n"),
    "a subject each": (NEVER, "        - {attribute: sNUMBER, exists: true}\n"),
    "all equal": (NEVER, "        - {attribute: section, is: x} # NUMBER\n"),
    "mappings by name": (MAPPINGS, MATCH % "name: nNUMBER"),
    "mappings by attribute": (MAPPINGS, MATCH % "attributes: {section: vNUMBER}"),
    "mappings by condition": (MAPPINGS, MATCH % "only_if: [{field: page_url, is: vNUMBER}]"),
    "equal mappings": (MAPPINGS, MATCH % "name: n}} # NUMBER"),
}


class Calls:
    """Counts the calls of a function."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function, self.count = function, 0

    def __call__(self, *arguments: Any) -> Any:
        self.count += 1
        return self.function(*arguments)


@pytest.mark.parametrize("kind", KINDS)
def test_twice_as_many_rules_need_twice_as_many_comparisons(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At most a few comparisons for each rule; with each pair compared, 300 rules took 44,850 of one kind alone."""
    before, rule = KINDS[kind]
    counts = []
    for number in (150, 300):
        calls = [Calls(implies), Calls(exclude), Calls(may_both_match)]
        for module, name, called in zip(
            (related, related, overlap), ("implies", "exclude", "may_both_match"), calls, strict=True
        ):
            monkeypatch.setattr(module, name, called)
        path = tmp_path / f"relay-{number}.yaml"
        path.write_text(HEAD + before + "".join(rule.replace("NUMBER", str(1000 + n)) for n in range(number)))
        file = ConfigurationFile(path, environ={"TOKEN": "token"})
        assert len(file.current.warnings) <= number + 5
        counts.append(sum(called.count for called in calls))
    assert counts[1] <= 2.2 * counts[0] + 20, counts
    assert counts[1] <= 10 * 300


SUBJECTS: list[tuple[Any, str]] = [
    *(("attribute", "a"), ("batch", "app_version"), ("field", "total_amount"), ("field", "transaction_id")),
    *(("field", "event_type"), ("product", "name"), ("gdpr_consent", "ads")),
]
WRITTEN: dict[str, list[str]] = {
    "number": ["1", "1.0", "2", "1e0", "40"],
    "version": ["1", "1.0", "1.10", "1.2.0", "01.2", "b", "1.2-b"],
    "truth": ["true", "false"],
    "word": ["commerce_event", "custom_event", "screen_view"],
}
TEXTS = ["a", "ab", "B", "abc", "bc", "1.0", "1", "40", "é", "e\u0301x", "0.00001"]


@st.composite
def conditions(draw: st.DrawFn) -> list[Condition]:
    """Return conditions on few subjects with few values: many are related."""
    found = []
    for _ in range(draw(st.integers(1, 7))):
        subject, name = draw(st.sampled_from(SUBJECTS))
        kind = holds(subject, name)
        operator: Any = draw(st.sampled_from(OPERATORS_OF[kind]))
        allowed = WRITTEN.get(kind, TEXTS)
        if operator in ("greater", "less"):
            allowed = [text for text in WRITTEN["version" if kind == "version" else "number"] if "b" not in text]
        most = 3 if operator in ("in", "not_in") else 1
        values = draw(st.lists(st.sampled_from(allowed), min_size=1, max_size=most))
        if operator == "exists":
            values = [draw(st.sampled_from(["true", "false"]))]
        found.append(Condition(subject, name, operator, tuple(values)))
    return found


@settings(max_examples=300, deadline=None)
@given(conditions(), conditions())
def test_no_related_condition_is_missed(listed: list[Condition], others: list[Condition]) -> None:
    """What is found by keys is what comparing each with each finds, in the order of the list."""
    found = RelatedConditions(listed)
    for other in others:
        assert [*found.implied_by(other)] == [n for n, each in enumerate(listed) if implies(other, each)]
        assert [*found.excluding(other)] == [n for n, each in enumerate(listed) if exclude(each, other)]


@settings(max_examples=300, deadline=None)
@given(conditions())
def test_each_useless_condition_is_named_once(listed: list[Condition]) -> None:
    """With one that makes it useless; of two that mean the same the second is useless."""
    pairs = [(first, second) for second in range(len(listed)) for first in range(second)]
    firsts: dict[int, int] = {}
    for first, second in pairs:
        if exclude(listed[first], listed[second]):
            firsts.setdefault(second, first)
    assert {second: first for first, second in first_excluding(listed)} == firsts

    for useless_ones, is_implied in ((weaker_ones, True), (stronger_ones, False)):
        useless = dict(useless_ones(listed))
        assert len(useless) == len([*useless_ones(listed)])
        for place, other in useless.items():
            assert implies(listed[other], listed[place]) if is_implied else implies(listed[place], listed[other])
        left = [each for place, each in enumerate(listed) if place not in useless]
        assert left, "one of several equal rules stays"
        for place in set(range(len(listed))) - useless.keys():
            for other in set(range(len(listed))) - useless.keys() - {place}:
                pair = (listed[other], listed[place]) if is_implied else (listed[place], listed[other])
                assert not implies(*pair)


MATCHES = st.builds(
    Match,
    event_type=st.sampled_from([None, "custom_event", "commerce_event"]),
    name=st.sampled_from([None, "a", "b", "ecommerce - purchase"]),
    action=st.sampled_from([None, "purchase", "checkout"]),
    attributes=st.dictionaries(
        st.sampled_from(["x", "y"]), st.frozensets(st.sampled_from(["1", "2", "3"]), min_size=1), max_size=2
    ),
    only_if=conditions().map(lambda found: tuple(found[:2])),
)
CUSTOM = st.builds(CustomMapping, st.sampled_from(["Lead", "Contact"]), MATCHES, is_default=st.booleans())


@settings(max_examples=200, deadline=None)
@given(st.lists(CUSTOM, max_size=6))
def test_the_first_overlap_of_each_mapping_is_found(mappings: list[CustomMapping]) -> None:
    """What is found by values is what comparing each mapping with all before it finds."""
    expected: dict[int, int] = {}
    for second, mapping in enumerate(mappings):
        for first, other in enumerate(mappings[:second]):
            if other.tiktok_event == mapping.tiktok_event and may_both_match(other, mapping):
                expected.setdefault(second, first)
    assert {second: first for first, second in first_overlaps(mappings)} == expected
