"""Event ids (E2): two orders never share one, except when a batch is sent again."""

import json
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapping.incoming.batch import generate_id, head, split_batch

NO_IDS = [
    *(
        None,
        "",
        " ",
        0,
        "0",
        0.0,
        "0.0",
        -1,
        "-1",
        True,
        False,
        [],
        {},
        7.3e18,
        1.5,
        "\u200b",
        "-",
        "null",
        "undefined",
    ),
    *("N/A", "None", "nil", "nan", "{{order.id}}", "[object Object]", "00000000-0000-0000-0000-000000000000", "0" * 32),
    *("ffffffff-ffff-ffff-ffff-ffffffffffff", "(not set)", "unknown", "undefined-undefined"),
]
no_id = st.sampled_from(NO_IDS)


def ids_of(batches: list[bytes]) -> list[str]:
    """The ids that ingest generates, in order; none may be the sender's."""
    ids = []
    for number, raw in enumerate(batches):
        batch = split_batch(raw)
        for position, event in enumerate(batch.events):
            generated = generate_id("in", batch, sha256(raw).digest(), position, head(event), f"receipt {number}")
            assert generated is not None
            ids.append(generated)
    return ids


def order(total: int, source_message_id: object, event_id: object, time: object) -> dict[str, object]:
    """A purchase of this amount."""
    data = {"source_message_id": source_message_id, "event_id": event_id, "timestamp_unixtime_ms": time}
    return {"event_type": "commerce_event", "data": {**data, "product_action": {"total_amount": total}}}


orders = st.builds(order, st.integers(1, 10**6), no_id, no_id, st.sampled_from([None, 1_790_000_000_000]))
batches = st.lists(st.tuples(no_id, st.lists(orders, min_size=1, max_size=3)), min_size=1, max_size=4)


@settings(deadline=None)
@given(batches)
def test_orders_with_impossible_ids_get_ids_of_their_own(batches):
    """E2: with any value in place of ids, of events and of requests; only a batch sent again keeps its ids."""
    raw = [json.dumps({"source_request_id": request, "events": events}).encode() for request, events in batches]
    different = list(dict.fromkeys(raw))
    ids = ids_of(different)
    assert len(set(ids)) == len(ids)
    assert ids_of(different) == ids


@pytest.mark.parametrize("request_id", NO_IDS, ids=repr)
def test_request_id_that_can_be_none_is_none(request_id):
    """E2: or all requests of such a sender would be taken for one."""
    assert split_batch(json.dumps({"source_request_id": request_id}).encode()).source_request_id is None


@pytest.mark.parametrize("request_id", ["r-1", 7, "7", "5f0c6c1e-4f5c-4f0a-9a52-0a52f1c3f6f5", "guest"])
def test_request_id_that_is_one_counts(request_id):
    """E2."""
    raw = json.dumps({"source_request_id": request_id}).encode()
    assert split_batch(raw).source_request_id == str(request_id)


@pytest.mark.parametrize("given_id", NO_IDS, ids=repr)
def test_impossible_id_is_not_sent(bench, given_id):
    """E2: the event gets the generated id, or its other id where that is usable."""
    event = bench.purchase(source_message_id=given_id)
    assert len(bench.mapped(bench.plan(), event).event_id) == 32
    event["data"]["event_id"] = "order-7"
    assert bench.mapped(bench.plan(), event).event_id == "order-7"
