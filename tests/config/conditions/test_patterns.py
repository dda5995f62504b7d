"""Patterns of `matches` find what RE2 documents, in linear time and bounded memory; what they refuse is explained."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.conditions.patterns import MOST_CHARACTERS, BadPattern, compile_pattern

FOUND = [
    ("shop", "a shop"),
    ("^shop", "shopping"),
    ("^$", ""),
    ("", "anything"),
    ("^(web|ios|android)$", "ios"),
    ("[A-Z]{3}", "xyz"),
    ("ÜBER", "über"),
    ("STRAẞE", "straße"),
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
    (r"\bshoe\b", "a shoe"),
    ("<.*?>", "<a>"),
    (r"^\pL+$", "été"),
    ("a.b", "a\nb"),
    ("a.b", "a\x00b"),
    ("a.b", "a\ud800b"),
    ("^.$", "😀"),
    ("(?-i:ABC)", "ABC"),
    ("(?P<year>20[0-9]{2})", "in 2026"),
]
NOT_FOUND = [
    ("^shop$", "shopping"),
    ("^$", "a"),
    ("$^", "a"),
    ("a$", "a\n"),
    (r"^\d{2,3}$", "1234"),
    ("[^a-z]", "ABC"),
    (r"a\.b", "axb"),
    ("a{2}b", "ab"),
    (r"\D", "123"),
    (r"\bshoe\b", "shoes"),
    (r"^\w+$", "été"),
    ("(?-i:ABC)", "abc"),
]


@pytest.mark.parametrize(("pattern", "text"), FOUND)
def test_a_pattern_is_found(pattern: str, text: str) -> None:
    assert compile_pattern(pattern)(text)


@pytest.mark.parametrize(("pattern", "text"), NOT_FOUND)
def test_a_pattern_is_not_found(pattern: str, text: str) -> None:
    assert not compile_pattern(pattern)(text)


@pytest.mark.parametrize(
    ("pattern", "sentence"),
    [
        ("(a", "is no regular expression of RE2 (missing ): `(a`)"),
        ("a)", "is no regular expression of RE2 (unexpected ): `a)`)"),
        ("[a", "is no regular expression of RE2 (missing ]: `[a`)"),
        ("[z-a]", "is no regular expression of RE2 (invalid character class range: `z-a`)"),
        ("a**", "(bad repetition operator: `**`); put the repeated part in ( )"),
        ("*a", "`*`); nothing stands before it to repeat; a backslash makes it a character"),
        ("a{1001}", "(invalid repetition size: `{1001}`); allowed are at most 1000 repetitions"),
        ("((a{100}){100}){100}", "allowed are at most 1000 repetitions, those within others multiplied"),
        ("(.{50}){20}", "is too large once its repetitions are written out: use smaller numbers"),
        (r"\pL{100}", "is too large once its repetitions are written out: use smaller numbers"),
        (r"(a)\1", r"(invalid escape sequence: `\1`); RE2 has no back references"),
        (r"\h", r"(invalid escape sequence: `\h`); allowed after a backslash are d D w W s S"),
        ("(?=a)", "(invalid perl operator: `(?=`); RE2 has no look-around"),
        ("(?<!a)b", "`(?<!`); RE2 has no look-around"),
        ("(?#a)", "allowed after `(?` are `:`"),
        ("a\\", "(trailing \\); write two for the character itself"),
        ("a" * (MOST_CHARACTERS + 1), "has 201 characters: allowed are at most 200"),
    ],
)
def test_a_pattern_that_cannot_be_used_is_refused(pattern: str, sentence: str) -> None:
    with pytest.raises(BadPattern) as refused:
        compile_pattern(pattern)
    assert sentence in str(refused.value)


def test_a_refused_pattern_is_not_logged(capfd: pytest.CaptureFixture[str]) -> None:
    """RE2 writes to the standard error of the process unless `log_errors` is off."""
    with pytest.raises(BadPattern):
        compile_pattern("(secret")
    assert not compile_pattern("(.{0,90}a){4}[!?]")("".join(map(chr, range(0x4E00, 0x9000))))
    assert capfd.readouterr() == ("", "")


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
    assert compile_pattern(pattern)(text) == expected


@given(st.text(st.characters(), max_size=30))
def test_any_text_is_searched(text: str) -> None:
    assert compile_pattern("^.*$")(text)


MIXED = "".join(chr(0x4E00 + place * 7919 % 20_000) + "ab"[place % 3 % 2] * (place % 3) for place in range(50_000))


@pytest.mark.parametrize(
    "pattern",
    ["(a*)*[cd]", "(a|aa)+[cd]", "(.*)(.*)(.*)(.*)[!?]", "(a|b)*a(a|b){400}[cd]", "(.{1,50}a){6}[!?]", "(.{9})*!|^!"],
)
def test_a_search_takes_time_in_proportion_to_the_text(pattern: str) -> None:
    """A backtracking engine would take longer than the universe has existed."""
    is_found_in = compile_pattern(pattern)
    for text in ("aaab" * 25_000 + "a", MIXED):
        began = time.process_time()
        assert not is_found_in(text)
        assert time.process_time() - began < 60
