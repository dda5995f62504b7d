"""`/metrics`, read by the official parser, has the figures of status and ledger."""

from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from support.bench import HEADER, Bench
from support.events import purchase

from config.settings import Settings
from lanes.dead_letters import remove_dead_letters
from operations.metrics.catalogue import CATALOGUE
from operations.metrics.exposition import exposition
from sandbox.client import running_sandbox
from store.client import connect

Samples = dict[tuple[str, tuple[str, ...]], float]


@pytest.fixture
def bench(tmp_path: Path, redis_url: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a worker whose one connection sends web events to `event/track/`."""
    monkeypatch.setenv("TOKEN", "good")
    path = tmp_path / "relay.yaml"
    path.write_text(HEADER + "    enable_web_migration: true\n")
    with running_sandbox(["good"]) as sandbox:
        bench = Bench(path, redis_url, sandbox)
        yield bench
        bench.close()


def scraped(bench: Bench) -> Samples:
    """Return every sample by its name and its labels' values, the connection's id first."""
    text = exposition(Settings(config=bench.path, redis_url=bench.url), bench.redis).decode()  # type: ignore[arg-type]
    return {
        (sample.name, tuple(sample.labels[name] for name in sorted(sample.labels, key=_connection_first))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def _connection_first(label: str) -> tuple[bool, str]:
    return label != "connection", label


def test_before_the_first_event_counters_are_zero(bench: Bench) -> None:
    """So that Prometheus sees the first rise."""
    samples = scraped(bench)
    assert samples["relay_events_in_total", ("shop", "accepted")] == 0
    assert samples["relay_events_out_total", ("shop", "dead_lettered")] == 0
    assert samples["relay_connection_state", ("shop", "healthy")] == 1
    assert samples["relay_delivery_seconds_count", ("shop",)] == 0
    assert samples["relay_redis_up", ()] == 1


def test_every_metric_names_its_cell(bench: Bench) -> None:
    """Also while Redis does not answer; without RELAY_CELL there is no such label."""
    settings = Settings(config=bench.path, redis_url=bench.url, cell="a")  # type: ignore[arg-type]
    with connect("redis://127.0.0.1:1") as away:
        texts = [exposition(settings, client).decode() for client in (bench.redis, away)]
    for text in texts:
        samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
        assert samples
        assert all(sample.labels["cell"] == "a" for sample in samples)
    assert not any("cell" in labels for _, labels in scraped(bench))


def test_its_totals_are_those_of_the_ledger_and_of_tiktok(bench: Bench) -> None:
    """Two delivered, one dead-lettered, one waiting; also the request's size and time."""
    bench.put([purchase(1), purchase(2), purchase(3, custom_flags={})])
    bench.drain()
    bench.put([purchase(4)])
    samples, ledger = scraped(bench), bench.reading().counts
    for name, count in ledger.items():
        metric = "relay_events_in_total" if name in ("accepted", "extra", "replayed") else "relay_events_out_total"
        assert samples[metric, ("shop", name)] == count
    assert samples["relay_events_waiting", ("shop",)] == 1
    assert samples["relay_oldest_waiting_seconds", ("shop",)] >= 0
    assert samples["relay_dead_lettered_total", ("shop", "missing_url")] == 1
    assert samples["relay_dead_letters", ("shop", "missing_url")] == 1
    assert samples["relay_requests_total", ("shop", "delivered")] == 1
    assert samples["relay_request_events_sum", ("shop",)] == 2 == bench.sandbox.summary()["events"]
    assert samples["relay_delivery_seconds_count", ("shop",)] == 2
    assert 0 < samples["relay_delivery_seconds_sum", ("shop",)] < 60
    assert samples["relay_tiktok_answer_seconds_count", ("shop",)] == 1
    assert 100 < samples["relay_request_bytes_sum", ("shop",)] < 10_000
    assert samples["relay_ledger_discrepancy_events", ("shop",)] == 0


@pytest.mark.parametrize(
    ("fault", "verdict", "paused_by"),
    [("http_503", "retry_later", None), ("refuse_token", "connection_fault", "fault")],
)
def test_answers_of_tiktok_are_counted_by_verdict(
    bench: Bench, fault: str, verdict: str, paused_by: str | None
) -> None:
    """A pause has the label of its cause."""
    bench.put([purchase(1)])
    bench.sandbox.fault(fault)
    bench.drain()
    bench.redis.zincrby("lanes:due", 60_000, "shop:0")  # a random backoff may be over by now
    samples = scraped(bench)
    assert samples["relay_requests_total", ("shop", verdict)] == 1
    assert samples["relay_delivery_seconds_count", ("shop",)] == 0
    paused = [labels[1] for name, labels in samples if name == "relay_connection_paused"]
    assert paused == ([paused_by] if paused_by else [])
    state = "paused" if paused_by else "backing_off"
    assert samples["relay_connection_state", ("shop", state)] == 1


def test_a_lane_that_cannot_be_read_is_counted_until_it_can(bench: Bench) -> None:
    """The input was removed from the file, so its events block the lane."""
    bench.put([purchase(1)])
    text = bench.path.read_text()
    bench.path.write_text(text.replace("id: web", "id: other").replace("[web]", "[other]"))
    bench.reload()
    bench.drain()
    assert scraped(bench)["relay_lanes_blocked", ("shop",)] == 1
    bench.path.write_text(text)
    bench.reload()
    bench.drain()
    bench.put([purchase(2)])
    assert scraped(bench)["relay_lanes_blocked", ("shop",)] == 0


def test_a_refused_configuration_is_reported_beside_the_ledger(bench: Bench) -> None:
    """As in `relay status`."""
    bench.put([purchase(1)])
    assert scraped(bench)["relay_configuration_refused", ()] == 0
    bench.path.write_text("inputs: [")
    samples = scraped(bench)
    assert samples["relay_configuration_refused", ()] == 1
    assert samples["relay_events_waiting", ("shop",)] == 1


def test_every_sample_is_in_the_catalogue(bench: Bench) -> None:
    """With its name, kind and labels."""
    bench.put([purchase(1), purchase(2, custom_flags={})])
    bench.drain()
    text = exposition(Settings(config=bench.path, redis_url=bench.url), bench.redis).decode()  # type: ignore[arg-type]
    rows = {row.name.removesuffix("_total"): row for row in CATALOGUE}
    for family in text_string_to_metric_families(text):
        row = rows[family.name]
        assert (family.type, family.documentation) == (row.kind, row.help)
        assert all(set(sample.labels) - {"le"} == set(row.labels) for sample in family.samples)


def test_without_redis_the_only_sample_says_so(tmp_path: Path) -> None:
    """`relay_redis_up` is 0."""
    path = tmp_path / "relay.yaml"
    path.write_text(HEADER.replace("${TOKEN}", "good"))
    text = exposition(Settings(config=path), connect("redis://127.0.0.1:1/0")).decode()
    values = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    assert [(sample.name, sample.value) for sample in values] == [("relay_redis_up", 0)]


def test_a_removed_dead_letter_is_counted_as_removed(bench: Bench) -> None:
    """While it was kept, it was counted by reason."""
    bench.put([purchase(1, custom_flags={})])
    bench.drain()
    [dead_letter] = bench.dead_letters()
    remove_dead_letters(bench.redis, "shop", [dead_letter.id])
    samples = scraped(bench)
    assert ("relay_dead_letters", ("shop", "missing_url")) not in samples
    assert samples["relay_dead_lettered_total", ("shop", "missing_url")] == 1
    assert samples["relay_dead_letters_removed_total", ("shop", "discarded")] == 1
