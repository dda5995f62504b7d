"""A message's body is decoded to its batches, in every form that mParticle and the queues around it send."""

import base64
import gzip
import json
import time

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.samples import SAMPLES, batches_of

from config.model import Connection, Input
from ingest.packing import pack
from ingest.sorting import sort
from lanes.chunk import ChunkCodec
from mapping.incoming.batch import NotABatch
from mapping.incoming.body import BadBody
from mapping.incoming.invalid_batch import Unusable, split_element
from mapping.incoming.message import LARGEST_KEPT, MOST_BATCHES, TOGETHER, decode, decode_records, unusable
from mapping.plan import compile_plan

LIMIT = 4 << 20
ONE = b'{"events":[{"event_type":"custom_event","data":{"event_name":"a"}}],"mpid":"1"}'
TWO = b'{"events":[],"mpid":"2"}'
MARKED = b'{"events":[],"message":{"data":"x"},"records":[],"Message":"m"}'
PRETTY = json.dumps(json.loads(ONE), indent=2).encode()


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def firehose(*records: bytes) -> bytes:
    return json.dumps({"requestId": "r", "timestamp": 1, "records": [{"data": b64(r)} for r in records]}).encode()


def sns(body: bytes) -> bytes:
    return json.dumps({"Type": "Notification", "MessageId": "m", "Message": body.decode()}).encode()


FORMS = {
    "one batch": (ONE, [ONE]),
    "one batch over several lines": (PRETTY, [PRETTY]),
    "a byte order mark": (b"\xef\xbb\xbf" + ONE, [ONE]),
    "a byte order mark before an array": (b"\xef\xbb\xbf[" + ONE + b"]", [ONE]),
    "a byte order mark before lines": (b"\xef\xbb\xbf" + ONE + b"\n" + TWO, [ONE, TWO]),
    "a byte order mark before an envelope": (b"\xef\xbb\xbf" + firehose(ONE), [ONE]),
    "a byte order mark in gzip": (gzip.compress(b"\xef\xbb\xbf[" + ONE + b"]"), [ONE]),
    "a bulk array": (b"[" + ONE + b"," + TWO + b"]", [ONE, TWO]),
    "a batch a line": (ONE + b"\n" + TWO + b"\n", [ONE, TWO]),
    "gzip": (gzip.compress(ONE), [ONE]),
    "gzip of a batch a line": (gzip.compress(ONE + b"\n" + TWO), [ONE, TWO]),
    "base64 of gzip": (b64(gzip.compress(ONE)).encode(), [ONE]),
    "base64 of a batch": (b64(ONE).encode() + b"\n", [ONE]),
    "a record of Firehose over HTTP": (firehose(ONE), [ONE]),
    "records of Firehose, gzip and a batch a line": (
        firehose(gzip.compress(ONE), ONE + b"\n" + TWO),
        [ONE, ONE, TWO],
    ),
    "records of Kinesis": (json.dumps({"Records": [{"kinesis": {"data": b64(ONE)}}]}).encode(), [ONE]),
    "records of SQS": (json.dumps({"Records": [{"messageId": "m", "body": ONE.decode()}]}).encode(), [ONE]),
    "a notification of SNS": (sns(ONE), [ONE]),
    "a notification with base64 of gzip": (sns(b64(gzip.compress(ONE)).encode()), [ONE]),
    "an event of EventBridge": (b'{"detail-type":"t","detail":' + ONE + b"}", [ONE]),
    "a push of Pub/Sub": (json.dumps({"message": {"data": b64(ONE)}, "subscription": "s"}).encode(), [ONE]),
    "a batch with members as an envelope has": (MARKED, [MARKED]),
}


@pytest.mark.parametrize("name", FORMS)
def test_a_body_is_decoded(name: str) -> None:
    body, batches = FORMS[name]
    assert [bytes(element) for element in decode(body, LIMIT)] == batches
    assert all(type(element).__name__ != "Unusable" for element in decode(body, LIMIT))


@pytest.mark.parametrize("name", sorted(path.name for path in SAMPLES.glob("*.json")))
def test_every_sample_is_decoded_as_one_line_and_pretty_and_in_an_envelope(name: str) -> None:
    for batch in batches_of(name):
        pretty = json.dumps(json.loads(batch), indent=1).encode()
        for body in (batch, pretty, firehose(batch), gzip.compress(pretty)):
            (element,) = decode(body, LIMIT)
            assert json.loads(bytes(element)) == json.loads(batch)
            assert split_element(element).environment is not None


WRONG = {
    "nothing": (b"", "The body is empty."),
    "white space": (b" \n", "The body is empty."),
    "an empty array": (b"[]", "The array holds no batch."),
    "damaged gzip": (gzip.compress(ONE)[:-9], "damaged"),
    "what only begins as gzip": (b"\x1f\x8bnot", "damaged"),
    "text": (b"hello", "must be a JSON object"),
    "no UTF-8": (b"\xff\xfe", "not UTF-8 (byte 0)"),
    "a number": (b"7", "must be a JSON object"),
    "events in an object": (b'{"events":{"0":{}}}', "must be an array of events"),
    "half a batch": (ONE[:20], "must be a JSON object"),
    "too many bytes": (b'{"a":"' + b"x" * LIMIT + b'"}', f"more than {LIMIT} bytes"),
    "too many bytes after decompression": (gzip.compress(b'{"a":"' + b"x" * LIMIT + b'"}'), f"more than {LIMIT} bytes"),
    "a number a line without end": (b"1\n" * (LIMIT // 2), f"more than {MOST_BATCHES} batches, lines or records"),
    "zeros without end": (b"[" + b"0," * (LIMIT // 2 - 2) + b"0]", f"more than {MOST_BATCHES} batches"),
    "records without end": (b'{"records":[' + b'{"data":""},' * 300_000 + b"{}]}", f"more than {MOST_BATCHES} batches"),
    "zeros without end, in gzip": (gzip.compress(b"1\n" * (LIMIT // 2)), f"more than {MOST_BATCHES} batches"),
    "UTF-16": (ONE.decode().encode("utf-16"), "not UTF-8 (byte 0)"),
    "UTF-16 without a mark": (ONE.decode().encode("utf-16-le"), "must be a JSON object"),
    "zero bytes": (b"\0" * 100, "must be a JSON object"),
    "depth without end": (b"[" * LIMIT, "nested too deeply"),
    "depth without end in a batch": (b'{"events":' * (1 << 16), "must be a JSON object"),
    "a batch too large": (b'{"a":"' + b"x" * (1 << 20) + b'"}', "The batch has 1048584 bytes, at most 1048576"),
    "an envelope around nonsense": (firehose(b"hello"), "must be a JSON object"),
    "envelopes without end": (sns(sns(sns(sns(ONE)))), "no `events`, nor another member that only batches have"),
    "a message of Celery's": (b'{"body":"W10=","headers":{},"properties":{"delivery_tag":"t"}}', "has no `events`"),
    "a notification of S3": (b'{"Records":[{"s3":{"bucket":{}}}]}', "has no `events`"),
    "an event alone": (b'{"event_type":"custom_event","data":{}}', "put it into the `events` of a batch"),
    "events by another name": (b'{"Events":[{}],"mpid":"1"}', "has `Events`, and no `events`"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_no_batch_says_why(name: str) -> None:
    """As one element, which becomes a dead letter; none is lost and none stops the others."""
    body, why = WRONG[name]
    (element,) = decode(body, LIMIT)
    assert isinstance(element, Unusable)
    with pytest.raises(NotABatch) as refused:
        split_element(element)
    assert why in str(refused.value)
    assert len(bytes(element)) <= LARGEST_KEPT


def test_one_bad_record_of_several_costs_only_itself() -> None:
    first, second, third = decode(firehose(ONE, gzip.compress(ONE)[:-3], TWO), LIMIT)
    assert (bytes(first), bytes(third)) == (ONE, TWO)
    with pytest.raises(NotABatch):
        split_element(second)


def test_a_record_without_data_costs_only_itself() -> None:
    """And so does one whose data is not base64."""
    body = json.dumps({"requestId": "r", "records": [{"data": b64(ONE)}, {}, {"data": "?"}, 7, {"data": b64(TWO)}]})
    first, *bad, last = decode(body.encode(), LIMIT)
    assert (bytes(first), bytes(last)) == (ONE, TWO)
    reasons = []
    for element in bad:
        with pytest.raises(NotABatch) as refused:
            split_element(element)
        reasons.append(str(refused.value))
    assert reasons == [
        "The record has no `data` in base64, and no `body`.",
        "The record's `data` is not base64.",
        "The record has no `data` in base64, and no `body`.",
    ]


def test_a_text_without_an_end_costs_no_more_than_its_length() -> None:
    """Each of its quotes could begin a search to the end: hours, in which ingest and the source would stand still."""
    body = b"[" * 3000 + b'"' + b'\\"' * 150_000
    began = time.process_time()
    for end in (b"", b"\\", b'"'):
        (element,) = decode(body + end, LIMIT)
        assert "nested too deeply" in element.why
    assert time.process_time() - began < 60


def test_a_request_of_firehose_with_records_without_end_is_refused_as_a_whole() -> None:
    """Firehose keeps them."""
    with pytest.raises(BadBody, match="more than 40000"):
        decode_records([msgspec.Raw(b"{}")] * (MOST_BATCHES + 1), LIMIT)


def test_records_cannot_grow_without_end() -> None:
    """Each record is small and within the limit when decompressed; all of them together are not."""
    bomb = gzip.compress(b'{"events":[],"x":"' + b" " * (LIMIT - 50) + b'"}')
    elements = decode(firehose(*[bomb] * 20), LIMIT)
    assert len(elements) == 20
    assert sum(len(bytes(element)) for element in elements) < (TOGETHER + 1) * LIMIT
    with pytest.raises(NotABatch, match="bytes together"):
        split_element(elements[-1])


@given(st.binary(max_size=200) | st.text(max_size=100).map(str.encode) | st.binary(max_size=100).map(gzip.compress))
def test_any_bytes_become_at_least_one_element(body: bytes) -> None:
    elements = decode(body, LIMIT)
    assert elements
    request = sort("web", [PLAN], elements, 7, message_id="m")
    assert request.accepted >= 0
    pack([request], ChunkCodec())


WEB = Input("web", "web", "k", "s")
PLAN = compile_plan(
    Connection(id="shop", inputs=("web",), access_token="t", event_source_id="C", enable_web_migration=True), WEB
)
TIMELESS = (
    b'{"events":[{"event_type":"commerce_event","data":{"product_action":{"action":"purchase"}}}],'
    b'"environment":"production"}'
)


def ids_of(message_id: str, *batches: bytes) -> list[str | None]:
    request = sort("web", [PLAN], batches, time.time_ns(), message_id=message_id)
    return [entry.event_id for part in request.wanted["shop"].batches for entry in part.entries]


def test_a_redelivered_message_gives_the_same_event_ids() -> None:
    """E2: the message's id stands in for the request's, also for events without a time and for what is no batch."""
    batches = [TIMELESS, TIMELESS, unusable("No.", b"x")]
    assert ids_of("m", *batches) == ids_of("m", *batches)
    assert len({*ids_of("m", *batches), *ids_of("n", *batches)}) == 6


def test_equal_messages_without_an_id_are_one() -> None:
    """Nothing tells a second delivery from a second message."""
    assert ids_of("", TIMELESS) == ids_of("", TIMELESS)
