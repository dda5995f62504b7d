"""`relay check` reports every weaker setting of Redis with a remedy, and ends with exit code 0 if all is well."""

import json
import os
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from click.testing import CliRunner
from conftest import SERVER, free_port, wait_until_ready
from support.bench import HEADER
from support.receiver import receiving

from cli.check.redis import REQUIREMENTS, findings_of_redis
from cli.commands.configuration import check
from cli.main import main
from config.secrets import Keyring
from config.settings import Settings
from mapping.sources import FIELD_PATHS
from sandbox.client import SandboxClient

FIT = {"appendonly": "yes", "appendfsync": "always", "maxmemory-policy": "noeviction", "maxmemory": "100mb"}
CONFIGURATION = f"""{HEADER}
    enable_web_migration: true
    native_events: {{purchase: CompletePayment}}
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run a server for this module, whose settings tests weaken."""
    port = free_port()
    options = {**FIT, "port": port, "bind": "127.0.0.1", "save": "", "dir": tmp_path_factory.mktemp("weak")}
    words = [str(word) for name, value in options.items() for word in (f"--{name}", value)]
    with subprocess.Popen([os.fspath(SERVER), *words], stdout=subprocess.DEVNULL) as process:
        url = f"redis://127.0.0.1:{port}/0"
        wait_until_ready(url)
        yield url
        process.terminate()


@pytest.fixture
def fit(server: str) -> str:
    """Give that server with all settings as required."""
    with redis.Redis.from_url(server) as client:
        for name, value in FIT.items():
            client.config_set(name, value)
    return server


NOTHING = "nothing that survives a restart of Redis"


@pytest.fixture
def at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a directory with a valid relay.yaml, and only the environment that it needs."""
    for name in [name for name in os.environ if name.startswith("RELAY_")]:
        monkeypatch.delenv(name)
    (tmp_path / "relay.yaml").write_text(CONFIGURATION)
    monkeypatch.setenv("TOKEN", "good")
    monkeypatch.setenv("RELAY_ENCRYPTION_KEY", Keyring.new_key())
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(**environ: str) -> tuple[int, list[dict[str, Any]]]:
    """Return the exit code and the findings."""
    result = CliRunner().invoke(check, ["--json"], env=environ)
    return result.exit_code, json.loads(result.stdout)


def wrong(findings: list[dict[str, Any]]) -> dict[str, str]:
    """Return the wrong findings, by check."""
    return {finding["check"]: finding["found"] for finding in findings if finding["status"] == "wrong"}


@pytest.mark.usefixtures("at_home")
def test_all_is_well(fit: str) -> None:
    code, findings = run(RELAY_REDIS_URL=fit)
    assert (code, {finding["status"] for finding in findings}) == (0, {"ok"})
    assert {row.check for row in REQUIREMENTS} < {finding["check"] for finding in findings}


@pytest.mark.usefixtures("at_home")
@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("appendonly", "no"),
        ("appendfsync", "everysec"),
        ("appendfsync", "no"),
        ("maxmemory-policy", "allkeys-lru"),
        ("maxmemory-policy", "volatile-ttl"),
        ("maxmemory", "0"),
    ],
)
def test_a_weaker_server_is_refused_with_what_to_set(fit: str, setting: str, value: str) -> None:
    with redis.Redis.from_url(fit) as client:
        client.config_set(setting, value)
    code, findings = run(RELAY_REDIS_URL=fit)
    meaning = {"a 202 means": NOTHING} if setting in ("appendonly", "appendfsync") else {}
    found = "no limit" if setting == "maxmemory" else value
    assert (code, wrong(findings)) == (1, {setting: found, **meaning})
    remedy = next(finding["remedy"] for finding in findings if finding["check"] == setting)
    good = "1gb" if setting == "maxmemory" else FIT[setting]
    assert f"CONFIG SET {setting} {good} now" in remedy
    assert f"`{setting} {good}` in the server's configuration file" in remedy


def test_every_command_in_a_remedy_works(fit: str) -> None:
    """The commands of the rows, run unchanged, turn each wrong finding into a good one."""
    with redis.Redis.from_url(fit) as client:
        for setting, value in {"appendfsync": "no", "maxmemory-policy": "allkeys-lru", "maxmemory": 0}.items():
            client.config_set(setting, value)
        client.config_set("appendonly", "no")
        for finding in findings_of_redis(fit, Settings()):
            if finding.status == "wrong" and finding.check != "a 202 means":
                command = finding.remedy.partition(": ")[2].partition(" now")[0]
                client.execute_command(*command.split())
    assert [finding for finding in findings_of_redis(fit, Settings()) if finding.status != "ok"] == []


VERSION, ROLE, CLUSTER, LAST_WRITE = (
    next(row for row in REQUIREMENTS if row.check == name)
    for name in ("redis version", "redis role", "redis cluster", "last write to disk")
)


@pytest.mark.parametrize(
    ("row", "value", "good"),
    [
        (VERSION, "6.2.0", True),
        (VERSION, "6.2", True),
        (VERSION, "7.0.15", True),
        (VERSION, "10.0.1", True),
        (VERSION, "6.0.16", False),
        (VERSION, "5.0.7", False),
        (ROLE, "slave", False),
        (CLUSTER, "1", False),
        (LAST_WRITE, "err", False),
    ],
    ids=lambda value: getattr(value, "check", str(value)),
)
def test_what_no_test_server_shows_is_judged_by_its_row(row: Any, value: str, good: bool) -> None:
    assert row.is_met(value) is good


@pytest.mark.usefixtures("at_home")
def test_settings_that_the_user_may_not_read_are_warnings(fit: str) -> None:
    """INFO shows some settings. It does not show appendfsync, so the operator must look: a warning, not an error."""
    with redis.Redis.from_url(fit) as client:
        client.execute_command("ACL", "SETUSER", "guest", "on", ">pass", "~*", "&*", "+@all", "-config")
        client.config_set("maxmemory-policy", "allkeys-lru")
    managed = fit.replace("//", "//guest:pass@")
    code, findings = run(RELAY_REDIS_URL=managed)
    assert (code, list(wrong(findings))) == (1, ["maxmemory-policy"])
    with redis.Redis.from_url(fit) as client:
        client.config_set("maxmemory-policy", "noeviction")
    code, findings = run(RELAY_REDIS_URL=managed)
    [unread] = [finding for finding in findings if finding["status"] != "ok"]
    assert (code, unread["check"], unread["status"]) == (0, "appendfsync", "warning")
    assert "provider's console" in unread["remedy"]
    assert "appendfsync must be always" in unread["remedy"]
    assert "CONFIG SET" not in unread["remedy"]


@pytest.mark.usefixtures("at_home")
def test_a_wrong_password_is_called_so_and_not_shown(fit: str) -> None:
    result = CliRunner().invoke(check, env={"RELAY_REDIS_URL": fit.replace("//", "//:hunter2@"), "COLUMNS": "200"})
    assert result.exit_code == 1
    assert "password" in result.stdout
    assert "hunter2" not in result.output


@pytest.mark.usefixtures("at_home")
def test_a_server_that_is_away_is_one_wrong_finding() -> None:
    code, findings = run(RELAY_REDIS_URL=f"redis://:hunter2@127.0.0.1:{free_port()}/0")
    assert code == 1
    assert list(wrong(findings)) == ["redis"]
    assert "hunter2" not in str(findings)


@pytest.mark.usefixtures("at_home")
def test_a_server_that_accepts_connections_and_never_answers_is_wrong() -> None:
    """The client's timeout (2 s) ends the wait."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        code, findings = run(RELAY_REDIS_URL=f"redis://127.0.0.1:{silent.getsockname()[1]}/0")
    assert (code, list(wrong(findings))) == (1, ["redis"])


@pytest.mark.usefixtures("at_home")
def test_no_redis_at_all_says_how_to_get_one() -> None:
    code, findings = run()
    assert code == 1
    assert "relay up" in wrong(findings)["redis"]
    assert "RELAY_REDIS_URL" in wrong(findings)["redis"]


def test_errors_of_the_file_and_of_the_server_are_shown_together(at_home: Path, fit: str) -> None:
    """The file's lines, and a server that answers."""
    (at_home / "relay.yaml").write_text(CONFIGURATION.replace("platform: web", "platform: fax"))
    code, findings = run(RELAY_REDIS_URL=fit)
    assert code == 1
    assert wrong(findings)["configuration"].startswith("relay.yaml:3: ")
    assert {"check": "maxmemory-policy", "status": "ok", "found": "noeviction", "remedy": ""} in findings


def test_a_mapping_with_an_unknown_source_is_named_with_file_and_line(
    at_home: Path, fit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The vocabulary has a field that relay's types lack; before, `relay check` found all well."""
    monkeypatch.setitem(FIELD_PATHS, "tax_amount", "product_action.taxx_amount")
    custom = "{tiktok_event: ViewContent, match: {name: x}, parameters: {value: {field: tax_amount}}}"
    (at_home / "relay.yaml").write_text(CONFIGURATION + f"    custom_mappings: [{custom}]\n")
    code, findings = run(RELAY_REDIS_URL=fit)
    found = wrong(findings)["configuration"]
    assert code == 1
    assert found.startswith("relay.yaml:5: connection `shop`, input `web`: ")
    assert "ProductAction has no field `taxx_amount`" in found


def test_warnings_do_not_change_the_exit_code(at_home: Path, fit: str) -> None:
    """No key, and a legacy connection, whose API TikTok retires."""
    (at_home / "relay.yaml").write_text(CONFIGURATION.replace("enable_web_migration: true", "enabled: true"))
    code, findings = run(RELAY_REDIS_URL=fit, RELAY_ENCRYPTION_KEY="")
    warned = {finding["check"] for finding in findings if finding["status"] == "warning"}
    assert (code, warned) == (0, {"configuration", "encryption at rest"})


def test_profiles_without_memory_are_a_warning(at_home: Path, fit: str) -> None:
    """The connection is named; with memory, or without a profile, there is none."""
    file = at_home / "relay.yaml"
    assert profiles_finding(fit, "0") == []
    file.write_text(CONFIGURATION.replace("enable_web_migration: true", "profile: {fields: [ttclid]}"))
    [found] = profiles_finding(fit, "0")
    assert found["status"] == "warning"
    assert "RELAY_PROFILES_MEMORY is 0" in found["found"]
    assert profiles_finding(fit, "64MiB") == []


def profiles_finding(url: str, memory: str) -> list[dict[str, Any]]:
    _, findings = run(RELAY_REDIS_URL=url, RELAY_PROFILES_MEMORY=memory)
    return [finding for finding in findings if finding["check"] == "profiles"]


@pytest.mark.usefixtures("at_home")
def test_wrong_settings_hide_the_rest() -> None:
    code, findings = run(RELAY_PORT="none")
    assert (code, findings) == (
        1,
        [{"check": "settings", "status": "wrong", "found": "RELAY_PORT: must be a port from 1 to 65535", "remedy": ""}],
    )


@pytest.mark.usefixtures("at_home")
def test_people_get_a_table_with_the_remedies(fit: str) -> None:
    with redis.Redis.from_url(fit) as client:
        client.config_set("maxmemory", 0)
    result = CliRunner().invoke(main, ["check"], env={"RELAY_REDIS_URL": fit, "COLUMNS": "200"})
    assert result.exit_code == 1
    assert "CONFIG SET maxmemory 1gb" in result.stdout
    assert result.stderr == ""


def alerts(findings: list[dict[str, Any]]) -> tuple[str, str]:
    """Return the status and text of the finding on the webhook."""
    [one] = [finding for finding in findings if finding["check"] == "alerts"]
    return one["status"], one["found"]


@pytest.mark.usefixtures("at_home")
def test_the_alert_finding_shows_no_webhook_url(fit: str) -> None:
    assert alerts(run(RELAY_REDIS_URL=fit)[1]) == ("ok", "no webhook is set: workers send no alerts")
    findings = run(RELAY_REDIS_URL=fit, RELAY_ALERT_WEBHOOK="https://hooks.example/hidden")[1]
    assert alerts(findings) == ("ok", "a webhook at hooks.example is set")
    assert "hidden" not in str(findings)


@pytest.mark.usefixtures("at_home")
def test_alert_sends_a_test_and_reports_failures(fit: str) -> None:
    """To a real receiver that accepts it, then refuses it, then is gone."""

    def tried(url: str) -> tuple[int, tuple[str, str]]:
        environ = {"RELAY_REDIS_URL": fit, "RELAY_ALERT_WEBHOOK": url}
        result = CliRunner().invoke(check, ["--json", "--alert"], env=environ)
        return result.exit_code, alerts(json.loads(result.stdout))

    with receiving() as receiver:
        assert tried(receiver.url) == (0, ("ok", "127.0.0.1 accepted a test"))
        [told] = receiver.taken
        assert told["relay"]["alert"] == "test"
        assert "this is a test" in told["text"]
        receiver.statuses = [404]
        assert tried(receiver.url) == (1, ("wrong", "127.0.0.1 did not accept a test: HTTP 404"))
    assert tried(receiver.url) == (1, ("wrong", "127.0.0.1 did not accept a test: ConnectError"))
    assert tried("")[1][0] == "wrong"


ROUTES = """
inputs:
  - {id: web, platform: web, api_key: k1, api_secret: s}
  - {id: ios, platform: ios, api_key: k2, api_secret: s}
  - {id: crm, platform: feed, api_key: k3, api_secret: s}
connections:
  - {id: shop, inputs: [web], access_token: good, event_source_id: CUSG5HBC77UD11VVRQEG, enable_web_migration: true}
  - id: game
    inputs: [ios]
    access_token: good
    event_source_id: "7000000000000000001"
    forward: {only_if: [{attribute: channel, is: shop}], sample: 0.0001%}
    native_events: {purchase: off}
    omit: [user]
  - {id: stores, inputs: [crm], access_token: good, event_source_id: "7000000000000000002", event_source_type: feed}
  - {id: old, inputs: [web], access_token: good, event_source_id: CLEGACYBC77UD11VVRQE}
  - id: broken
    inputs: [web]
    access_token: revoked
    event_source_id: CUSG5HBC77UD11VVRQE2
    enable_web_migration: true
    enabled: false
    gdpr_purpose: marketing
    test_event_code: TEST777
"""


def test_deep_proves_every_token_with_an_event_that_does_not_count(
    at_home: Path, fit: str, sandbox: SandboxClient
) -> None:
    """On every route with test events, whatever keeps a connection's real events from being sent."""
    (at_home / "relay.yaml").write_text(ROUTES)
    environ = {"RELAY_REDIS_URL": fit, "RELAY_TIKTOK_URL": sandbox.url}
    result = CliRunner().invoke(check, ["--json", "--deep", "--test-event-code", "TEST123"], env=environ)
    proofs = {
        finding["check"]: finding for finding in json.loads(result.stdout) if finding["check"].startswith("token of ")
    }
    assert {name.removeprefix("token of "): proof["status"] for name, proof in proofs.items()} == {
        **dict.fromkeys(("shop", "game", "stores"), "ok"),
        "old": "warning",
        "broken": "wrong",
    }
    assert "has no test events" in proofs["token of old"]["found"]
    assert "access_token" in proofs["token of broken"]["remedy"]
    assert result.exit_code == 1
    assert {event["test_event_code"] for event in sandbox.events()} == {"TEST123"}
    assert len(sandbox.events()) == 3
    assert "revoked" not in result.output


def test_deep_needs_a_code_and_says_where_it_is(at_home: Path, fit: str, sandbox: SandboxClient) -> None:
    """For the chosen connections; a fault of the event is no fault of the token."""
    (at_home / "relay.yaml").write_text(ROUTES)
    environ = {"RELAY_REDIS_URL": fit, "RELAY_TIKTOK_URL": sandbox.url}
    outcome = CliRunner().invoke(check, ["--json", "--deep", "--connection", "shop"], env=environ)
    [proof] = [finding for finding in json.loads(outcome.stdout) if finding["check"].startswith("token of ")]
    assert (outcome.exit_code, proof["status"]) == (0, "warning")
    assert "Events Manager" in proof["remedy"]
    sandbox.fault("code", code=40002, message="Invalid value for properties.value: 'me@shop.example'")
    chosen = ["--json", "--deep", "--connection", "shop", "--test-event-code", "TEST1"]
    outcome = CliRunner().invoke(check, chosen, env=environ)
    sandbox.fault("http_503")
    later = CliRunner().invoke(check, chosen, env=environ)
    sandbox.clear_faults()
    found = [json.loads(one.stdout)[-1] for one in (outcome, later)]
    assert [one["status"] for one in found] == ["warning", "wrong"]
    assert "accepted the token and refused the test event" in found[0]["found"]
    assert "me@shop.example" not in outcome.stdout
    assert CliRunner().invoke(check, ["--connection", "shop"], env=environ).exit_code == 2
    assert CliRunner().invoke(check, ["--deep", "--connection", "shpo"], env=environ).exit_code == 2


@pytest.mark.usefixtures("at_home")
@pytest.mark.parametrize(
    ("password", "status", "found"),
    [
        (None, "ok", "off; set RELAY_ADMIN_PASSWORD to switch it on"),
        ("letmein", "warning", "on, with a short password"),
        ("correct horse battery", "ok", "on, at /console of ingest"),
    ],
)
def test_a_short_console_password_is_a_warning(fit: str, password: str | None, status: str, found: str) -> None:
    """The password is not shown."""
    _, findings = run(RELAY_REDIS_URL=fit, **({} if password is None else {"RELAY_ADMIN_PASSWORD": password}))
    [one] = [finding for finding in findings if finding["check"] == "console"]
    assert (one["status"], one["found"]) == (status, found)
