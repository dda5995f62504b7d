"""`relay check` accepts a file that running processes refuse, and says which of them and why."""

import json
from pathlib import Path
from typing import Any

import pytest
import redis
from support.plant import Plant
from support.waiting import until

from config.errors import ConfigurationError, Problem
from config.file import check_text
from store.client import connect
from store.records.refused_configurations import FRESH_MS, KEY, RefusalReport, read_refusals

CONFIGURATION = """
inputs:
  - {id: web, platform: web, api_key: key, api_secret: secret}
connections:
  - {id: shop, inputs: [web], access_token: "${TOKEN}", event_source_id: CUSG5HBC77UD11VVRQEG}
"""


def found(plant: Plant) -> list[dict[str, Any]]:
    """Return the findings of `relay check` on running processes."""
    checked = plant.relay("check", "--json")
    findings = json.loads(checked.stdout)
    wrong = [each for each in findings if each["status"] == "wrong"]
    assert checked.returncode == bool(wrong)
    assert {each["check"] for each in wrong} <= {"running processes"}, "the file itself is valid for check"
    return [each for each in findings if each["check"] == "running processes"]


def refused(plant: Plant, name: str) -> dict[str, Any]:
    """Return the log event of a process that refuses its file."""
    lines = [line for line in plant.log_of(name).splitlines() if '"configuration_refused"' in line]
    return dict(json.loads(lines[-1]))


def test_a_variable_that_only_the_shell_of_check_has_is_found(tmp_path: Path) -> None:
    """Ingest and worker each have a row until the file suits them again; their logs say the same in a sentence."""
    with Plant(tmp_path, CONFIGURATION, ingests=1, workers=1, environment={"RELAY_LOG_FORMAT": "json"}) as plant:
        plant.wait_until_ready()
        plant.environment["ONLY_HERE"] = "good"  # processes that run have the former environment
        assert found(plant) == []
        plant.file.write_text(CONFIGURATION.replace("${TOKEN}", "${ONLY_HERE}"))
        rows = until(lambda: len(rows := found(plant)) == 2 and rows)
        problem = f"{plant.file}:5: `access_token`: the environment variable ONLY_HERE is not set"
        for row, process, name in zip(rows, ("ingest", "worker"), ("ingest-0", "worker-0"), strict=True):
            assert row["status"] == "wrong"
            assert row["found"].startswith(f"{process} ")
            assert f" refuses its file: {problem}" in row["found"]
            assert "restart it" in row["remedy"]
            assert refused(plant, name)["problem"].startswith(problem)
        plant.file.write_text(CONFIGURATION)
        until(lambda: not found(plant))


def test_a_process_that_ends_or_is_gone_has_no_row(redis_url: str) -> None:
    """The report of one that was killed counts for some seconds, and is removed."""
    with connect(redis_url) as client:
        report = RefusalReport("worker", client)
        report.step("relay.yaml:5: no")
        (fresh,) = read_refusals(client)
        assert (fresh.process.split()[0], fresh.problem) == ("worker", "relay.yaml:5: no")
        old = json.loads(client.hget(KEY, fresh.process) or b"")
        client.hset(KEY, fresh.process, json.dumps({**old, "at_ms": old["at_ms"] - FRESH_MS - 1000}))
        assert read_refusals(client) == []
        assert not client.exists(KEY)
        report.step("relay.yaml:5: no")
        report.step(None)
        assert read_refusals(client) == []


def test_a_process_that_refuses_nothing_asks_redis_nothing(redis_url: str) -> None:
    """Only one that refuses its file costs commands."""
    with connect(redis_url) as client, redis.Redis.from_url(redis_url) as other:
        before = other.info("commandstats").get("cmdstat_time", {}).get("calls", 0)
        RefusalReport("worker", client).step(None)
        assert other.info("commandstats").get("cmdstat_time", {}).get("calls", 0) == before


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ("access_tokn", "relay.yaml:5: `access_tokn` is no setting of a connection. Did you mean `access_token`?"),
        ("access_token", "relay.yaml:5: `event_source_typ` is no setting of a connection."),
    ],
)
def test_a_refused_file_is_one_sentence_without_the_list_of_settings(changed: str, sentence: str) -> None:
    """With the number of other problems; a short list of what is allowed stays."""
    text = CONFIGURATION.replace("access_token", changed)
    if changed == "access_token":
        text = text.replace("event_source_id", "event_source_typ: web, event_source_id")
    with pytest.raises(ConfigurationError) as error:
        check_text(text, "relay.yaml")
    assert error.value.sentence.startswith(sentence)
    assert "max_events_per_request" not in error.value.sentence
    assert "max_events_per_request" in str(error.value)
    short = Problem("relay.yaml", 3, "`platform` is `web2`: allowed are web, ios")
    assert ConfigurationError([short]).sentence == str(short)
    assert ConfigurationError([short] * 3).sentence == f"{short} (and 2 more: see `relay check`)"
