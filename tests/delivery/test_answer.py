"""Reading an answer: any body either is JSON of TikTok's form or has no code."""

import gzip
import json
import zlib

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery.answer import MAX_ANSWER_BYTES, MOST_MESSAGE_CHARACTERS, UNREADABLE, Answer, FailedEvent, read_answer

NOW_S = 1000.0
OK = b'{"code":0,"message":"OK","request_id":"2023","data":{}}'


def read(body: bytes, status: int = 200, **headers: str) -> Answer:
    """Return the answer with these headers, read at second 1000."""
    return read_answer(
        status, httpx.Headers({name.replace("_", "-"): value for name, value in headers.items()}), body, NOW_S
    )


def test_tiktoks_json_is_read() -> None:
    """Code, message, request id and time of the answer are read."""
    assert read(OK) == Answer(200, 0, "OK", "2023", None, None, NOW_S)


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"<html>", b"null", b"[]", b"5", b'{"message":"OK"}', b'{"code":null}', b'{"code":"x"}'),
        *(b'{"code":0,', b'{"code":0,"message":"\xff"}', b'{"code":0,"data":' + b"[" * 100_000, b'{"code":1e999}'),
    ],
    ids=range(12),
)
def test_anything_else_has_no_code(body: bytes) -> None:
    """Truncated JSON has no code, even when the code stands in its first half."""
    answer = read(body, 502)
    assert (answer.status, answer.code, answer.message, answer.request_id) == (502, None, "", None)


def test_fields_of_another_type_do_not_hide_the_code() -> None:
    """The code is read although other fields have unexpected types."""
    answer = read(b'{"code":"40002","message":{"a":1},"request_id":17,"data":[1]}')
    assert (answer.code, answer.message, answer.request_id, answer.failed_events) == (40002, '{"a":1}', "17", None)


@pytest.mark.parametrize(
    ("data", "failed"),
    [
        ("{}", None),
        ('{"failed_events":null}', None),
        ('{"failed_events":[]}', ()),
        (
            '{"failed_events":[{"order_in_batch":1,"error":"bad"},{"order_in_batch":0}]}',
            (FailedEvent(1, "bad"), FailedEvent(0, "")),
        ),
        (
            '{"failed_events":[{"error":"bad"},5,{"order_in_batch":"1"},{"order_in_batch":true}]}',
            (FailedEvent(UNREADABLE, ""),) * 4,
        ),
    ],
)
def test_failed_events_are_read_or_marked_unreadable(data: str, failed: tuple[FailedEvent, ...] | None) -> None:
    """A missing list differs from a list with unreadable entries."""
    assert read(f'{{"code":20001,"data":{data}}}'.encode()).failed_events == failed


def test_the_clock_of_the_answer_is_the_servers_own() -> None:
    """A date in `Retry-After` is compared with the clock that wrote it."""
    assert read(OK, date="Tue, 24 Nov 2026 00:00:00 GMT").answered_s == 1795478400
    assert read(OK, date="yesterday").answered_s == NOW_S
    assert read(OK, retry_after="5").retry_after == "5"


@pytest.mark.parametrize("encode", [gzip.compress, zlib.compress])
def test_a_body_compressed_unasked_is_still_read(encode: object) -> None:
    """Without decompression the answer would be unreadable, and its events would be retried for two days."""
    assert read(encode(OK), content_encoding="gzip").code == 0  # type: ignore[operator]  # two functions of one form


def test_a_compressed_bomb_is_not_decompressed() -> None:
    """At most the length of an answer is decompressed, and that is not JSON."""
    bomb = gzip.compress(b'{"code":0,"message":"' + b"x" * (4 * MAX_ANSWER_BYTES) + b'"}')
    assert read(bomb, content_encoding="gzip").code is None
    assert read(b"not gzip", content_encoding="gzip").code is None


def test_the_repr_of_an_answer_has_no_message_of_tiktok() -> None:
    """A message may quote personal data, and a repr may be logged."""
    body = b'{"code":20001,"message":"alice@x","data":{"failed_events":[{"order_in_batch":0,"error":"bob@x"}]}}'
    assert "@x" not in repr(read(body)) + repr(read(body).failed_events)


@given(st.binary(), st.sampled_from(["", "gzip", "br"]))
def test_no_body_raises(body: bytes, encoding: str) -> None:
    """No sequence of bytes raises an error."""
    read(body, content_encoding=encoding)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(), lambda c: st.lists(c) | st.dictionaries(st.text(), c)
    )
)
def test_no_json_raises(value: object) -> None:
    """No JSON value in TikTok's fields raises an error."""
    body = httpx.Request("POST", "http://x", json={"code": 1, "message": value, "data": value, "request_id": value})
    assert read(body.content).code == 1


@pytest.mark.parametrize("message", ["x" * 100_000, {"echo": ["x" * 1000] * 100}])
def test_a_long_message_of_tiktok_is_shortened(message: object) -> None:
    """A message may quote whole events; at most 2,000 characters of it are kept."""
    failed = [{"order_in_batch": 0, "error": message}]
    body = {"code": 20001, "message": message, "request_id": "r" * 9000, "data": {"failed_events": failed}}
    answer = read_answer(200, {}, json.dumps(body).encode(), 0.0)
    assert answer.failed_events is not None
    for words in (answer.message, answer.failed_events[0].error, answer.request_id or ""):
        assert len(words) <= MOST_MESSAGE_CHARACTERS + 1
        assert words.endswith("…")
