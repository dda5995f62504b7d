"""Mapping's functions for ingest: split batches, read the kind of events, generate ids (E2)."""

import hashlib
import json

import pytest

from mapping.incoming.batch import NotABatch, generate_id, head, split_batch

RAW = (
    b'{"events": [{"a": 1}, null ,5], "ip": "203.0.113.9", "environment": "DEVELOPMENT", "mpid": -7346244611012968789}'
)


def test_batch_is_taken_apart_without_changing_its_parts():
    """Events stay as they came, in order; the rest keeps integers beyond 2^53."""
    batch = split_batch(RAW)
    assert [bytes(event) for event in batch.events] == [b'{"a": 1}', b"null", b"5"]
    assert json.loads(batch.shared) == {"ip": "203.0.113.9", "environment": "DEVELOPMENT", "mpid": -7346244611012968789}
    assert (batch.environment, batch.source_request_id) == ("development", None)


def test_undocumented_members_are_kept_with_the_others():
    """A waiting event keeps its whole source: a dead letter shows it, and a later relay may map it again."""
    batch = split_batch(RAW[:-1] + b', "loyalty_programme": {"tier": 3}, "source_request_id": "r-1"}')
    assert [bytes(event) for event in batch.events] == [b'{"a": 1}', b"null", b"5"]
    assert json.loads(batch.shared) == {
        "ip": "203.0.113.9",
        "environment": "DEVELOPMENT",
        "mpid": -7346244611012968789,
        "loyalty_programme": {"tier": 3},
        "source_request_id": "r-1",
    }
    assert (batch.environment, batch.source_request_id) == ("development", "r-1")


@pytest.mark.parametrize("raw", [b"{}", b'{"events": null}', b'{"events": []}'])
def test_batch_may_have_no_events(raw):
    """Webhooks send such batches by default."""
    assert split_batch(raw).events == []


@pytest.mark.parametrize(
    "raw",
    [b"", b"x", b"[]", b"5", b"null", b'{"events": {}}', b'{"events": 5}', b'{"events": "x"}', b'{"a": }', b'{"a": 1}}',
     b'{"a": ' + b"[" * 100_000, b'{"\xff": 1}'],
)  # fmt: skip
def test_an_element_that_is_no_batch_is_refused_with_a_sentence(raw):
    """NotABatch has a sentence for the client."""
    with pytest.raises(NotABatch, match=r"must be"):
        split_batch(raw)


@pytest.mark.parametrize(
    ("value", "expected"), [("abc", "abc"), (17, "17"), ("", None), (None, None), ([], None), ({}, None)], ids=repr
)
def test_source_request_id_is_any_text(value, expected):
    """Any string, also one that JSON has as a number."""
    assert split_batch(json.dumps({"source_request_id": value}).encode()).source_request_id == expected


@pytest.mark.parametrize("value", [None, "", " ", 5, [], {}], ids=repr)
def test_batch_without_environment_is_productions(value):
    """Only text is an environment."""
    assert split_batch(json.dumps({"environment": value}).encode()).environment == "production"


def test_head_reads_what_selecting_needs():
    """Enumerations in lower case, a name unchanged, and whether id and time are present."""
    event = {
        "event_type": "CUSTOM_EVENT",
        "data": {
            "event_name": "Site Search",
            "custom_event_type": "SEARCH",
            "event_id": 12,
            "timestamp_unixtime_ms": "1700000000000",
        },
    }
    found = head(json.dumps(event).encode())
    assert found is not None
    assert (found.event_type, found.action, found.name) == ("custom_event", "", "Site Search")
    assert (found.custom_event_type, found.has_own_id, found.has_timestamp) == ("search", True, True)


@pytest.mark.parametrize(
    ("data", "own"),
    [
        ({"source_message_id": "a"}, True),
        ({"event_id": 0}, False),
        ({"event_id": 7.3e18}, False),
        ({"event_id": 7.0}, True),
        ({"source_message_id": "00000000-0000-0000-0000-000000000000"}, False),
        ({"source_message_id": "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF"}, False),
        ({"source_message_id": "00000000-0000-4000-8000-000000000001"}, True),
        ({"source_message_id": "undefined", "event_id": -1}, False),
        ({"source_message_id": "{{event.id}}"}, False),
        ({"source_message_id": "\u200b"}, False),
        ({"source_message_id": "0", "event_id": 7}, True),
        ({"event_id": "-109840007014118971"}, True),
        ({"source_message_id": "", "event_id": None}, False),
        ({"source_message_id": " "}, False),
        ({"source_message_id": {}, "event_id": []}, False),
        ({"event_id": True}, False),
        ({}, False),
    ],
    ids=str,
)
def test_event_has_an_id_exactly_when_mapping_finds_it(bench, data, own):
    """E2: no id is generated for an event with its own id; mapping uses the generated id for all others."""
    event = bench.purchase()
    del event["data"]["source_message_id"]
    event["data"] |= data
    found = head(json.dumps(event).encode())
    assert found is not None
    assert found.has_own_id is own
    generated_id = generate_id("in", split_batch(b"{}"), b"digest", 0, found, 1)
    assert (generated_id is None) is own
    found_id = data.get("event_id", data.get("source_message_id"))
    expected = generated_id or str(int(found_id) if isinstance(found_id, float) else found_id)
    [result] = bench.plan().batch(b"{}", bench.received_ms).map(json.dumps(event).encode(), generated_id)
    assert result.event_id == expected


TIMED = b'{"data": {"timestamp_unixtime_ms": 1700000000000}}'


def generated_id(*, source="in", batch=b"{}", raw=b"raw", position=0, event=TIMED, at=1):
    return generate_id(source, split_batch(batch), hashlib.sha256(raw).digest, position, head(event), at)


def test_generated_id_is_the_same_whenever_the_batch_is_sent_again():
    """E2: a client's retry keeps the id, at any time."""
    assert generated_id() == generated_id(at=2)
    assert generated_id(batch=b'{"source_request_id": "r"}') == generated_id(
        batch=b'{"source_request_id": "r"}', raw=b"other", at=2
    )


@pytest.mark.parametrize(
    "change", [{"source": "b"}, {"raw": b"x"}, {"position": 1}, {"batch": b'{"source_request_id": "r"}'}], ids=str
)
def test_generated_id_differs_between_events(change):
    """E2: by input, batch and position."""
    assert generated_id() != generated_id(**change)


@pytest.mark.parametrize(
    "event", [b"{}", b'{"data": {"timestamp_unixtime_ms": null}}', b'{"data": {"timestamp_unixtime_ms": 0}}', b"5"]
)
def test_equal_actions_without_time_differ_by_receipt(event):
    """E2: SDKs send neither time nor request id; two equal real actions must not become one."""
    assert generated_id(event=event, at=1) != generated_id(event=event, at=2)
    named = b'{"source_request_id": "r"}'
    assert generated_id(event=event, batch=named, at=1) == generated_id(event=event, batch=named, at=2)


def test_digest_is_computed_only_when_needed():
    """A batch with a request id is not hashed."""

    def never() -> bytes:
        raise AssertionError

    assert generate_id("in", split_batch(b'{"source_request_id": "r"}'), never, 0, None, 1)
