"""Patterns of `matches` find what Python's expressions find, in linear time, and refuse what needs backtracking."""

import re
import time
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.conditions.matcher import Pattern
from config.conditions.pattern import MOST_CHARACTERS, BadPattern

FOUND = [
    ("shop", "a shop"),
    ("^shop", "shopping"),
    ("^$", ""),
    ("", "anything"),
    ("^(web|ios|android)$", "ios"),
    ("[A-Z]{3}", "xyz"),
    ("STRASSE", "straße".casefold()),
    (r"^\d{2,3}$", "123"),
    (r"^\w+@\w+\.com$", "jane@shop.com"),
    (r"a\.b", "a.b"),
    ("[^a-c]", "abcd"),
    ("a-?b", "ab"),
    ("[]x]", "]"),
    ("[a-]", "-"),
    (r"[\d.]+$", "a1.2"),
    ("(?:ab)+c", "ababc"),
    (r"\t", "\t"),
    (r"^\S+$", "one"),
]
NOT_FOUND = [
    ("^shop$", "shopping"),
    ("^$", "a"),
    ("$^", "a"),
    (r"^\d{2,3}$", "1234"),
    ("[^a-z]", "abc"),
    (r"a\.b", "axb"),
    ("a{2}b", "ab"),
    (r"\D", "123"),
]


@pytest.mark.parametrize(("pattern", "text"), FOUND)
def test_a_pattern_is_found(pattern: str, text: str) -> None:
    assert Pattern(pattern).found_in(text)


@pytest.mark.parametrize(("pattern", "text"), NOT_FOUND)
def test_a_pattern_is_not_found(pattern: str, text: str) -> None:
    assert not Pattern(pattern).found_in(text)


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("(a", "no `)` for a `(`"),
        ("a)", "a `)` without its `(`"),
        ("a**", "a `*` after a repetition"),
        ("a+?", "a `?` after a repetition"),
        ("*a", "a `*` with nothing before it to repeat"),
        ("a|*", "nothing before it to repeat"),
        ("^*", "a repeated `^` or `$`"),
        ("a{2", "a `{` that begins no repetition"),
        ("a{,3}", "a `{` that begins no repetition"),
        ("a{3,2}", "a maximum below its minimum"),
        ("a{101}", "at most 100"),
        ("((a{100}){100})", "more than 500 parts"),
        ("(" * 30 + ")" * 30, "nested more than 20 levels deep"),
        ("[a", "no `]` for a `[`"),
        ("[z-a]", "a range that does not go from a lower"),
        (r"[a-\d]", "a range that does not go from a lower"),
        (r"(a)\1", r"a `\1`"),
        (r"\bword", r"a `\b`"),
        ("(?=a)", "a `(?`"),
        ("a\\", "no character after"),
        ("a" * (MOST_CHARACTERS + 1), "at most 200"),
    ],
)
def test_a_pattern_outside_the_subset_is_refused(pattern: str, words: str) -> None:
    with pytest.raises(BadPattern) as refused:
        Pattern(pattern)
    assert words in str(refused.value)


PATTERNS = st.recursive(
    st.sampled_from(["a", "b", ".", "[ab]", "[^a]", r"\d", "1", "^", "$", ""]),
    lambda inner: st.one_of(
        st.tuples(inner, inner).map("".join),
        st.tuples(inner, inner).map(lambda pair: f"({pair[0]}|{pair[1]})"),
        st.tuples(inner, st.sampled_from(["*", "+", "?", "{2}", "{1,2}", "{2,}"])).map(lambda p: f"({p[0]}){p[1]}"),
    ),
    max_leaves=8,
)


@given(PATTERNS, st.text("ab1", max_size=8))
def test_any_pattern_finds_what_pythons_expression_finds(pattern: str, text: str) -> None:
    expected = re.search(pattern.replace("$", r"\Z"), text, re.DOTALL) is not None
    assert Pattern(pattern).found_in(text) == expected


@pytest.mark.parametrize("pattern", ["(a*)*d", "(a|aa)+c", "(.*)(.*)(.*)(.*)x", "(a|b)*a(a|b){12}c"])
def test_a_search_takes_time_in_proportion_to_the_text(pattern: str) -> None:
    """A backtracking engine would take longer than the universe has existed."""
    compiled = Pattern(pattern)
    began = time.process_time()
    assert not compiled.found_in("aaab" * 25_000 + "a")
    assert time.process_time() - began < 60


def calls_of(compiled: Pattern, name: str, text: str) -> int:
    """Return how often a search of the text calls the method."""
    with patch.object(compiled, name, wraps=getattr(compiled, name)) as method:
        compiled.found_in(text)
    return method.call_count


MIXED = "".join(chr(0x4E00 + place * 7919 % 20_000) + "a" * (place % 3) for place in range(10_000))


@pytest.mark.parametrize(
    "pattern", ["(.{0,100}){4}!", "([^x]{99}x){4}y", "(a|b|c|d|e|f)*a(.{0,90})(.{0,90})!", "(.*a){90}x"]
)
def test_where_no_step_is_known_the_parts_of_steps_are(pattern: str) -> None:
    """Each of 20,000 characters is another one, or comes in another set of hundreds of states."""
    assert calls_of(Pattern(pattern), "_closure", MIXED) < 2000


def test_a_text_with_more_transitions_than_are_cached_still_uses_the_cache() -> None:
    """When the cache is full and starts again, the search that fills it uses the new one."""
    compiled = Pattern("ab.{3}c")
    compiled.found_in("".join(chr(0x4E00 + place) for place in range(1000)))
    assert calls_of(compiled, "_step", "z" * 1000) < 10
