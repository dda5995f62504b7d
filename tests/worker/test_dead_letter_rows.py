"""Z1, Z2: each way in which an event can fail ends in a complete dead letter and harms no other event."""

from typing import Any, NamedTuple

import pytest
from support.bench import Bench
from support.events import batch, purchase

from lanes.chunk import Chunk

PAGE = {"TikTok.URL": "https://shop.example/"}
MAPPED = (
    "enable_web_migration: true",
    "custom_mappings:",
    "  - tiktok_event: Search",
    "    match: {event_type: custom_event}",
    "    parameters: {query: {attribute: q, required: true}}",
)


class Case(NamedTuple):
    """An event, and what its dead letter says."""

    event: Any
    reason: str
    field: str | None
    stage: str = "mapping"
    tiktok_event: str | None = "PlaceAnOrder"
    event_id: str = "e2"


CASES = {
    "a URL without scheme": Case(purchase(2, custom_flags={"TikTok.URL": "www.x"}), "invalid_url", "TikTok.URL"),
    "no URL": Case(purchase(2, custom_flags={}), "missing_url", "TikTok.URL"),
    "a macro for a ttclid": Case(
        purchase(2, custom_flags={**PAGE, "TikTok.Callback": "__CALLBACK_PARAM__"}), "invalid_ttclid", "TikTok.Callback"
    ),
    "no required parameter": Case(
        {"event_type": "custom_event", "data": {"source_message_id": "e2", "custom_flags": PAGE}},
        "missing_parameter",
        "query",
        tiktok_event="Search",
    ),
    "a value that is none": Case(purchase(2, product_action={"action": "purchase", "total_amount": "$5"}),
                                 "invalid_value", "total_amount"),
    "no event at all": Case(7, "invalid_value", None, tiktok_event=None, event_id="generated-1"),
    "refused by TikTok": Case(purchase(2), "rejected_by_tiktok", None, "delivery"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES.values(), ids=[f"Z1 Z2 {name}" for name in CASES])
def test_a_bad_event_is_one_dead_letter_and_its_neighbours_are_delivered(bench: Bench, case: Case) -> None:
    """It has who, what, when, stage, reason, what to do, TikTok's code if TikTok refused it, and the source."""
    bench.configure(*MAPPED)
    if case.stage == "delivery":
        bench.sandbox.fault("refuse_event", event_id="e2")
    bench.put([purchase(1), case.event, purchase(3)], shared=batch(user=7))
    while bench.reading().waiting:
        bench.drain()
    assert {event["event_id"] for event in bench.sandbox.events()} == {"e1", "e3"}
    [letter] = bench.dead_letters()
    assert (letter.reason, letter.stage) == (case.reason, case.stage)
    assert (letter.event_id, letter.tiktok_event) == (case.event_id, case.tiktok_event)
    assert case.stage == "delivery" or letter.field == case.field
    assert (letter.connection, letter.input, letter.job) == ("shop", "web", "job-1")
    assert letter.id
    assert letter.message
    assert letter.at_ms
    assert (letter.tiktok_code is not None) == (letter.tiktok_request_id is not None) == (case.stage == "delivery")
    source: Chunk = bench.runtime.codec.decode(letter.source)
    assert [entry.position for part in source.batches for entry in part.entries] == [1]
