"""Settings: what each variable may be, where it may come from, and refusals that show no value."""

import ipaddress
import os
from pathlib import Path
from typing import Any

import pytest

from config import settings as module
from config.errors import ConfigurationError
from config.secrets import Keyring
from config.settings import Settings, load_settings

KEY = Keyring.new_key()


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Set no RELAY_ variable, and read Docker secrets from a directory of the test."""
    for name in Settings.model_fields:
        for variable in (f"RELAY_{name.upper()}", f"RELAY_{name.upper()}_FILE"):
            monkeypatch.delenv(variable, raising=False)
    directory = tmp_path / "secrets"
    directory.mkdir()
    monkeypatch.setattr(module, "SECRET_FILES", directory)
    return directory


def plain(value: Any) -> Any:
    return value.get_secret_value() if hasattr(value, "get_secret_value") else value


def refusals() -> list[str]:
    with pytest.raises(ConfigurationError) as refused:
        load_settings()
    return [str(problem) for problem in refused.value.problems]


def test_nothing_needs_to_be_set() -> None:
    """Every setting has a default."""
    assert load_settings().model_dump() == {
        "config": Path("relay.yaml"),
        "redis_url": None,
        "replicas": 0,
        "durability": None,
        "tiktok_url": "https://business-api.tiktok.com",
        "host": "127.0.0.1",
        "port": 8080,
        "sandbox_port": 8090,
        "data_dir": Path(".relay"),
        "encryption_key": None,
        "admin_password": None,
        "metrics_token": None,
        "alert_webhook": None,
        "alert_dead_letters_per_hour": 100,
        "log_format": "text",
        "max_request_bytes": 4_194_304,
        "max_connections": 1000,
        "keep_alive": 75.0,
        "trusted_proxies": (),
        "receipts_memory": 64 << 20,
        "profiles_memory": 64 << 20,
        "archive": None,
        "archive_memory": 64 << 20,
        "archive_days": 400,
        "cell": "",
    }


def ids(rows: list[tuple[str, str, Any]]) -> list[str]:
    """Name each row the same in every run: a new key is not part of a name."""
    return [f"{name}={text.replace(KEY, 'KEY')[:20]}" for name, text, *_ in rows]


RIGHT = [
    ("config", "/etc/relay.yaml", Path("/etc/relay.yaml")),
    ("redis_url", "rediss://:pw@redis.internal:6380/2", "rediss://:pw@redis.internal:6380/2"),
    ("redis_url", "unix:///run/redis.sock", "unix:///run/redis.sock"),
    ("admin_password", "\ufeff pass word \r\n", "pass word"),
    ("metrics_token", "token\r", "token"),
    ("tiktok_url", "https://tiktok.example/", "https://tiktok.example"),
    ("tiktok_url", "http://127.0.0.1:8090", "http://127.0.0.1:8090"),
    ("tiktok_url", "http://[::1]:8090", "http://[::1]:8090"),
    ("tiktok_url", "http://localhost:8090", "http://localhost:8090"),
    ("host", "0.0.0.0", "0.0.0.0"),
    ("port", "1", 1),
    ("sandbox_port", "65535", 65535),
    ("encryption_key", f"{KEY},{KEY}", f"{KEY},{KEY}"),
    ("alert_webhook", "https://hooks.slack.com/services/T/B/x", "https://hooks.slack.com/services/T/B/x"),
    ("alert_webhook", "http://127.0.0.1:9000/hook?a=b", "http://127.0.0.1:9000/hook?a=b"),
    ("alert_dead_letters_per_hour", "0", 0),
    ("log_format", "json", "json"),
    ("max_request_bytes", "4MiB", 4 << 20),
    ("max_request_bytes", "512 KiB", 512 << 10),
    ("max_request_bytes", "1048576", 1 << 20),
    ("max_request_bytes", "2048B", 2048),
    ("max_connections", "5000", 5000),
    ("receipts_memory", "0", 0),
    ("archive", "s3://shop-receipts/relay/", "s3://shop-receipts/relay"),
    ("archive", "file:///var/lib/relay/archive", "file:///var/lib/relay/archive"),
    ("archive", "az://receipts", "az://receipts"),
    ("archive_memory", "1MiB", 1 << 20),
    ("archive_days", "0", 0),
    ("receipts_memory", "256MiB", 256 << 20),
    ("keep_alive", "620", 620.0),
    ("trusted_proxies", "10.0.0.0/8", (ipaddress.ip_network("10.0.0.0/8"),)),
    ("trusted_proxies", "10.1.2.3, ::1", (ipaddress.ip_network("10.1.2.3"), ipaddress.ip_network("::1"))),
    ("port", "", 8080),
    ("redis_url", "", None),
]


@pytest.mark.parametrize(("name", "written", "value"), RIGHT, ids=ids(RIGHT))
@pytest.mark.parametrize("way", ["variable", "named file", "docker secret"])
def test_a_value_may_come_from_three_places(
    name: str, written: str, value: object, way: str, bare: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a variable, in the file that RELAY_X_FILE names, or in /run/secrets/relay_x; an empty value is none."""
    if (name, way) == ("config", "named file"):
        pytest.skip("there is no RELAY_CONFIG_FILE: see below")
    file = bare / f"relay_{name}" if way == "docker secret" else tmp_path / "value"
    file.write_text(written + "\n")
    if way == "variable":
        monkeypatch.setenv(f"RELAY_{name.upper()}", written)
    elif way == "named file":
        monkeypatch.setenv(f"RELAY_{name.upper()}_FILE", str(file))
    assert plain(getattr(load_settings(), name)) == value


WRONG = [
    ("redis_url", "hidden:6379", "redis://127.0.0.1:6379/0"),
    (
        "redis_url",
        "http://hidden",
        "redis://, rediss://, unix://, sentinel://, sentinels://, cluster:// or clusters://",
    ),
    ("redis_url", "redis://:hid/den@h", "percent-encode"),
    ("config", "inputs:\n  - hidden", "has several lines"),
    ("admin_password", '"hidden"', "has quotation marks around it"),
    ("admin_password", "'hidden'", "has quotation marks around it"),
    ("admin_password", "hid\x00den".replace("\x00", "\x1b"), "has a control character in it"),
    ("metrics_token", "hid\nden", "has several lines"),
    ("metrics_token", " \r\n", "has nothing in it but white space"),
    ("trusted_proxies", "10.0.0.0/8, hidden", "number 2 of them is neither"),
    ("tiktok_url", "business-api.tiktok.com", "must be a URL such as https://business-api.tiktok.com"),
    ("tiktok_url", "https://", "must be a URL"),
    ("tiktok_url", "https://x:99999", "must be a URL"),
    ("tiktok_url", "https://[", "must be a URL"),
    ("tiktok_url", "ftp://tiktok.example", "must be a URL"),
    ("tiktok_url", "http://tiktok.example", "must begin with https://"),
    ("tiktok_url", "http://127.0.0.1.tiktok.example", "must begin with https://"),
    ("tiktok_url", "https://tiktok.example/open_api", "a scheme and a host only"),
    ("tiktok_url", "https://tiktok.example?a=b", "a scheme and a host only"),
    ("tiktok_url", "https://me:hidden@tiktok.example", "a scheme and a host only"),
    ("alert_webhook", "hooks.slack.com/hidden", "must be a URL such as https://hooks.slack.com/services/…"),
    ("alert_webhook", "http://hooks.slack.com/hidden", "must begin with https://"),
    ("alert_webhook", "https://hooks.slack.com:x/hidden", "must be a URL"),
    ("alert_dead_letters_per_hour", "-1", "must be a whole number; 0 means that dead letters raise no alert"),
    ("port", "0", "must be a port from 1 to 65535"),
    ("port", "65536", "must be a port from 1 to 65535"),
    ("port", "http", "must be a port from 1 to 65535"),
    ("encryption_key", "hidden", "key 1 is not a Fernet key"),
    ("encryption_key", f"{KEY},hidden", "key 2 is not a Fernet key (make one with: relay secrets key)"),
    ("log_format", "xml", "must be text or json"),
    ("max_connections", "9", "a whole number from 10 to 100000"),
    ("receipts_memory", "-1", "a size such as 64MiB; 0 means that no receipts are kept"),
    ("archive", "hidden", "must be a URL such as file:///var/lib/relay/archive, s3://bucket/path"),
    ("archive", "file://relative/path", "must be a URL such as file:///"),
    ("archive", "file:///", "must be a URL such as file:///"),
    ("archive", "s3:///path", "must be a URL such as"),
    ("archive", "s3://[hidden", "must be a URL such as"),
    ("archive", "s3://me:hidden@bucket/path", "credentials and options belong in the variables of the service"),
    ("archive", "az://container/path?sig=hidden", "credentials and options belong in the variables of the service"),
    ("archive_memory", "1KiB", "a size of at least 1MiB"),
    ("archive_days", "-1", "a whole number of days up to 36500; 0 means that files are kept"),
    ("keep_alive", "0", "seconds from 1 to 3600"),
    ("keep_alive", "75s", "seconds from 1 to 3600"),
    ("max_request_bytes", "4MB", "a size from 1KiB to 1GiB, such as 4MiB"),
    ("max_request_bytes", "1", "a size from 1KiB to 1GiB"),
    ("max_request_bytes", "-1", "a size from 1KiB to 1GiB"),
    ("trusted_proxies", "10.0.0.1/8", "must be IP addresses and networks"),
    ("trusted_proxies", "proxy.internal", "must be IP addresses and networks"),
]


@pytest.mark.parametrize(("name", "written", "words"), WRONG, ids=ids(WRONG))
def test_a_wrong_value_is_one_sentence(name: str, written: str, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It names the variable and what is allowed, and shows no secret."""
    monkeypatch.setenv(f"RELAY_{name.upper()}", written)
    (refusal,) = refusals()
    assert refusal.startswith(f"RELAY_{name.upper()}: ")
    assert words in refusal
    assert "hidden" not in refusal


def test_every_wrong_variable_is_reported_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also files that cannot be read."""
    monkeypatch.setenv("RELAY_PORT", "x")
    monkeypatch.setenv("RELAY_LOG_FORMAT", "x")
    monkeypatch.setenv("RELAY_MAX_REQUEST_BYTES_FILE", "/no/such/file")
    monkeypatch.setenv("RELAY_METRICS_TOKEN", "hidden")
    monkeypatch.setenv("RELAY_METRICS_TOKEN_FILE", "/no/such/file")
    assert sorted(refusals()) == [
        "RELAY_LOG_FORMAT: must be text or json",
        f"RELAY_MAX_REQUEST_BYTES: cannot be read from the file in RELAY_MAX_REQUEST_BYTES_FILE: {os.strerror(2)}",
        "RELAY_METRICS_TOKEN: is set, and so is RELAY_METRICS_TOKEN_FILE: set one of them",
        "RELAY_PORT: must be a port from 1 to 65535",
    ]


def test_the_configuration_file_is_never_taken_for_its_own_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """RELAY_CONFIG_FILE would print the whole configuration as a path that cannot be read."""
    (tmp_path / "relay.yaml").write_text("api_secret: hidden")
    monkeypatch.setenv("RELAY_CONFIG_FILE", str(tmp_path / "relay.yaml"))
    (refusal,) = refusals()
    assert refusal == (
        "RELAY_CONFIG: RELAY_CONFIG_FILE is no setting: "
        "the path of the configuration file belongs in RELAY_CONFIG itself"
    )


def test_a_variable_wins_over_a_docker_secret(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A secret that Docker mounts everywhere can be overridden in one place."""
    (bare / "relay_port").write_text("1111")
    monkeypatch.setenv("RELAY_PORT", "2222")
    assert load_settings().port == 2222


def test_a_secret_file_that_is_not_text_is_refused(bare: Path) -> None:
    """The sentence names the file."""
    (bare / "relay_admin_password").write_bytes(b"\xff\xfe")
    (refusal,) = refusals()
    assert refusal.startswith("RELAY_ADMIN_PASSWORD: cannot be read from the file in ")
    assert refusal.endswith("not UTF-8 text")


def test_no_representation_shows_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    """The Redis password, the keys, the password and the token stay out of logs."""
    for name, value in (
        ("REDIS_URL", "redis://:hidden@h"),
        ("ENCRYPTION_KEY", KEY),
        ("ADMIN_PASSWORD", "hidden"),
        ("METRICS_TOKEN", "hidden"),
        ("ALERT_WEBHOOK", "https://hooks.example/hidden"),
    ):
        monkeypatch.setenv(f"RELAY_{name}", value)
    settings = load_settings()
    shown = f"{settings!r} {settings!s} {settings.model_dump()} {settings.model_dump_json()}"
    assert "hidden" not in shown
    assert KEY not in shown


def test_the_keyring_is_the_one_that_was_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """None without a key; with keys, it decrypts what either key encrypted."""
    assert load_settings().keyring is None
    monkeypatch.setenv("RELAY_ENCRYPTION_KEY", f"{Keyring.new_key()}, {KEY}")
    keyring = load_settings().keyring
    assert keyring is not None
    assert keyring.decrypt(Keyring([KEY]).encrypt(b"old")) == b"old"
