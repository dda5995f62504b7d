"""The same bytes give the same results in preview and in ingest with a worker.

Bytes come as clients garble them: half a surrogate pair, a byte order mark, gzip with and without its header, a batch
a line, cut short, nested too deeply, with numbers too large and bytes that are no UTF-8.
"""

import gzip
import json
import random
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from support.events import as_json, batch, purchase
from support.site import CONFIGURATION, Site, running_site

from config.file import load
from config.model import Configuration
from mapping.plan import compile_plan
from mapping.results import Mapped, Rejected, Result
from operations.errors import OperatorError
from operations.preview.batch_file import parse_batches
from operations.preview.preview import Preview, RefusedBatch, preview_all

SEARCH = {
    "event_type": "custom_event",
    "data": {"event_name": "Site Search", "custom_flags": {"TikTok.URL": "https://a.b"}},
}
BATCHES = [
    as_json(batch(purchase(1), purchase(2))),
    as_json(batch(purchase(3, custom_flags={"TikTok.URL": "nowhere"}), SEARCH, 7, None, {"event_type": "opt_out"})),
    as_json({**batch(purchase(4)), "environment": "development"}),
    as_json(batch(purchase(5, coupon="\ud83d", event_name="🙂"))),
    as_json({**batch(SEARCH), "mpid": None, "user_identities": None}).replace(b'"mpid": null', b'"mpid": 1e400'),
    b'{"events": null}',
    b"{}",
]
OTHERS = [
    b"null",
    b"7",
    b'"x"',
    b"[]",
    b'{"events":{}}',
    b'{"events":"x"}',
    b'"\xff"',
    b"[" * 3000 + b"]" * 3000,
    b"{",
    b"1e400",
]
PIECES = [
    b"\xff",
    b"\xef\xbb\xbf",
    rb"\ud83d",
    rb"\u0000",
    b"1e400",
    b"null",
    b'"',
    b"\\",
    b"[",
    b"}",
    b",",
    b"\n",
    b"\r\n",
    b"\x00",
]


RULED = """\
  - id: ruled
    inputs: [web]
    access_token: token
    event_source_id: PIXEL5
    enable_web_migration: true
    gdpr_purpose: ads
    forward:
      only_if: [{field: total_amount, less: 1000}, {identity: email, exists: true}]
      never_if: [{user_attribute: tier, is: gold}, {batch: app_version, less: 2}, {attribute: channel, is: test}]
      logged_in_only: true
    native_events: {view_detail: off}
    custom_mappings:
      - {tiktok_event: ViewContent, match: {action: view_detail, attributes: {page: sale}}}
"""
CONSENT = {"gdpr": {"ads": {"consented": True}}}
VIEW = purchase(7, product_action={"action": "view_detail"})
SALE = purchase(8, product_action={"action": "view_detail"}, custom_attributes={"page": "sale"})
BATCHES += [
    as_json({**batch(purchase(6, custom_attributes={"channel": "test"}), VIEW, SALE), "consent_state": CONSENT}),
    as_json({**batch(purchase(9)), "consent_state": CONSENT, "user_attributes": {"tier": ["x", "Gold"]}}),
    as_json({**batch(purchase(9), VIEW), "consent_state": CONSENT, "application_info": {"application_version": 1.9}}),
]


@pytest.fixture
def site(redis_url: str, tmp_path: Path) -> Iterator[Site]:
    """Run an ingest with the usual connections and one that has rules."""
    with running_site(tmp_path, f"{redis_url.removesuffix('/0')}/1", CONFIGURATION + RULED) as running:
        yield running


@st.composite
def hostile_bytes(draw: st.DrawFn) -> bytes:
    """A batch, or several as array or lines, also with other values; then bytes added, removed and cut off."""
    elements = draw(st.lists(st.sampled_from([*BATCHES, *OTHERS]), min_size=1, max_size=4))
    body = draw(st.sampled_from([b"[" + b",".join(elements) + b"]", b"\n".join(elements), elements[0]]))
    if draw(st.booleans()):
        body = b"\xef\xbb\xbf" + body
    for _ in range(draw(st.integers(0, 2))):
        place = draw(st.integers(0, len(body)))
        body = body[:place] + draw(st.sampled_from(PIECES)) + body[place + draw(st.integers(0, 2)) :]
    if draw(st.integers(0, 5)) == 0:
        body = body[: draw(st.integers(0, len(body)))]
    return body


def previewed(content: bytes, configuration: Configuration, received_ms: int) -> list[Preview] | None:
    """Return the preview of them; None if it says that ingest would refuse."""
    source = configuration.inputs["web"]
    pairs = [(source, connection) for connection in configuration.connections_of("web")]
    try:
        return preview_all(parse_batches(content, "file").batches, pairs, "", received_ms)
    except (OperatorError, RefusedBatch):
        return None


def path_of(content: bytes) -> str:
    """Return the path to which `relay send` would post them."""
    try:
        return "/v2/bulkevents" if parse_batches(content, "file").is_array else "/v2/events"
    except OperatorError:
        return random.Random(content).choice(["/v2/events", "/v2/bulkevents"])


def results_text(results: list[Result]) -> Counter[str]:
    """Return results as text; generated ids differ by design."""
    told: Counter[str] = Counter()
    for result in results:
        if isinstance(result, Mapped):
            body = json.loads(result.body)
            if re.fullmatch("[0-9a-f]{32}", body["event_id"]):
                del body["event_id"]
            told[json.dumps(body, sort_keys=True)] += 1
        elif isinstance(result, Rejected):
            told[f"{result.reason} {result.field} {result.message}"] += 1
        else:
            told[type(result).__name__] += 1
    return told


def outcomes(made: Preview) -> Counter[str]:
    """Return the results of a preview as text."""
    return results_text(
        [*made.items, *(result for part in (made.rejected, made.unsupported, made.withheld) for _, result in part)]
    )


def kept(site: Site, name: str, configuration: Configuration, received: list[int]) -> Counter[str]:
    """Return what a worker maps from the stored events, and what ingest counted."""
    plan = compile_plan(configuration.connections[name], configuration.inputs["web"])
    results: list[Result] = []
    for chunk in site.chunks(name):
        received.append(chunk.received_ms)
        for part in chunk.batches:
            mapper = plan.batch(part.shared, chunk.received_ms, now_ms=chunk.received_ms)
            for entry in part.entries:
                results += mapper.map(entry.raw, entry.event_id, entry.items, entry.made)
    books = site.counts(name)
    counted = Counter({"Unsupported": books.get("unsupported", 0), "Withheld": books.get("withheld", 0)})
    return results_text(results) + counted


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=hostile_bytes(), compressed=st.booleans(), announced=st.booleans())
@example(content=b"[" + BATCHES[0] + b",null]", compressed=False, announced=False)
@example(content=b"\n".join(BATCHES), compressed=True, announced=False)
@example(content=b"\xef\xbb\xbf" + BATCHES[3], compressed=True, announced=True)
@pytest.mark.timeout(600)
def test_preview_equals_ingest_for_any_bytes(site: Site, content: bytes, compressed: bool, announced: bool) -> None:
    """Both refuse, or both give the same items, dead letters and counts for every connection."""
    site.redis.flushdb()
    configuration = load(site.configuration, {})
    sent = gzip.compress(content) if compressed else content
    headers = {"content-encoding": "gzip"} if compressed and announced else {}
    status = site.post(sent, path_of(sent), headers=headers).status_code
    received: list[int] = []
    after = {
        connection.id: kept(site, connection.id, configuration, received)
        for connection in configuration.connections_of("web")
    }
    shown = previewed(sent, configuration, received[0] if received else 1)
    assert status in (202, 400)
    assert (status == 202) == (shown is not None)
    for preview in shown or ():
        assert outcomes(preview) == after[preview.connection], preview.connection
    accepted = site.counts("input:web").get("accepted", 0)
    assert all(site.counts(name).get("accepted", 0) == accepted for name in after)
