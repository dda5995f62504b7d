"""Any request gets one of the documented answers, and never a 500."""

import gzip
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.events import as_json
from support.site import Site

DOCUMENTED = {202, 400, 413}

JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
NAMES = st.sampled_from(
    ["event_type", "data", "product_action", "action", "environment", "source_request_id", "event_name", "event_id"]
)
NEARLY_EVENTS = st.recursive(
    JSON | st.sampled_from(["commerce_event", "purchase", "production", ""]),
    lambda inner: st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=8,
)
NEARLY_BATCHES = st.fixed_dictionaries({"events": st.lists(NEARLY_EVENTS, max_size=4) | JSON}).flatmap(
    lambda batch: st.dictionaries(NAMES, JSON, max_size=3).map(lambda more: {**more, **batch})
)
PATHS = st.sampled_from(["/v2/events", "/v2/bulkevents"])
MANY = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@MANY
@given(body=st.binary(max_size=300), path=PATHS, compressed=st.booleans())
def test_any_bytes(site: Site, body: bytes, path: str, compressed: bool) -> None:
    """Random bytes, compressed or labelled as gzip."""
    headers = {"content-encoding": "gzip"} if compressed else {}
    assert site.post(body, path, headers=headers).status_code in DOCUMENTED
    assert site.post(gzip.compress(body), path, headers=headers).status_code in DOCUMENTED


@MANY
@given(content=JSON | st.lists(JSON), path=PATHS)
def test_any_json(site: Site, content: Any, path: str) -> None:
    """Well-formed JSON of any shape."""
    assert site.post(as_json(content), path).status_code in DOCUMENTED


@MANY
@given(batches=st.lists(NEARLY_BATCHES, min_size=1, max_size=3))
def test_anything_like_a_batch(site: Site, batches: list[dict[str, Any]]) -> None:
    """Accepted as a whole, with every event in the ledger of every connection, or refused as a whole."""
    before = site.counts("shop")
    status = site.post(batches, "/v2/bulkevents").status_code
    events = sum(map(events_in, batches)) if status == 202 else 0
    after = site.counts("shop")
    assert status in DOCUMENTED
    assert after.get("accepted", 0) - before.get("accepted", 0) == events
    kept = sum(len(part.entries) for chunk in site.chunks("shop") for part in chunk.batches)
    assert kept == after.get("accepted", 0) - after.get("unsupported", 0) - after.get("withheld", 0)


def events_in(batch: dict[str, Any]) -> int:
    """Return the number of its events; an element that is no batch counts as one."""
    events = batch["events"]
    return len(events) if isinstance(events, list) else events is not None


@pytest.mark.parametrize("header", [b"Basic", b"Basic \xff\xff", b"Basic !!!!", b"Basic YQ==", b"Bearer YTpi", b""])
def test_any_authorization(site: Site, header: bytes) -> None:
    """An unreadable header counts as none."""
    response = site.http.post("/v2/events", content=b"{}", auth=lambda r: r, headers={b"authorization": header})
    assert response.status_code == 401
