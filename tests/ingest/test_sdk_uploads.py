"""mParticle's Python SDK with only its host changed, and every sample of real senders."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mparticle
import pytest
from mparticle.rest import ApiException
from support.site import WEB, Site

SAMPLES = sorted((Path(__file__).parent.parent / "samples").glob("*.json"))


def api(site: Site, key: str = WEB[0], secret: str = WEB[1]) -> Any:
    """Return the SDK's client, made as in its documentation."""
    configuration = mparticle.Configuration()
    configuration.host = f"{site.url}/v2"
    configuration.api_key, configuration.api_secret = key, secret
    return mparticle.EventsApi(configuration)


def sdk_batch() -> Any:
    """Return a purchase as the SDK makes it: no environment, no time, no id."""
    uploaded = mparticle.Batch()
    uploaded.user_identities = mparticle.UserIdentities(customerid="c-1", email="someone@shop.example")
    action = mparticle.ProductAction("purchase")
    action.products = [mparticle.Product(name="Shoe", id="sku-1", price=19.5, quantity=2)]
    event = mparticle.CommerceEvent(action, currency_code="USD")
    uploaded.events = [event]
    return uploaded


def test_a_single_upload(site: Site) -> None:
    """202, one event."""
    assert api(site).upload_events_with_http_info(sdk_batch())[1] == 202
    assert site.counts("shop") == {"accepted": 1}


def test_a_bulk_upload(site: Site) -> None:
    """202, and equal events stay separate."""
    assert api(site).bulk_upload_events_with_http_info([sdk_batch(), sdk_batch()])[1] == 202
    assert site.counts("shop") == {"accepted": 2}
    assert len({e.event_id for c in site.chunks("shop") for part in c.batches for e in part.entries}) == 2


FAILURES: dict[str, tuple[tuple[str, ...], Callable[[Any], Any], int]] = {
    "a wrong secret": ((WEB[0], "wrong"), lambda to: to.upload_events(sdk_batch()), 403),
    "no credentials": (("", ""), lambda to: to.upload_events(sdk_batch()), 401),
    "an empty bulk": (WEB, lambda to: to.bulk_upload_events([]), 400),
    "a list as one batch": (WEB, lambda to: to.upload_events([sdk_batch()]), 400),
}


@pytest.mark.parametrize(("credentials", "upload", "status"), FAILURES.values(), ids=FAILURES.keys())
def test_the_sdk_shows_the_refusal(
    site: Site, credentials: tuple[str, ...], upload: Callable[[Any], Any], status: int
) -> None:
    """Its own exception, with the status and a readable message."""
    with pytest.raises(ApiException) as raised:
        upload(api(site, *credentials))
    assert raised.value.status == status
    assert json.loads(raised.value.body)["errors"][0]["message"]


def posted(sample: Path) -> tuple[str, bytes]:
    """Return path and body: those of a capture, or the published JSON and the path for its shape."""
    raw = sample.read_bytes()
    content = json.loads(raw)
    if "body_raw" in content:
        return content["path"], content["body_raw"].encode()
    return "/v2/bulkevents" if isinstance(content, list) else "/v2/events", raw


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.stem)
def test_every_sample_is_accepted(site: Site, sample: Path) -> None:
    """202 and every event in the ledger; but an empty upload, and a single event outside a batch, is 400."""
    path, body = posted(sample)
    response = site.post(body, path)
    if not body or "event_type" in json.loads(body):
        assert response.status_code == 400
        return
    assert response.status_code == 202
    batches = json.loads(body) if path == "/v2/bulkevents" else [json.loads(body)]
    events = sum(len(batch.get("events") or []) for batch in batches)
    assert site.counts("input:web").get("accepted", 0) == events
