"""What processes say of themselves in Redis: commands name their cell, their TikTok, and a file that they refuse."""

import json
import os
import socket
import subprocess
from pathlib import Path
from typing import Any

import pytest
import redis
from support.plant import RELAY, Plant
from support.waiting import until

from config.errors import ConfigurationError, Problem
from config.file import check_text
from store.client import connect
from store.records.processes import FAILED_START_MS, FRESH_MS, KEY, Announcement, read_processes

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
    """Ingest and worker each have a row until the file suits them again; their logs say the same, and the end."""
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
        until(lambda: all('"configuration_accepted"' in plant.log_of(name) for name in ("ingest-0", "worker-0")))


def test_what_processes_say_of_themselves_reaches_commands_without_their_variables(tmp_path: Path) -> None:
    """Status and trace name their cell, check the TikTok that the workers post to."""
    with Plant(tmp_path, CONFIGURATION, ingests=1, workers=1, environment={"RELAY_CELL": "eu-1"}) as plant:
        plant.wait_until_ready()
        del plant.environment["RELAY_CELL"]
        sandbox = plant.environment.pop("RELAY_TIKTOK_URL")
        until(lambda: len(json.loads(plant.relay("status", "--json").stdout)["processes"]) == 2)
        assert json.loads(plant.relay("status", "--json").stdout)["cell"] == "eu-1"
        assert "cell eu-1 · " in plant.relay("status").stdout
        assert "Not seen in cell eu-1: order-1" in plant.relay("trace", "order-1").stderr
        rows = [each for each in json.loads(plant.relay("check", "--json").stdout) if sandbox in each["found"]]
        assert [(each["check"], each["status"]) for each in rows] == [("connection to TikTok", "warning")]
        assert f"the running workers post to {sandbox}; this command looks at https://" in rows[0]["found"]
        assert f"set RELAY_TIKTOK_URL={sandbox}." in rows[0]["remedy"]


@pytest.mark.parametrize("kind", ["worker", "ingest", "consume"])
def test_a_process_that_cannot_start_is_named(tmp_path: Path, redis_url: str, kind: str) -> None:
    """By check and by status, until one of its kind has started on this host."""
    file = tmp_path / "relay.yaml"
    file.write_text(CONFIGURATION)
    settings = {"RELAY_CONFIG": str(file), "RELAY_REDIS_URL": redis_url, "RELAY_DATA_DIR": str(tmp_path)}
    environment = {**os.environ, **settings}
    environment.pop("TOKEN", None)
    ended = subprocess.run([RELAY, kind], env=environment, capture_output=True, text=True, timeout=60, check=False)
    problem = f"{file}:5: `access_token`: the environment variable TOKEN is not set"
    assert ended.returncode == 1
    assert problem in ended.stderr
    environment["TOKEN"] = "good"
    checked = subprocess.run([RELAY, "check"], env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert f"{kind} {socket.gethostname()}:" in checked.stdout
    assert "could not start: " in checked.stdout
    shown = subprocess.run([RELAY, "status"], env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert f"could not start: {problem}" in " ".join(shown.stdout.split())
    with connect(redis_url) as client:
        assert [report.problem is None for report in read_processes(client)] == [False]
        Announcement(kind, client, "", "").step(None)
        assert [report.problem for report in read_processes(client)] == [None]


def test_a_process_that_ends_or_is_gone_has_no_row(redis_url: str) -> None:
    """The report of one that was killed counts for some seconds, and is removed."""
    with connect(redis_url) as client:
        report = Announcement("worker", client, "a", "https://tiktok.example")
        report.step("relay.yaml:5: no")
        (fresh,) = read_processes(client)
        assert (fresh.process.split()[0], fresh.problem, fresh.cell) == ("worker", "relay.yaml:5: no", "a")
        old = json.loads(client.hget(KEY, fresh.process) or b"")
        client.hset(KEY, fresh.process, json.dumps({**old, "at_ms": old["at_ms"] - FRESH_MS - 1000}))
        assert read_processes(client) == []
        client.hset(KEY, fresh.process, json.dumps({**old, "at_ms": old["at_ms"] + FRESH_MS + 60_000}))
        assert read_processes(client) == [], "Redis's clock was ahead when it was written"
        assert not client.exists(KEY)
        report.step(None)
        assert [each.problem for each in read_processes(client)] == [None]
        report.end()
        assert read_processes(client) == []


def test_a_failed_start_is_said_for_ten_minutes(redis_url: str) -> None:
    """Once for each kind and host, however often it is tried."""
    with connect(redis_url) as client:
        for _ in range(3):
            Announcement("worker", client, "", "").fail_start("relay.yaml:5: no")
        (failed,) = read_processes(client)
        old = json.loads(client.hget(KEY, failed.place) or b"")
        client.hset(KEY, failed.place, json.dumps({**old, "at_ms": old["at_ms"] - FAILED_START_MS - 1000}))
        assert read_processes(client) == []


def test_the_same_is_said_again_only_every_few_seconds(redis_url: str) -> None:
    """A process that has nothing new to say costs no command in between."""
    with connect(redis_url) as client, redis.Redis.from_url(redis_url) as other:
        report = Announcement("worker", client, "", "")
        report.step(None)
        before = other.info("commandstats")["cmdstat_hset"]["calls"]
        report.step(None)
        assert other.info("commandstats")["cmdstat_hset"]["calls"] == before
        report.step("relay.yaml:5: no")
        assert other.info("commandstats")["cmdstat_hset"]["calls"] == before + 1


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
