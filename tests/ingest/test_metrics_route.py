"""`GET /metrics` on ingest: for whom, and the answers of all ingests together."""

import time
from pathlib import Path

import httpx
from prometheus_client.parser import text_string_to_metric_families
from support.events import batch, purchase
from support.site import Site, running_site


def answers(text: str) -> dict[str, float]:
    """`relay_ingest_answers_total` by status."""
    families = {family.name: family for family in text_string_to_metric_families(text)}
    return {one.labels["status"]: one.value for one in families["relay_ingest_answers"].samples}


def test_it_is_prometheus_text_for_whoever_asks(site: Site) -> None:
    """Where no token is set."""
    answer = httpx.get(f"{site.url}/metrics", trust_env=False)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=")
    assert "relay_redis_up 1.0" in answer.text


def test_it_tells_what_is_in_force_and_that_a_file_is_refused(own_site: Site) -> None:
    """Without reading the file for a scrape."""
    assert 'relay_connection_state{connection="resting",state="disabled"} 1.0' in own_site.http.get("/metrics").text
    own_site.configuration.write_text("inputs: [")
    deadline = time.monotonic() + 5
    while "relay_configuration_refused 1.0" not in own_site.http.get("/metrics").text:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_it_asks_for_the_token_that_is_set(redis_url: str, tmp_path: Path) -> None:
    """As a Bearer token, and for nothing else."""
    with running_site(tmp_path, redis_url, metrics_token="sesame") as site:
        for header in (None, "Bearer", "Bearer sesam", "Bearer sesamë", "Basic sesame", "sesame"):
            headers = {} if header is None else {"Authorization": header.encode()}
            refused = httpx.get(f"{site.url}/metrics", headers=headers, trust_env=False)
            assert (refused.status_code, refused.headers["www-authenticate"][:6]) == (401, "Bearer")
            assert "relay_" not in refused.text
        taken = httpx.get(f"{site.url}/metrics", headers={"Authorization": "Bearer sesame"}, trust_env=False)
        assert "relay_redis_up 1.0" in taken.text


def test_the_answers_of_all_ingests_are_told_by_each(redis_url: str, tmp_path: Path) -> None:
    """Within a second of the last; one that ended has left its counts behind."""
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    with running_site(tmp_path / "a", redis_url) as one:
        with running_site(tmp_path / "b", redis_url) as other:
            for site in (one, one, other):
                assert site.post(batch(purchase(1))).status_code == 202
            assert other.post(b"{").status_code == 400
            assert other.post(batch(purchase(1)), auth=("web-key", "wrong")).status_code == 403
        deadline = time.monotonic() + 5
        while answers(text := one.http.get("/metrics").text) != {"202": 3, "400": 1, "403": 1}:
            assert time.monotonic() < deadline, text
            time.sleep(0.05)
