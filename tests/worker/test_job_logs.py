"""What a job logs: its connection in every line, its result, and no personal data."""

import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog
from support.bench import Bench
from support.events import purchase

import worker.runtime
from config.settings import Settings
from process.logs import configure_logging
from worker.app import app
from worker.jobs import deliver

Lines = list[dict[str, Any]]


@pytest.fixture
def job(
    bench: Bench, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[], Lines]]:
    """job() runs the lane's job as Celery does and returns the log lines."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    monkeypatch.setattr(worker.runtime, "_started", [bench.runtime])
    monkeypatch.setattr(app.conf, "broker_url", bench.url)

    def run() -> Lines:
        configure_logging(Settings(log_format="json"), "worker")  # now: pytest changes stderr before each phase
        bench.redis.zadd("lanes:due", {"shop:0": 0}, xx=True)
        if bench.redis.hexists("connection:shop", "until"):
            bench.redis.hset("connection:shop", "until", 0)
        capsys.readouterr()
        deliver.apply(args=["shop:0"], task_id="job-1")
        return [json.loads(line) for line in capsys.readouterr().err.splitlines()]

    yield run
    root.handlers[:], root.level = handlers, level
    logging.captureWarnings(False)
    structlog.reset_defaults()


def of(lines: Lines, event: str) -> dict[str, Any]:
    """Return the only line of that event; every line names the job."""
    assert {(line["job"], line["connection"], line["lane"]) for line in lines} == {("job-1", "shop", "shop:0")}
    [line] = [line for line in lines if line["event"] == event]
    return line


def test_a_job_that_delivered_is_one_line(bench: Bench, job: Callable[[], Lines]) -> None:
    """A job that found nothing to do logs nothing."""
    bench.put([purchase(1), purchase(2)])
    lines = job()
    assert of(lines, "job_ended")["events"] == 2
    assert len(lines) == 1
    assert job() == []


def test_a_job_with_dead_letters_logs_what_flower_shows(bench: Bench, job: Callable[[], Lines]) -> None:
    """Counts and reasons; nothing of the events, in any line."""
    bench.put([purchase(1), purchase(2, custom_flags={"TikTok.URL": "www.private.example"})])
    lines = job()
    failed = of(lines, "job_failed")
    assert failed["failure"] == (
        "shop: 1 of 2 events dead-lettered: invalid_url ×1 (relay dead-letters list --job job-1)"
    )
    assert failed["level"] == "warning"
    output = json.dumps(lines)
    assert not any(private in output for private in ("private", "user0@", "good", "sku-", "203.0.113.7"))


def test_a_pause_is_logged_when_it_begins_and_when_it_ends(bench: Bench, job: Callable[[], Lines]) -> None:
    """With who must do what; a probe that fails adds only the job's own line."""
    bench.put([purchase(1)])
    bench.sandbox.fault("refuse_token")
    paused = of(job(), "connection_paused")
    assert (paused["error"], paused["who"]) == ("token refused (40105)", "an admin of the TikTok advertiser account")
    assert [line["event"] for line in job()] == ["job_failed"]
    bench.sandbox.clear_faults()
    assert [line["event"] for line in job()] == ["connection_resumed", "job_ended"]
    bench.put([purchase(2)])
    assert [line["event"] for line in job()] == ["job_ended"]


def test_a_defect_of_relay_is_reported_by_its_place(
    bench: Bench, job: Callable[[], Lines], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The exception's text, which may quote an event, is in no line."""
    bench.put([purchase(1)])

    def fail(*_: Any) -> None:
        raise KeyError("someone@shop.example")

    monkeypatch.setattr(bench.runtime, "claim_limits", fail)
    lines = job()
    assert of(lines, "job_failed")["failure"].startswith(
        "a fault of relay, nothing is lost: KeyError at test_job_logs.py:"
    )
    assert "someone" not in json.dumps(lines)
