"""Generated ids: a repeated request gets the same ids, two equal real actions get different ones (E2)."""

from support.events import as_json, batch, purchase

from config.model import Connection, Input
from ingest.sorting import sort
from mapping.plan import compile_plan

WEB = Input("web", "web", "k", "s")
PLAN = compile_plan(
    Connection(id="shop", inputs=("web",), access_token="t", event_source_id="C", enable_web_migration=True), WEB
)


def ids_of(*batches: bytes, received_ms: int = 7) -> list[str | None]:
    """Return the ids of one request's events."""
    request = sort("web", [PLAN], batches, received_ms)
    return [entry.event_id for part in request.wanted["shop"].batches for entry in part.entries]


def test_two_equal_batches_without_times_are_two_actions() -> None:
    """As the official SDKs send them: in one request, or in two of the same millisecond."""
    timeless = as_json(batch(purchase(1, source_message_id=None, timestamp_unixtime_ms=None)))
    ids = [*ids_of(timeless, timeless), *ids_of(timeless)]
    assert len(set(ids)) == 3


def test_a_repeated_request_with_times_or_a_request_id_is_the_same_action() -> None:
    """At any time."""
    timed = as_json(batch(purchase(1, source_message_id=None)))
    named = as_json(
        {**batch(purchase(1, source_message_id=None, timestamp_unixtime_ms=None)), "source_request_id": "r"}
    )
    for part in (timed, named):
        assert ids_of(part) == ids_of(part, received_ms=9)


def test_an_event_with_its_own_id_gets_no_other() -> None:
    """It keeps its own id."""
    assert ids_of(as_json(batch(purchase(1)))) == [None]
