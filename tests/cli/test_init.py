"""`relay init` writes a configuration that loads, and commands read the `.env` beside it."""

import os
import re
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from support.product import RELAY
from support.terminal import relay

from cli.main import main
from config.errors import ConfigurationError
from config.file import load
from config.files.env_file import load_env_file

PLATFORMS = ("web", "ios", "android", "feed")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Give an empty working directory; afterwards restore the environment."""
    before = dict(os.environ)
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    os.environ.clear()
    os.environ.update(before)


def init(*arguments: str, answers: str | None = None) -> tuple[int, str]:
    result = CliRunner().invoke(main, ["init", *arguments], input=answers)
    return result.exit_code, result.output


@pytest.mark.parametrize("platform", PLATFORMS)
def test_the_files_load_together(here: Path, platform: str) -> None:
    code, _ = init(
        "--platform", platform, "--event-source-id", "C123", "--region", "de", "--token-stdin", answers="token\n"
    )
    assert code == 0
    variables: dict[str, str] = {}
    load_env_file(here / ".env", variables)
    configuration = load(here / "relay.yaml", variables)
    connection = configuration.connections[f"shop-{platform}"]
    assert (connection.access_token, connection.event_source_id, connection.default_region) == ("token", "C123", "DE")
    assert configuration.inputs[platform].api_key == variables[f"{platform.upper()}_KEY"]


@pytest.mark.parametrize("platform", PLATFORMS)
def test_the_first_case_passes(here: Path, platform: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a token; a case file of the operator is never overwritten."""
    monkeypatch.setenv("RELAY_CONFIG", "relay.yaml")
    code, _ = init("--platform", platform, "--event-source-id", "C123")
    assert code == 0
    tested = relay("test", "cases.yaml")
    assert tested.exit_code == 0, tested.stdout
    (here / "cases.yaml").write_text("mine")
    init("--platform", platform, "--event-source-id", "C123", "--force")
    assert (here / "cases.yaml").read_text() == "mine"


def test_every_setting_is_in_the_file_and_loads_when_uncommented(here: Path) -> None:
    """Settings without a default need a value, which the file cannot know."""
    init("--platform", "web", "--event-source-id", "C123", "--token-stdin", answers="token\n")
    text = (here / "relay.yaml").read_text()
    assert "](" not in text  # links are for documents
    (here / "relay.yaml").write_text(re.sub(r"^    # ([a-z_]+: \S)", r"    \1", text, flags=re.MULTILINE))
    variables: dict[str, str] = {}
    load_env_file(here / ".env", variables)
    assert load(here / "relay.yaml", variables).connections["shop-web"].max_events_per_request == 1000


def test_keys_are_new_each_time_and_only_their_owner_reads_them(here: Path) -> None:
    init("--platform", "web", "--event-source-id", "C123")
    first = (here / ".env").read_text()
    assert stat.S_IMODE((here / ".env").stat().st_mode) == 0o600
    init("--platform", "web", "--event-source-id", "C123", "--force")
    second = (here / ".env").read_text()
    values = re.compile(r"^(\w+_(?:KEY|SECRET|PASSWORD))=(.+)$", re.MULTILINE)
    assert set(values.findall(first)).isdisjoint(values.findall(second))
    assert len(values.findall(first)) == 6


def test_overwriting_keeps_the_former_encryption_key_behind_the_new_one(here: Path) -> None:
    """Waiting events and dead letters in Redis are lost without it."""
    arguments = ("--platform", "web", "--event-source-id", "C123")
    keys: list[list[str]] = []
    for _ in range(3):
        assert init(*arguments, "--force")[0] == 0
        variables: dict[str, str] = {}
        load_env_file(here / ".env", variables)
        keys.append(variables["RELAY_ENCRYPTION_KEY"].split(","))
    assert [len(each) for each in keys] == [1, 2, 3]
    assert keys[2][1:] == keys[1]
    assert keys[1][1:] == keys[0]


def test_files_that_exist_stay(here: Path) -> None:
    (here / ".env").write_text("PRECIOUS=1\n")
    code, output = init("--platform", "web", "--event-source-id", "C123")
    assert (code, (here / ".env").read_text()) == (1, "PRECIOUS=1\n")
    assert ".env exists already. Pass --force to overwrite." in output
    assert not (here / "relay.yaml").exists()


def test_without_a_terminal_and_without_options_it_says_what_to_pass(here: Path) -> None:
    code, output = init()
    assert code == 2
    assert "Not running in a terminal; pass --platform and --event-source-id." in output


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [("--region", "Deutschland", "two letters of a country"), ("--event-source-id", "a b", "a Pixel ID")],
)
def test_a_wrong_answer_is_refused_as_in_the_file(here: Path, option: str, value: str, message: str) -> None:
    code, output = init("--platform", "web", "--event-source-id", "C123", option, value)
    assert code == 2
    assert message in output


def test_up_without_a_file_says_to_write_one(here: Path) -> None:
    finished = subprocess.run([RELAY, "up"], cwd=here, capture_output=True, text=True, check=False)
    assert finished.returncode == 1
    assert "relay.yaml: does not exist: write one with `relay init`" in finished.stderr


def test_variables_that_are_set_win_over_the_file(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes("\ufeffA=file\r\nB='quoted value'\r\nEMPTY=\r\n".encode())
    environ = {"A": "set"}
    load_env_file(tmp_path / ".env", environ)
    assert environ == {"A": "set", "B": "quoted value"}


def test_a_binary_env_file_is_named_without_its_content(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"SECRET=\xff\xfe\xfd")
    with pytest.raises(ConfigurationError, match="is not UTF-8 text") as raised:
        load_env_file(tmp_path / ".env", {})
    assert "SECRET" not in str(raised.value)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_completion_script_is_the_shells(shell: str) -> None:
    result = CliRunner().invoke(main, ["completion", shell])
    assert result.exit_code == 0
    assert "_RELAY_COMPLETE" in result.output


def test_completion_offers_commands_without_importing_them() -> None:
    finished = subprocess.run(
        RELAY,
        env={**os.environ, "_RELAY_COMPLETE": "bash_complete", "COMP_WORDS": "relay dead", "COMP_CWORD": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "dead-letters" in finished.stdout
