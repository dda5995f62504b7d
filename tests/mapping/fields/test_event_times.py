"""Row E3: an event's time in seconds, checked against the time of receipt and never against a clock."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapping.fields.event_time import event_time, iso_8601, tells_time
from mapping.results import RejectEvent, SendWithNote

NOW = 1_700_000_000_000
FIRST = 1_262_304_000  # 2010
MINUTES = 60_000

TAKEN = [
    ("milliseconds", 1_699_999_999_999, 1_699_999_999, None),
    ("milliseconds as text", "1699999999999", 1_699_999_999, None),
    ("milliseconds as a float", 1_699_999_999_999.9, 1_699_999_999, None),
    ("the first millisecond time", FIRST * 1000, FIRST, None),
    ("the first time in seconds", FIRST, FIRST, "seconds"),
    ("milliseconds as a float's text", "1699999999999.0", 1_699_999_999, None),
    ("milliseconds with spaces around", " 1699999999999 ", 1_699_999_999, None),
    ("seconds", 1_699_999_999, 1_699_999_999, "seconds"),
    ("seconds as text", "1699999999", 1_699_999_999, "seconds"),
    ("null", None, NOW // 1000, "missing"),
    ("empty", "", NOW // 1000, "missing"),
    ("blank", " \t", NOW // 1000, "missing"),
    *(
        (f"a clock never set: {value!r}", value, NOW // 1000, "never set")
        for value in (
            *(0, -1, 0.0, 1, 86_400_000, 10**9, FIRST - 1, 10**10, 10**12, FIRST * 1000 - 1, -62_135_596_800_000),
            *("0", "-1", "0.0", " 86400000", "-62135596800000", "315964800000"),
        )
    ),
    ("now", NOW, NOW // 1000, None),
    ("a moment ahead", NOW + 1, NOW // 1000, "up to ten minutes"),
    ("ten minutes ahead", NOW + 10 * MINUTES, NOW // 1000, "up to ten minutes"),
    ("more than ten minutes ahead", NOW + 10 * MINUTES + 1, 1_700_000_600, "more than ten minutes"),
    ("seconds, five minutes ahead", 1_700_000_300, NOW // 1000, "seconds"),
    ("the last millisecond time", 10**13 - 1, 10**10 - 1, "more than ten minutes"),
]

REFUSED = [
    *(10**13, 1_700_000_000_000_000, 1e300, True, False, [], {}),
    *("x", "1700000000000000", "1.5e12", "2023-11-14", "1 699 999 999 999", "1" * 5000),
]


@pytest.mark.parametrize(("value", "seconds", "note"), [case[1:] for case in TAKEN], ids=[case[0] for case in TAKEN])
def test_time_is_taken(value, seconds, note):
    """Floor of milliseconds; seconds with a note; nothing, or a little ahead: the time of receipt."""
    result = event_time(value, NOW)
    if note is None:
        assert result == seconds
    else:
        assert isinstance(result, SendWithNote)
        assert result.value == seconds
        assert note in result.note


@pytest.mark.parametrize("value", REFUSED, ids=lambda value: repr(value)[:20])
def test_anything_else_refuses_the_event(value):
    """Reason `invalid_value`."""
    result = event_time(value, NOW)
    assert isinstance(result, RejectEvent)
    assert result.reason == "invalid_value"


@given(st.integers(-(2**64), 2**64) | st.floats(allow_nan=False, allow_infinity=False))
def test_no_time_before_2010_goes_out(number):
    """Any number in any form gives a time from 2010 on, the time of receipt, or a rejection."""
    for value in (number, str(number), f" {number}"):
        result = event_time(value, NOW)
        seconds = result.value if isinstance(result, SendWithNote) else result
        assert isinstance(result, RejectEvent) or seconds >= FIRST
        if isinstance(result, SendWithNote) and "never set" in result.note:
            assert seconds == NOW // 1000
            assert not tells_time(value)


@pytest.mark.parametrize(
    ("value", "tells"),
    [
        (None, False),
        ("", False),
        (" ", False),
        (0, False),
        ("-1", False),
        (NOW, True),
        (NOW // 1000, True),
        ("x", True),
    ],
    ids=repr,
)
def test_an_event_without_a_time_of_its_own_is_known_as_such(value, tells):
    """E2: its generated id then depends on the time of receipt, so that two real actions differ."""
    assert tells_time(value) is tells


def test_legacy_time_is_utc_with_z():
    """`YYYY-MM-DDTHH:MM:SSZ`."""
    assert iso_8601(1_600_372_167) == "2020-09-17T19:49:27Z"
    assert iso_8601(10**9) == "2001-09-09T01:46:40Z"


def test_notes_name_the_field(bench):
    """The note names the field whose time was assumed."""
    [note] = bench.mapped(bench.plan(), bench.purchase(timestamp_unixtime_ms=None)).notes
    assert note.field == "timestamp_unixtime_ms"
