"""What real processes do on a Redis that refuses, and that each reason is shown wherever a person looks."""

import json
import signal
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
import redis
from click.testing import CliRunner
from support.acl import add_user, running_server
from support.events import batch, purchase
from support.plant import Process, free_port
from support.product import RELAY
from support.receiver import receiving
from support.servers import NO_REPLICAS_NEEDED, skip_before
from support.site import WEB, running_site
from support.waiting import until

from cli.main import main
from lanes.ledger import read_ledger
from operations.alerts.outage import Outage
from sandbox.client import SandboxClient
from store.client import connect
from store.errors import Trouble
from worker.alerts.redis_alert import NOTIFY_AFTER_S, RedisAlert
from worker.redis_outage.waiting import EXIT_CODE

CONFIGURATION = """
inputs:
  - {id: web, platform: web, api_key: web-key, api_secret: web-secret}
connections:
  - {id: shop, inputs: [web], access_token: token, event_source_id: PIXEL1, enable_web_migration: true}
"""
DURABLE = ("--appendonly", "yes", "--appendfsync", "always", "--maxmemory", "200mb", "--maxmemory-policy", "noeviction")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """A server that relay can run with."""
    directory = tmp_path / "redis"
    directory.mkdir()
    with running_server(directory, *DURABLE) as url:
        yield url


class Worker:
    """`relay worker` on a Redis, and the stand-in that it delivers to."""

    def __init__(self, directory: Path, url: str) -> None:
        self.log = directory / "worker.log"
        port = free_port()
        (directory / "relay.yaml").write_text(CONFIGURATION)
        environment = {
            "RELAY_CONFIG": str(directory / "relay.yaml"),
            "RELAY_REDIS_URL": url,
            "RELAY_DATA_DIR": str(directory),
            "RELAY_TIKTOK_URL": f"http://127.0.0.1:{port}",
            "RELAY_SANDBOX_PORT": str(port),
            "RELAY_LOG_FORMAT": "json",
        }
        self.sandbox = Process("sandbox", [str(RELAY), "sandbox"], environment, directory / "sandbox.log")
        self.seen = SandboxClient(environment["RELAY_TIKTOK_URL"])
        self.process = Process("worker", [str(RELAY), "worker"], environment, self.log)

    def lines(self) -> list[dict[str, Any]]:
        """Return what it has logged; every line is JSON."""
        whole = self.log.read_text().rpartition("\n")[0]
        return [json.loads(line) for line in whole.splitlines() if line.strip()]

    def logged(self, event: str) -> list[dict[str, Any]]:
        """Return the log lines of that event."""
        return [line for line in self.lines() if line["event"] == event]

    def close(self) -> None:
        """End everything."""
        self.seen.close()
        self.process.stop()
        self.sandbox.stop()


CANNOT, AGAIN = "redis_unusable", "redis_usable"
ENDS = "redis_error_permanent"

HOPELESS = {
    "wrongpass": lambda url: url.replace("redis://", "redis://relay:hidden@"),
    "noperm": lambda url: add_user(url, "relay", ["~*", "&*", "+@all", "-@scripting", "-info"]),
    "noperm of one command": lambda url: add_user(url, "relay", ["~*", "&*", "+@all", "-hincrby"]),
    "database": lambda url: url.replace("/0", "/999"),
}


@pytest.mark.parametrize("reason", HOPELESS)
def test_a_worker_ends_for_an_error_that_waiting_cannot_cure(reason: str, server: str, tmp_path: Path) -> None:
    """It ends after some attempts, and logs the reason and what to do last, so that an orchestrator shows it."""

    with closing(Worker(tmp_path, HOPELESS[reason](server))) as worker:
        assert worker.process.wait() == EXIT_CODE
        last = worker.logged(ENDS)[-1]
        assert worker.logged(CANNOT)[0]["reason"] == reason.partition(" ")[0]
    assert last["reason"] == reason.partition(" ")[0]
    assert last["what_to_do"]
    assert "hidden" not in worker.log.read_text()
    if reason == "noperm":
        assert "ACL SETUSER relay +info +eval +evalsha +script|load" in last["what_to_do"]
    if reason == "noperm of one command":
        assert last["what_to_do"] == "run on the server: ACL SETUSER relay +hincrby"


@pytest.mark.parametrize("redis_is_there", [True, False])
def test_a_worker_ends_on_sigterm_while_it_starts(redis_is_there: bool, server: str, tmp_path: Path) -> None:
    """While it waits for Redis, and while Celery starts, which is not reported as an error of Celery."""
    url = server if redis_is_there else f"redis://127.0.0.1:{free_port()}/0"
    with closing(Worker(tmp_path, url)) as worker:
        first = "tiktok_url_changed" if redis_is_there else CANNOT
        until(lambda: bool(worker.logged(first)))
        worker.process.signal(signal.SIGTERM)
        assert worker.process.wait() in (0, -signal.SIGTERM)
        assert worker.logged("celery_restarted") == []


def test_a_worker_whose_password_is_changed_ends_as_well(server: str, tmp_path: Path) -> None:
    """Although it had worked before: a restarted worker reads the new password."""
    url = add_user(server, "relay", ["~*", "&*", "+@all"])
    with closing(Worker(tmp_path, url)) as worker:
        until(lambda: bool(worker.seen and "ready." in worker.log.read_text()))
        with redis.Redis.from_url(server) as admin:
            admin.execute_command("ACL", "SETUSER", "relay", "resetpass", ">other")
            admin.execute_command("CLIENT", "KILL", "USER", "relay")
        assert worker.process.wait() == EXIT_CODE
        assert worker.logged(ENDS)[-1]["reason"] == "wrongpass"


def test_a_worker_waits_while_redis_is_a_replica(server: str, tmp_path: Path) -> None:
    """At start and later: the worker does not end, logs the reason, and `redis_usable` once Redis is writable."""
    with (
        redis.Redis.from_url(server) as admin,
        closing(Worker(tmp_path, server)) as worker,
        running_site(tmp_path, server, CONFIGURATION) as site,
    ):
        for events in (1, 2):
            admin.execute_command("REPLICAOF", "127.0.0.1", "1")
            until(lambda: len(worker.logged(CANNOT)) == events)  # noqa: B023 - it is called within the turn
            assert worker.logged(CANNOT)[-1]["reason"] == "readonly"
            assert len(worker.logged(AGAIN)) == events - 1, "reading works, and is not enough"
            assert site.post(batch(purchase(events))).status_code == 503
            ready = site.http.get("/health/ready")
            assert (ready.status_code, ready.json()["reason"]) == (503, "readonly")
            assert "primary" in ready.json()["what_to_do"]
            admin.execute_command("REPLICAOF", "NO", "ONE")
            until(lambda: site.post(batch(purchase(events))).status_code == 202)  # noqa: B023
            until(lambda: len(worker.logged(AGAIN)) == events)  # noqa: B023
            until(lambda: _delivered(server) == events)  # noqa: B023
        attempts = [line for line in worker.lines() if "Connection to broker" in line["event"]]
        assert len(attempts) <= 4, "Celery waits as well"
        assert not [line for line in worker.lines() if "Frequent restarts" in line["event"]]
        advice = "worker_cancel_long_running_tasks_on_connection_loss"
        assert not [line for line in worker.lines() if advice in line["event"]], "relay's jobs need no such setting"


def _delivered(url: str) -> int:
    with connect(url) as client:
        return read_ledger(client, ["shop"], []).connections[0].counts.get("delivered", 0)


def relay(url: str, directory: Path, *arguments: str) -> tuple[int, str]:
    """Return a command's exit code and output."""
    (directory / "relay.yaml").write_text(CONFIGURATION)
    environment = {"RELAY_CONFIG": str(directory / "relay.yaml"), "RELAY_REDIS_URL": url, "COLUMNS": "400"}
    done = CliRunner().invoke(main, list(arguments), env=environment)
    return done.exit_code, done.output


@skip_before(7, NO_REPLICAS_NEEDED)
def test_status_and_check_say_that_nothing_can_be_written(server: str, tmp_path: Path) -> None:
    """The server answers every read."""
    with redis.Redis.from_url(server) as admin:
        admin.config_set("min-replicas-to-write", 1)
    code, output = relay(server, tmp_path, "status")
    assert (code, "fewer replicas follow it" in output, "min-replicas-to-write" in output) == (0, True, True)
    code, output = relay(server, tmp_path, "status", "--json")
    assert json.loads(output)["redis"]["reason"] == "noreplicas"
    code, output = relay(server, tmp_path, "check")
    assert (code, "fewer replicas follow it" in output) == (1, True)


@pytest.mark.parametrize(
    ("rights", "code", "words"),
    [
        (["~*", "&*", "+@all"], 0, "all commands and keys that relay needs are permitted"),
        (["~*", "&*", "+@all", "-@dangerous"], 0, "Run on the server: ACL SETUSER relay +info"),
        (["~*", "&*", "+@all", "-evalsha", "-hincrby"], 1, "Run on the server: ACL SETUSER relay +evalsha +hincrby"),
        (["~*", "resetchannels", "+@all"], 1, "Run on the server: ACL SETUSER relay &*"),
        (["~lane*", "~once:*", "&*", "+@all"], 1, "~_kombu.binding.*"),
    ],
)
def test_check_lists_the_permissions_that_are_missing(
    rights: list[str], code: int, words: str, server: str, tmp_path: Path
) -> None:
    """As one command to run."""
    done, output = relay(add_user(server, "relay", rights), tmp_path, "check")
    assert words in output
    assert done == code, output


def test_without_info_a_full_redis_is_still_answered_429(
    server: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Start, readiness and status say that INFO is missing."""
    url = add_user(server, "relay", ["~*", "&*", "+@all", "-@dangerous"])
    port = free_port()
    (tmp_path / "relay.yaml").write_text(CONFIGURATION)
    environment = {
        "RELAY_CONFIG": str(tmp_path / "relay.yaml"),
        "RELAY_REDIS_URL": url,
        "RELAY_PORT": str(port),
        "RELAY_DATA_DIR": str(tmp_path),
    }
    ingest = Process("ingest", [str(RELAY), "ingest"], environment, tmp_path / "ingest.log")
    try:
        until(lambda: "redis_memory_unknown" in (tmp_path / "ingest.log").read_text())
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", auth=WEB, trust_env=False) as http:
            ready = http.get("/health/ready")
            assert (ready.status_code, "does not report its memory" in ready.json()["redis"]) == (200, True)
            assert "+info" in ready.json()["what_to_do"]
            with redis.Redis.from_url(server) as admin:
                admin.config_set("maxmemory", 1)
            assert http.post("/v2/events", json=batch(purchase(1))).status_code == 429
            assert http.get("/health/ready").json()["reason"] == "oom"
    finally:
        ingest.stop()
    code, output = relay(url, tmp_path, "status")
    assert (code, "limit unknown" in output) == (0, True)


def test_the_alert_about_redis_needs_no_redis() -> None:
    """It is sent once Redis was unusable for a minute, with the reason; another one says that Redis works again."""
    now = [0.0]
    outage = Outage(lambda: now[0])
    with receiving() as receiver:
        alert = RedisAlert(receiver.url, outage, lambda: now[0])
        outage.begin(Trouble("readonly", "Redis takes no writes", "point it at the primary"))
        for seconds in (0.0, NOTIFY_AFTER_S - 1, NOTIFY_AFTER_S, NOTIFY_AFTER_S + 1):
            now[0] = seconds
            alert.check()
        outage.end()
        alert.check()
        alert.check()
        alerts = [(body["relay"]["alert"], body["relay"].get("reason")) for body in receiver.taken]
    assert alerts == [("redis_trouble", "readonly"), ("redis_again", None)]
    assert "point it at the primary" in receiver.taken[0]["text"]
