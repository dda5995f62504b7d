"""What the batch alone tells is decided at ingest: such events are never stored, and are counted by rule."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from support.events import batch, purchase
from support.site import CONFIGURATION, Site, running_site

from config.file import load
from lanes.ledger import read_ledger
from mapping.forwarding.sample import in_sample
from operations.preview.preview import preview_all

FORWARD = """
    forward:
      only_if: [{batch: app_version, greater: 2.9}]
      never_if: [{user_attribute: internal, is: "true"}, {attribute: channel, is: test}]
      logged_in_only: true
      sample: 50%
    gdpr_purpose: ads
    native_events: {view_detail: off}
"""
RULED = CONFIGURATION.replace("  - id: searches\n", "  - id: searches\n" + FORWARD.lstrip("\n"), 1)
CONSENT = {"consent_state": {"gdpr": {"ads": {"consented": True}}}}
USER: dict[str, Any] = {
    **CONSENT,
    "mpid": "8",
    "user_identities": {"customer_id": "c-1"},
    "application_info": {"application_version": "3.0"},
}
VIEW = {"event_type": "commerce_event", "data": {"source_message_id": "v", "product_action": {"action": "view_detail"}}}


@pytest.fixture
def ruled(redis_url: str, tmp_path: Path) -> Iterator[Site]:
    """Run an ingest with rules on one of its connections."""
    with running_site(tmp_path, f"{redis_url.removesuffix('/0')}/1", RULED) as site:
        yield site


CASES = [
    ({"consent_state": {}}, "gdpr_purpose"),
    ({"application_info": {"application_version": "2.8"}}, "only_if 1: batch app_version greater 2.9"),
    ({"user_attributes": {"internal": True}}, "never_if 1: user_attribute internal is true"),
    ({"user_identities": {}}, "logged_in_only"),
    ({"mpid": "5"}, "sample 50%"),
    ({"environment": "development"}, "environment"),
]


def days_of(site: Site) -> dict[str, int]:
    """Return the daily counts of the connection with rules, on all days."""
    keys = list(site.redis.scan_iter("days:searches:*"))
    return {
        name.decode(): int(count)
        for key in keys
        for name, count in site.redis.hgetall(key).items()  # type: ignore[union-attr]
    }


def test_a_batch_that_a_rule_withholds_is_not_stored(ruled: Site) -> None:
    """Each rule has its own count; the other connections get every event; the ledger balances."""
    assert not in_sample("5", 500_000)
    for changes, _ in CASES:
        assert ruled.post({**batch(purchase(1), purchase(2)), **USER, **changes}).status_code == 202
    assert ruled.chunks("searches") == []
    assert sum(chunk.weight for chunk in ruled.chunks("shop")) == 2 * (len(CASES) - 1)
    rules = {f"withheld:{rule}": 2 for _, rule in CASES}
    assert days_of(ruled) == {"accepted": 2 * len(CASES), **rules}
    [reading] = read_ledger(ruled.redis, ["searches"], []).connections[:1]
    assert reading.balances
    assert {name: count for name, count in reading.measures.items() if name.startswith("withheld")} == rules


def test_a_batch_that_no_rule_withholds_is_stored_with_all_its_events(ruled: Site) -> None:
    """Conditions on events decide when they are mapped; a native event that is off is withheld at once."""
    channel = purchase(2, custom_attributes={"channel": "test"})
    ruled.post({**batch(purchase(1), channel, VIEW), **USER})
    [chunk] = ruled.chunks("searches")
    assert [entry.position for entry in chunk.batches[0].entries] == [0, 1]
    assert days_of(ruled) == {"accepted": 3, "withheld:native_events: view_detail off": 1}


def test_preview_names_the_rules_that_ingest_counts(ruled: Site) -> None:
    configuration = load(ruled.configuration, {})
    pair = (configuration.inputs["web"], configuration.connections["searches"])
    for changes, rule in CASES:
        content = msgspec.json.encode({**batch(purchase(1)), **USER, **changes})
        [made] = preview_all([content], [pair], "https://tiktok.example")
        assert [withheld.rule for _, withheld in made.withheld] == [rule]


def test_the_count_of_a_rule_is_a_metric(ruled: Site) -> None:
    ruled.post({**batch(purchase(1)), **USER, "user_attributes": {"internal": True}})
    found = httpx.get(f"{ruled.url}/metrics", trust_env=False, timeout=10).text
    line = 'relay_withheld_total{connection="searches",rule="never_if 1: user_attribute internal is true"} 1.0'
    assert line in found.replace("} 1\n", "} 1.0\n")
