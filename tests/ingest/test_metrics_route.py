"""`GET /metrics` on ingest: its token, and the answers of all ingests together."""

import time
from pathlib import Path

import httpx
from prometheus_client.parser import text_string_to_metric_families
from support.events import batch, purchase
from support.site import Site, running_site


def answers(text: str) -> dict[str, float]:
    """Return `relay_ingest_answers_total` by status."""
    families = {family.name: family for family in text_string_to_metric_families(text)}
    return {sample.labels["status"]: sample.value for sample in families["relay_ingest_answers"].samples}


def test_it_is_prometheus_text_without_a_token(site: Site) -> None:
    """Without a configured token, it needs none."""
    answer = httpx.get(f"{site.url}/metrics", trust_env=False)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=")
    assert "relay_redis_up 1.0" in answer.text


def test_it_shows_the_configuration_in_force_and_a_refused_file(own_site: Site) -> None:
    """A scrape does not read the file."""
    assert 'relay_connection_state{connection="resting",state="disabled"} 1.0' in own_site.http.get("/metrics").text
    own_site.configuration.write_text("inputs: [")
    deadline = time.monotonic() + 5
    while "relay_configuration_refused 1.0" not in own_site.http.get("/metrics").text:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_it_requires_the_configured_token(redis_url: str, tmp_path: Path) -> None:
    """As a Bearer token; other credentials are refused."""
    with running_site(tmp_path, redis_url, metrics_token="sesame") as site:
        for header in (None, "Bearer", "Bearer sesam", "Bearer sesamë", "Basic sesame", "sesame"):
            headers = {} if header is None else {"Authorization": header.encode()}
            refused = httpx.get(f"{site.url}/metrics", headers=headers, trust_env=False)
            assert (refused.status_code, refused.headers["www-authenticate"][:6]) == (401, "Bearer")
            assert "relay_" not in refused.text
        taken = httpx.get(f"{site.url}/metrics", headers={"Authorization": "Bearer sesame"}, trust_env=False)
        assert "relay_redis_up 1.0" in taken.text


def test_each_ingest_shows_the_answers_of_all(redis_url: str, tmp_path: Path) -> None:
    """At most a second late; the counts of an ended ingest stay."""
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    with running_site(tmp_path / "a", redis_url) as first:
        with running_site(tmp_path / "b", redis_url) as other:
            for site in (first, first, other):
                assert site.post(batch(purchase(1))).status_code == 202
            assert other.post(b"{").status_code == 400
            assert other.post(batch(purchase(1)), auth=("web-key", "wrong")).status_code == 403
        deadline = time.monotonic() + 5
        while answers(text := first.http.get("/metrics").text) != {"202": 3, "400": 1, "403": 1}:
            assert time.monotonic() < deadline, text
            time.sleep(0.05)
