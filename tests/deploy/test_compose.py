"""docker-compose.yml and the Dockerfile without an engine: their statements hold, and what they start exists."""

import os
import re
from typing import Any

import pytest
from ruamel.yaml import YAML
from support.product import PACKAGES, ROOT

from cli.check.redis import REQUIREMENTS, finding_of
from cli.local.local_stack import INGEST_STOP_S, SANDBOX_STOP_S, WORKER_STOP_S
from cli.main import COMMANDS
from config.file import load
from config.secrets import Keyring
from config.settings import Settings

COMPOSE: dict[str, Any] = YAML(typ="safe").load(ROOT / "docker-compose.yml")
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
PROCESSES = ["ingest", "consume", "worker", "flower", "sandbox"]
REQUIRED = {"RELAY_ENCRYPTION_KEY", "REDIS_PASSWORD", "FLOWER_PASSWORD"}


def example() -> dict[str, str]:
    """Return the variables of .env.example, empty ones included."""
    lines = (ROOT / ".env.example").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def test_the_services_are_those_that_the_design_names() -> None:
    """Sandbox and sender have the profile `demo` only, RabbitMQ and consume their own.

    No service has a container name that forbids a second one.
    """
    assert {name for name, service in SERVICES.items() if "profiles" not in service} == {
        "redis",
        "ingest",
        "worker",
        "flower",
    }
    assert {name for name, service in SERVICES.items() if service.get("profiles") == ["demo"]} == {"sandbox", "sender"}
    assert {name for name, service in SERVICES.items() if "rabbitmq" in service.get("profiles", ())} == {
        "consume",
        "rabbitmq",
    }
    assert not any("container_name" in service for service in SERVICES.values())


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_is_restarted_and_has_time_to_end(name: str) -> None:
    """At least as long as relay up gives it."""
    assert SERVICES[name]["restart"] == "always"
    needed = {"ingest": INGEST_STOP_S, "worker": WORKER_STOP_S, "sandbox": SANDBOX_STOP_S}
    number, unit = re.fullmatch(r"(\d+)([sm])", SERVICES[name]["stop_grace_period"]).groups()  # type: ignore[union-attr]
    assert int(number) * {"s": 1, "m": 60}[unit] >= needed.get(name, 5)


@pytest.mark.parametrize("name", SERVICES)
def test_published_ports_are_for_this_host_only(name: str) -> None:
    """Redis publishes none, nor do workers, so that there may be several."""
    ports = SERVICES[name].get("ports", [])
    assert len(ports) == (name in ("ingest", "flower", "sandbox", "rabbitmq"))
    assert all(re.fullmatch(r"\$\{\w+:-127\.0\.0\.1:(\d+)\}:\1", port) for port in ports)


@pytest.mark.parametrize("name", [*PROCESSES, "sender"])
def test_our_processes_may_do_little(name: str) -> None:
    """A read-only root file system, no capability, no new privilege, no writable volume."""
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert all(volume["read_only"] for volume in service.get("volumes", []))
    assert "user" not in service, "the image's user is not root"
    assert service["ulimits"] == {"core": 0}


SECRETS: dict[str, set[str]] = {
    "redis": {"REDIS_PASSWORD"},
    "ingest": {"WEB_KEY", "WEB_SECRET", "TIKTOK_TOKEN", "RELAY_ENCRYPTION_KEY", "RELAY_ADMIN_PASSWORD"}
    | {"RELAY_METRICS_TOKEN", "RELAY_ALERT_WEBHOOK", "RABBITMQ_PASSWORD"},
    "consume": {"WEB_KEY", "WEB_SECRET", "TIKTOK_TOKEN", "RELAY_ENCRYPTION_KEY", "RELAY_ALERT_WEBHOOK"}
    | {"RABBITMQ_PASSWORD"},
    "worker": {"WEB_KEY", "WEB_SECRET", "TIKTOK_TOKEN", "RELAY_ENCRYPTION_KEY", "RELAY_ALERT_WEBHOOK"}
    | {"RABBITMQ_PASSWORD"},
    "rabbitmq": {"RABBITMQ_PASSWORD"},
    "flower": {"FLOWER_PASSWORD"},
    "sandbox": set(),
    "sender": {"WEB_KEY", "WEB_SECRET"},
}
"""Which of .env's secrets each container may see, apart from Redis's password inside RELAY_REDIS_URL."""


@pytest.mark.parametrize("name", SERVICES)
def test_each_container_sees_only_the_secrets_that_it_uses(name: str) -> None:
    """From .env, then from `environment`, which wins even where it is empty."""
    service = SERVICES[name]
    known = set().union(*SECRETS.values())
    filled = dict.fromkeys(known, "a-secret") if "env_file" in service else {}
    handed = {**filled, **service["environment"]}
    seen = {variable for variable, value in handed.items() if value == "a-secret"}
    seen |= {
        secret for value in handed.values() for secret in known if "RELAY_" not in secret and f"${{{secret}" in value
    }
    seen |= {"RELAY_ENCRYPTION_KEY"} & {variable for variable, value in handed.items() if value}
    url = {"REDIS_PASSWORD"} if "RELAY_REDIS_URL" in handed else set()
    assert seen - url == SECRETS[name]


@pytest.mark.parametrize("name", PROCESSES)
def test_commands_and_variables_exist(name: str) -> None:
    """A service's command is one of relay's, and each RELAY_ variable is a setting with a valid value."""
    service = SERVICES[name]
    assert service["command"] == [name]
    assert name in COMMANDS
    known = {f"RELAY_{field.upper()}" for field in Settings.model_fields}
    assert {variable for variable in service["environment"] if variable.startswith("RELAY_")} <= known


def test_the_redis_of_compose_passes_relay_check() -> None:
    """Every requirement that a configuration can meet, with the values of the file."""
    script = SERVICES["redis"]["command"][2]
    facts = dict(line.split(" ", 1) for line in script.splitlines()[1:-1])
    facts["maxmemory"] = str(1 << 30) if facts["maxmemory"] == "${REDIS_MAXMEMORY:-1gb}" else "0"
    rows = [row for row in REQUIREMENTS if row.fact in facts]
    assert len(rows) == 4
    assert [finding_of(row, facts).status for row in rows] == ["ok"] * 4
    assert SERVICES["redis"]["volumes"] == ["redis:/data"]
    assert "redis" in COMPOSE["volumes"]


def test_compose_refuses_to_start_without_required_variables() -> None:
    """`${NAME:?what to do}` for exactly the three; each is empty in .env.example, which sets nothing unknown."""
    text = (ROOT / "docker-compose.yml").read_text()
    demanded = set(re.findall(r"(?<!\$)\$\{(\w+):\?[^}]+\}", text))
    optional = set(re.findall(r"(?<!\$)\$\{(\w+):-[^}]*\}", text))
    assert demanded == REQUIRED
    assert all(example()[name] == "" for name in REQUIRED)
    mentioned = set(re.findall(r"^#? ?([A-Z][A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert optional - {"RELAY_VERSION"} <= mentioned
    settings = {f"RELAY_{name.upper()}" for name in Settings.model_fields}  # env_file hands every one on
    assert mentioned <= demanded | optional | settings | {"TIKTOK_TOKEN"}


def test_the_example_environment_filled_in_fits_the_example_configuration() -> None:
    """Every ${NAME} of config/relay.example.yaml is in .env.example, and the file is then accepted."""
    filled = {name: value or "filled-in" for name, value in example().items()}
    assert load(ROOT / "config" / "relay.example.yaml", filled).connections


def test_openssl_makes_a_valid_key() -> None:
    """32 random bytes in URL-safe base64, as .env.example says."""
    import base64

    assert "openssl rand -base64 32 | tr +/ -_" in (ROOT / ".env.example").read_text()
    keyring = Keyring.from_text(base64.b64encode(os.urandom(32)).decode().translate(str.maketrans("+/", "-_")))
    assert keyring is not None
    assert keyring.decrypt(keyring.encrypt(b"text")) == b"text"


def instructions() -> list[tuple[str, str]]:
    """Return the Dockerfile as (instruction, arguments) pairs."""
    text = re.sub(r"\\\n\s*", " ", (ROOT / "Dockerfile").read_text())
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(line.split(" ", 1)[0], line.split(" ", 1)[1]) for line in lines]


def test_copied_files_exist_and_reach_the_builder() -> None:
    """Every COPY from the checkout names a path that .dockerignore admits; every package of the wheel is copied."""
    copied = [
        path for word, rest in instructions() if word == "COPY" and "--from" not in rest for path in rest.split()[:-1]
    ]
    let_through = {
        line.removeprefix("!") for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")
    }
    assert all((ROOT / path).exists() for path in copied)
    assert set(copied) == let_through
    assert set(PACKAGES) <= set(copied)


def test_the_image_runs_relay_directly_and_not_as_root() -> None:
    """Exec form: signals reach the process and not a shell. The last stage installs nothing and has no pip."""
    last = max(number for number, (word, _) in enumerate(instructions()) if word == "FROM")
    final = dict(instructions()[last:])
    assert final["ENTRYPOINT"] == '["relay"]'
    assert final["CMD"] == '["--help"]'
    assert final["STOPSIGNAL"] == "SIGTERM"
    assert re.fullmatch(r"[1-9]\d+:[1-9]\d+", final["USER"]), "a number, which Kubernetes can see is not root's"
    assert "pip uninstall" in final["RUN"]
    assert "install " not in final["RUN"].replace("uninstall ", "")
    assert any("--require-hashes" in rest for word, rest in instructions()[:last] if word == "RUN")
