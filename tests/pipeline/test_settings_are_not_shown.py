"""Every setting, malformed, quoted, from a file, unreachable or refused: no output contains any part of its secret."""

from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest
import redis
from click.testing import CliRunner
from support.acl import running_server
from support.receiver import receiving
from support.server import free_port

from cli.main import main
from config.settings import Settings

SECRET = "kite9plum"
PARTS = {SECRET[at : at + 4] for at in range(len(SECRET) - 3)}
PROCESSES = ("check", "status", "ingest", "worker", "flower", "up")

MALFORMED = {
    "config": [f"inputs:\n- {SECRET}"],
    "redis_url": [
        *(f"redis://:{SECRET}{mark}x@h/0" for mark in "/#?@ "),
        *(f"redis://{where}" for where in (f"{SECRET}@h", f"h/{SECRET}", f"h?{SECRET}=1", f":{SECRET}@h:99999")),
        *(
            SECRET,
            f"unix://{SECRET}",
            f"rediss://h?ssl_cert_reqs={SECRET}",
            f"http://:{SECRET}@h",
            f"redis://[{SECRET}]",
            f"sentinel://:{SECRET}/x@h:26379/relay",
            f"sentinel://{SECRET}",
            f"sentinels://u:{SECRET}@h:26379",
        ),
    ],
    "replicas": [SECRET],
    "durability": [SECRET],
    "cell": [f"a {SECRET}"],
    "tiktok_url": [SECRET, f"https://u:{SECRET}@h", f"http://{SECRET}.example", f"https://h/?t={SECRET}"],
    "host": [f"127.0.0.1\n{SECRET}"],
    "port": [SECRET],
    "sandbox_port": [SECRET],
    "data_dir": [f".relay\n{SECRET}"],
    "encryption_key": [SECRET, f"{SECRET},{SECRET}"],
    "admin_password": [f"{SECRET}\nx", f"{SECRET}\x1bx"],
    "metrics_token": [f"{SECRET}\r\nx", f"{SECRET}\x00x".replace("\x00", "\x01")],
    "alert_webhook": [SECRET, f"http://h.example/{SECRET}", f"https://h:x/{SECRET}", f"ftp://{SECRET}@h"],
    "alert_dead_letters_per_hour": [SECRET],
    "log_format": [SECRET],
    "max_request_bytes": [SECRET],
    "max_connections": [SECRET],
    "keep_alive": [SECRET],
    "receipts_memory": [SECRET],
    "profiles_memory": [SECRET],
    "archive": [SECRET, f"s3://key:{SECRET}@bucket/x", f"s3://bucket/x?secret_access_key={SECRET}", f"ftp://{SECRET}"],
    "archive_memory": [SECRET],
    "archive_days": [SECRET],
    "trusted_proxies": [f"10.0.0.0/8,{SECRET}"],
}
ROWS = [(name, value) for name, values in MALFORMED.items() for value in (*values, f'"{SECRET}"', f"'{SECRET}'")]


@pytest.fixture(autouse=True)
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An empty directory without settings."""
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(f"RELAY_{name.upper()}", raising=False)
    return


def output_of(*arguments: str, **environ: str) -> str:
    """Return everything that a command or process writes, and its exception; it must fail."""
    done = CliRunner().invoke(main, list(arguments), env={"COLUMNS": "300", **environ})
    assert done.exit_code != 0, done.output
    return f"{done.output} {done.exception!r}"


def leaked(text: str) -> set[str]:
    """Return the parts of the secret that stand in the output."""
    return {part for part in PARTS if part in text}


def test_the_table_has_every_setting() -> None:
    """A new setting must be added here."""
    assert MALFORMED.keys() == Settings.model_fields.keys()


@pytest.mark.parametrize(("name", "value"), ROWS, ids=[f"{name}={value!r}" for name, value in ROWS])
def test_a_malformed_or_quoted_setting_is_not_shown(name: str, value: str, tmp_path: Path) -> None:
    """By no process and no command, from the environment or from a file."""
    variable = f"RELAY_{name.upper()}"
    (tmp_path / "value").write_text(value)
    ways = ({variable: value}, {f"{variable}_FILE": str(tmp_path / "value")})
    formats = ({},) if name == "log_format" else ({"RELAY_LOG_FORMAT": "text"}, {"RELAY_LOG_FORMAT": "json"})
    for process, way, log_format in product(PROCESSES, ways, formats):
        output = output_of(process, **way, **log_format)
        assert variable in output
        assert leaked(output) == set(), output


@pytest.mark.parametrize("value", [f"relay:{SECRET},x", f'"relay:{SECRET}"', f"relay:{SECRET}\nx", SECRET])
def test_an_account_of_flower_is_not_shown(value: str) -> None:
    """Nor is a part of it used."""
    assert leaked(output_of("flower", FLOWER_BASIC_AUTH=value, RELAY_REDIS_URL="redis://127.0.0.1:1/0")) == set()


UNREACHABLE = ["redis://:{s}@127.0.0.1:{p}/0", "redis://{s}:{s}@relay.invalid/0", "unix://:{s}@/no/such/socket"]


@pytest.mark.parametrize("form", UNREACHABLE)
def test_a_password_of_an_unreachable_redis_is_not_shown(form: str, tmp_path: Path) -> None:
    """Its address may be shown, its password not."""
    url = form.format(s=SECRET, p=free_port())
    for command in (["check"], ["status"], ["dead-letters", "list"], ["connections", "list"]):
        assert leaked(output_of(*command, RELAY_REDIS_URL=url)) == set()


@pytest.mark.parametrize("who", [f":{SECRET}", f"{SECRET}:{SECRET}"])
def test_a_password_that_redis_refuses_is_not_shown(who: str, tmp_path: Path) -> None:
    """Wrong password, wrong user."""
    with running_server(tmp_path) as url:
        with redis.Redis.from_url(url) as admin:
            admin.config_set("requirepass", "another")
        for command in (["check"], ["status"], ["dead-letters", "list"]):
            output = output_of(*command, RELAY_REDIS_URL=url.replace("redis://", f"redis://{who}@"))
            assert leaked(output) == set()
            assert "refuses the user or the password" in output


def test_a_webhook_that_fails_is_not_shown() -> None:
    """The whole URL is secret; only its host is shown."""
    assert (
        leaked(output_of("check", "--alert", RELAY_ALERT_WEBHOOK=f"http://127.0.0.1:{free_port()}/{SECRET}")) == set()
    )
    with receiving() as receiver:
        receiver.statuses = [403]
        assert leaked(output_of("check", "--alert", RELAY_ALERT_WEBHOOK=f"{receiver.url}?key={SECRET}")) == set()
