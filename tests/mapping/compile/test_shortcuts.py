"""A shortcut gives what its rule gives, and a user's usual values take it."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.interpreter import same

from config.model import Connection
from mapping.compile.shortcuts import SHORTCUT_NAMES, SHORTCUTS, shortcut_of
from mapping.fields import rules
from mapping.fields.consent import advertising_id_hash
from mapping.fields.places import COUNTRY_OF_CODE, country
from mapping.fields.rules import PerConnection
from mapping.fields.web import ttp
from mapping.results import OUTCOMES

NOW_MS = 1_700_000_000_000
LISTS = (rules.email_hashes, rules.external_id_hashes, rules.phone_hashes)

# Values that take the shortcut of each rule, and values that look like them and must not.
USUAL: dict[Any, list[Any]] = {
    rules.event_time: [(NOW_MS - 1, NOW_MS, NOW_MS)],
    rules.user_ip: [("203.107.48.7", None, None), ("8.8.8.8", "10.0.0.1", None)],
    rules.email_hashes: ["a@b.example", "Chloé.ONeil0@Example.com"],
    rules.external_id_hashes: ["C-8184876", "a b", "x" * 63],
    rules.phone_hashes: ["+12125279348", "+4915123456789"],
    rules.name_hash: ["Ana", "JONAS"],
    rules.zip_code_hash: ["66723", "SW1A1AA"],
    rules.plain_city: ["Berlin", "x1"],
    rules.plain_state: ["BE", "England"],
    rules.plain_country: ["DE", "us"],
    advertising_id_hash: ["1F8B3C9A-5D0E-4B6C-8F9A-2D7C1E3F5A6B"],
    ttp: ["VDDUCB7GNSYOJMVT6TKY3AWKMM"],
}
ODD = [
    *(None, "", " ", "null", "undefined", "none", "0", "-1", "guest", "Nan", "NA", "na", "xx", "T1", "n/a", "fff"),
    *("a" * 64, "A" * 64, "0" * 64, "1" * 64, " a", "a ", "a\x00", "a\u200b", "\u212a", "Ana\u0301", "a@b..example"),
    *(
        "a..b@c.example",
        "a@b",
        "a@b.example, c@d.example",
        "+491512345678x",
        "+0123456789",
        "+4401234567",
        "+1012345678",
    ),
    *("00000000-0000-0000-0000-000000000000", True, 5, 5.5, 2**60, [], ["a", "a"], {}, ["+12125279348", "b"]),
    *((1, NOW_MS, NOW_MS), (NOW_MS + 1, NOW_MS, NOW_MS), (None, NOW_MS, NOW_MS), (True, NOW_MS, NOW_MS)),
    *((10**13, 10**14, NOW_MS), (float(NOW_MS), NOW_MS, NOW_MS), (str(NOW_MS - 1), NOW_MS, NOW_MS)),
    *((None, None, None), ("10.0.0.1", "8.8.8.8", None), ("8.8.8.8 ", None, None), ("8.8.8.256", None, None)),
    *(("127.0.0.1", None, None), ("::1", "x", "8.8.8.8"), (8, None, "8.8.8.8"), ("08.8.8.8", None, None)),
    *(("1F8B3C9A-5D0E-4B6C-8F9A-2D7C1E3F5A6B", True), ("1F8B3C9A-5D0E-4B6C-8F9A-2D7C1E3F5A6B", "no")),
]
TEXTS = st.text(alphabet="aAzZ0159+-_.@ \u00a0\u200bé\x00:/\u212aſ", max_size=16) | st.text(max_size=6)
ADDRESSES = st.tuples(
    st.builds(lambda parts: ".".join(map(str, parts)), st.lists(st.integers(0, 300), min_size=3, max_size=5)),
    st.none() | st.just("10.0.0.1"),
    st.none() | st.just("8.8.8.8"),
)
MOMENTS = st.tuples(st.integers(NOW_MS - 10**13, NOW_MS + 10**13), st.just(NOW_MS), st.just(NOW_MS))
OF_TUPLES = {rules.event_time: MOMENTS, rules.user_ip: ADDRESSES}


def a_connection(**more: Any) -> Connection:
    return Connection(id="shop", inputs=("in",), access_token="t", event_source_id="C", **more)


def taken(rule: Any, value: Any) -> list[Any]:
    """Return the result of the shortcut as a list, empty where the value does not take it."""
    names = {**SHORTCUT_NAMES, "value": value}
    result = SHORTCUTS[rule].result
    return [eval(result, names)] if eval(SHORTCUTS[rule].when, names) else []


def expected(rule: Any, value: Any, connection: Connection) -> Any:
    made = rule.make(connection) if isinstance(rule, PerConnection) else rule
    result = made(value)
    return result[0] if rule in LISTS and type(result) is list and len(result) == 1 else result


@pytest.mark.parametrize("rule", SHORTCUTS, ids=lambda rule: SHORTCUTS[rule].result)
def test_usual_values_take_the_shortcut_and_others_do_not(rule):
    """Each value that takes it becomes what the rule makes of it; so it is a value to send, without a note."""
    for value in USUAL[rule]:
        assert taken(rule, value)
    suited = tuple if rule in OF_TUPLES else object
    for value in [
        *USUAL[rule],
        *(odd for odd in ODD if isinstance(odd, suited) and (suited is tuple or odd is not None)),
    ]:
        for region in (None, "US", "DE"):
            for shortened in taken(rule, value):
                result = expected(rule, value, a_connection(default_region=region))
                assert same(shortened, result)
                assert type(result) not in OUTCOMES


@pytest.mark.parametrize("rule", SHORTCUTS, ids=lambda rule: SHORTCUTS[rule].result)
@settings(deadline=None)
@given(data=st.data())
def test_a_shortcut_gives_what_its_rule_gives(rule, data):
    """For any value."""
    usual = st.sampled_from(USUAL[rule])
    near = st.builds(lambda text, more, at: text[:at] + more + text[at:], usual, TEXTS, st.integers(0, 20))
    value = data.draw(OF_TUPLES.get(rule, usual | TEXTS | near))
    for shortened in taken(rule, value):
        assert same(shortened, expected(rule, value, a_connection()))


def test_a_setting_that_the_shortcut_does_not_know_switches_it_off():
    """X9: the age of an event is checked by the rule."""
    assert shortcut_of(rules.event_time, a_connection()) is not None
    assert shortcut_of(rules.event_time, a_connection(max_event_age_s=60)) is None


def test_codes_of_countries_are_those_of_the_rule():
    """Codes that also mean no value, such as those of lookups, go through the rule."""
    assert all(country(code) == found for code, found in COUNTRY_OF_CODE.items())
    assert not {"xx", "zz", "t1", "a1"} & {code.lower() for code in COUNTRY_OF_CODE}
