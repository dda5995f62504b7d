"""Every answer of TikTok's has the verdict in the table of tiktok-api.md §4.2."""

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery import remedies
from delivery.answer import UNREADABLE, Answer, FailedEvent, NoAnswer
from delivery.codes import CODES, STATUSES, CodeMeaning
from delivery.verdict import ConnectionFault, Delivered, Rejection, RetryLater, Split, Verdict, field_in, judge

EVENTS = 3


def short(verdict: Verdict) -> str:
    """Return the verdict in one word, for the tables here."""
    match verdict:
        case Delivered():
            return "delivered"
        case RetryLater(throttle=True, unknown=False):
            return "throttle"
        case RetryLater(throttle=False, unknown=True):
            return "later, unknown"
        case RetryLater(throttle=False, unknown=False):
            return "later"
        case Split():
            return "split"
        case ConnectionFault(error=error):
            return error.rpartition(" (")[0]
        case _:
            return "?"


TABLE = {
    "delivered": (0, 20001, 40050),
    "split": (40000, 40002, 40061, 40062, 40700, 40900, 40999, 40099, 49999, 1, -1),
    "no permission": (40001, 40003, 40113, 40130, 40131),
    "event source not found": (40007,),
    "endpoint gone": (40006, 40008, 40010, 40051, 40400, 41001, 41002),
    "partner name refused": (40063, 40101),
    "token refused": (40102, 40104, 40105, 40106, 40124, 40125),
    "not on TikTok's allow-list": (40117, 40118, 40119),
    "advertiser account refused": (40300, 40301, 40302, 40309),
    "blocked by TikTok": (41000,),
    "throttle": (40016, 40100, 40132, 40133, 61000),
    "later": (40200, 40201, 40202, 60001),
    "later, unknown": (50000, 50002, 51010, 51012, 52000, 53999, 59999, 60000, 70000, 10**12),
}


@pytest.mark.parametrize(
    ("code", "verdict"), [pytest.param(code, verdict, id=str(code)) for verdict in TABLE for code in TABLE[verdict]]
)
@pytest.mark.parametrize("status", [200, 400, 429, 503])
def test_the_code_decides_with_every_http_status(code: int, verdict: str, status: int) -> None:
    """TikTok answers failures with HTTP 200; by its documents the code takes precedence."""
    assert short(judge(Answer(status, code, "words"), EVENTS)) == verdict


WITHOUT_CODE = {
    "later, unknown": (200, 204, 299, 408, 500, 502, 503, 504, 599, 100),
    "redirected": (301, 302, 307, 308),
    "token refused": (401,),
    "no permission": (403,),
    "endpoint gone": (404, 410),
    "split": (400, 405, 413, 418, 422, 499),
    "later": (425,),
    "throttle": (429,),
}


@pytest.mark.parametrize(
    ("status", "verdict"),
    [pytest.param(status, verdict, id=str(status)) for verdict in WITHOUT_CODE for status in WITHOUT_CODE[verdict]],
)
def test_without_a_code_the_status_decides(status: int, verdict: str) -> None:
    """The body is a gateway's page, or unreadable."""
    assert short(judge(Answer(status), EVENTS)) == verdict


@pytest.mark.parametrize(
    ("message", "verdict"),
    [
        ("Invalid value for event_id: not a valid string.", "split"),
        ("Invalid value for event_source: must be web, app or offline.", "event_source refused"),
        ("Invalid value for event_source_id: not a valid string.", "event_source_id refused"),
        ("Invalid value for pixel_code: unknown field.", "pixel_code refused"),
        ("Invalid value for test_event_code: not a valid string.", "test_event_code refused"),
        ("partner_name: Not a valid string", "partner_name refused"),
        ("tiktok_app_id: Missing data for required field.", "tiktok_app_id refused"),
        ("event_set_id: Missing data for required field.", "event_set_id refused"),
        ("No permission to operate pixel code: BU35. You must be an admin of this account.", "no permission"),
        ("Invalid value for properties.description: No permission", "split"),
        ("Invalid value for page.url: https://x/?event_source_id: 5", "split"),
        ("Batch.0.event_source_id: Unknown field", "split"),
        ("Invalid value for event_source_identity: x", "split"),
        ("The event says: Invalid value for event_source_id: 1", "split"),
        ("", "split"),
    ],
)
@pytest.mark.parametrize("code", [40000, 40002])
def test_a_refusal_blames_the_connection_only_at_the_start_of_its_message(
    code: int, message: str, verdict: str
) -> None:
    """Further on the message may quote an event, and one event must not pause a connection."""
    assert short(judge(Answer(200, code, message), EVENTS)) == verdict


def test_other_codes_do_not_read_the_message() -> None:
    """Only a parameter error can concern either an event or the connection."""
    assert short(judge(Answer(200, 40061, "No permission"), EVENTS)) == "split"


@pytest.mark.parametrize(
    ("message", "field"),
    [
        ("Invalid value for event_id: not a valid string.", "event_id"),
        ("Batch.0.properties.contents.0.content_id: Not a valid string", "properties.contents.0.content_id"),
        ("batch.17.context.user.email: x", "context.user.email"),
        ("data.3.user.phone: x", "user.phone"),
        ("event_time: Missing data", "event_time"),
        ("Batch.1: Not a valid object", None),
        ("internal error", None),
        ("Sorry: no", None),
        ("Access token is incorrect or has been revoked.", None),
        ("", None),
    ],
)
def test_the_field_is_tiktoks_path_without_the_events_place(message: str, field: str | None) -> None:
    """It is None where the message names none."""
    assert field_in(message) == field


@pytest.mark.parametrize(
    ("message", "suspect_position"),
    [
        ("Batch.0.event_id: x", 0),
        ("Batch.2.event_id: x", 2),
        ("Batch.3.event_id: x", None),
        ("data.1.event_id: x", 1),
        ("Invalid value for event_id: Batch.1.x", None),
        ("Batch.99999999999999999999.x: y", None),
    ],
)
def test_a_place_in_a_message_counts_only_if_the_request_has_it(message: str, suspect_position: int | None) -> None:
    """A possible place saves requests; an impossible one would waste them."""
    verdict = judge(Answer(200, 40002, message), EVENTS)
    assert isinstance(verdict, Split)
    assert verdict.suspect_position == suspect_position


def test_a_split_carries_what_the_dead_letter_needs() -> None:
    """It has the code, TikTok's message, the request id and the field."""
    message = "Batch.1.context.user.email: alice@example.com is not valid"
    verdict = judge(Answer(200, 40002, message, "2023031413003"), EVENTS)
    assert verdict == Split(Rejection(40002, message, "2023031413003", "context.user.email"), 1)


def test_a_refusal_without_a_message_gets_one() -> None:
    """A person will read it."""
    assert judge(Answer(413), 1) == Split(
        Rejection(None, "TikTok answered HTTP 413 and gave no reason", None, None), None
    )


def partial(*failed: tuple[int, str], code: int = 20001) -> Answer:
    """Return a partial success that lists these events."""
    return Answer(200, code, "partial", "req", tuple(FailedEvent(*event) for event in failed))


@pytest.mark.parametrize("code", [0, 20001])
def test_a_partial_success_rejects_the_events_it_lists(code: int) -> None:
    """Each once, in the order of the request; the others are delivered."""
    verdict = judge(partial((2, "Batch.2.event: bad"), (0, "worse"), (2, "again"), code=code), EVENTS)
    assert verdict == Delivered(
        (
            (0, Rejection(code, "worse", "req", None)),
            (2, Rejection(code, "Batch.2.event: bad", "req", "event")),
        ),
        code=code,
        request_id="req",
    )


@pytest.mark.parametrize("index", [-1, 3, UNREADABLE, 10**9])
def test_a_list_that_names_an_event_outside_the_request_is_ignored(index: int) -> None:
    """All count as delivered, because a retry could count twice; the log says so."""
    verdict = judge(partial((0, "bad"), (index, "bad")), EVENTS)
    assert isinstance(verdict, Delivered)
    assert verdict.rejected == ()
    assert verdict.note


def test_a_partial_success_without_a_list_is_delivered_and_noted() -> None:
    """It is never retried."""
    verdict = judge(Answer(200, 20001, "partial"), EVENTS)
    assert isinstance(verdict, Delivered)
    assert verdict.note
    assert judge(Answer(200, 0, "OK", failed_events=()), EVENTS) == Delivered(code=0)


@pytest.mark.parametrize(
    ("answer", "after_s"),
    [
        pytest.param(Answer(429, retry_after="7"), 7, id="seconds"),
        pytest.param(Answer(503, retry_after="Tue, 24 Nov 2026 00:00:30 GMT", answered_s=1795478400), 30, id="date"),
        pytest.param(Answer(503, retry_after="soon"), None, id="nonsense"),
        pytest.param(Answer(200, 40100, retry_after="2"), 2, id="beside a code"),
        pytest.param(Answer(200, 60001), 60, id="maintenance"),
        pytest.param(Answer(200, 60001, retry_after="5"), 5, id="maintenance that says how long"),
    ],
)
def test_the_wait_that_tiktok_asks_for_is_passed_on(answer: Answer, after_s: float | None) -> None:
    """It is not clamped: `backoff` decides how long to wait."""
    verdict = judge(answer, EVENTS)
    assert isinstance(verdict, RetryLater)
    assert verdict.after_s == after_s


@pytest.mark.parametrize("kind", ["connect", "timeout", "reset", "other"])
@pytest.mark.parametrize("sent", [True, False])
def test_without_an_answer_the_outcome_is_unknown_if_anything_was_sent(kind: str, sent: bool) -> None:
    """It is never a throttle."""
    verdict = judge(NoAnswer(kind, sent, "detail"), EVENTS)  # type: ignore[arg-type]  # from the table above
    assert verdict == RetryLater(None, throttle=False, unknown=sent, error=f"no answer from TikTok ({kind})")


def test_a_token_that_no_header_can_carry_is_the_connections_fault() -> None:
    """Waiting would not correct it."""
    verdict = judge(NoAnswer("token", sent=False, detail=""), EVENTS)
    assert verdict == ConnectionFault(*remedies.TOKEN_UNUSABLE[1:], error="token unusable")


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (Answer(200, 40105, "Access token is incorrect"), "token refused (40105)"),
        (Answer(401), "token refused (HTTP 401)"),
        (Answer(503), "TikTok 503"),
        (Answer(200, 50000, "internal error"), "TikTok 50000"),
        (Answer(200), "TikTok 200 without a code"),
    ],
)
def test_errors_are_short_facts(answer: Answer, error: str) -> None:
    """Flower and status show them."""
    verdict = judge(answer, EVENTS)
    assert isinstance(verdict, RetryLater | ConnectionFault)
    assert verdict.error == error


def every_remedy() -> list[remedies.Remedy]:
    """Return the remedies of the tables, and those for settings."""
    fixed = [value for value in vars(remedies).values() if isinstance(value, remedies.Remedy)]
    return [
        *fixed,
        *map(remedies.setting_refused, ("event_source", "event_source_id", "pixel_code", "test_event_code")),
    ]


@pytest.mark.parametrize("remedy", every_remedy(), ids=lambda remedy: remedy.fault)
def test_every_remedy_says_who_must_do_what(remedy: remedies.Remedy) -> None:
    """It is a sentence to act on."""
    assert remedy.who
    assert len(remedy.what_to_do.split()) > 5


@pytest.mark.parametrize("rows", [CODES, STATUSES], ids=["codes", "statuses"])
def test_every_row_can_be_reached(rows: tuple[CodeMeaning, ...]) -> None:
    """No row is hidden by an earlier row with a wider range."""
    for place, row in enumerate(rows):
        assert any(not any(a.first <= n <= a.last for a in rows[:place]) for n in {row.first, row.last, row.last - 1})


@given(
    code=st.none() | st.integers(),
    status=st.integers(100, 999),
    message=st.text() | st.from_regex(r"(Batch\.\d+\.)?[a-z_.]+: .*"),
    failed=st.none() | st.lists(st.builds(FailedEvent, st.integers(), st.text())).map(tuple),
    retry_after=st.none() | st.text(),
    events=st.integers(1, 1000),
)
def test_every_answer_has_a_verdict_and_no_message_leaks(
    code: int | None,
    status: int,
    message: str,
    failed: tuple[FailedEvent, ...] | None,
    retry_after: str | None,
    events: int,
) -> None:
    """A message may quote personal data: it stands in rejections only, and in no repr."""
    marked = f"{message} alice@example.com"
    verdict = judge(Answer(status, code, marked, None, failed, retry_after), events)
    assert isinstance(verdict, get_args(Verdict))
    assert "alice@example.com" not in repr(verdict)
    if isinstance(verdict, Delivered):
        assert all(0 <= index < events for index, _ in verdict.rejected)
