"""`relay demo` as a new user runs it: real processes, a true table, nothing left behind."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
from support.product import RELAY


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Return an environment with the caller's own settings, which the demo must not use."""
    return {
        **os.environ,
        "TMPDIR": str(tmp_path),
        "RELAY_REDIS_URL": "redis://127.0.0.1:1/0",
        "RELAY_TIKTOK_URL": "https://tiktok.invalid",
        "RELAY_CONFIG": str(tmp_path / "missing.yaml"),
    }


def left_behind(directory: Path) -> list[str]:
    """Return files below the directory and processes that mention it."""
    commands = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
        except OSError:
            continue
        if str(directory).encode() in command and process.name != str(os.getpid()):
            commands.append(process.name)
    return [*commands, *(str(path) for path in directory.iterdir())]


def test_it_shows_how_every_event_ended_and_exits(tmp_path: Path, environment: dict[str, str]) -> None:
    """The exit code is 0 and the table agrees with the stand-in's record, in 110 columns."""
    done = subprocess.run([RELAY, "demo"], env=environment, capture_output=True, text=True, timeout=250, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    for fact in (
        "TikTok received 20 events",
        "CompletePayment",
        "122.85 EUR",
        "7 dead letters",
        "rejected_by_tiktok 40002",
        "Invalid value for event_id",
        "invalid_ttclid",
        "15 accepted = 9 delivered + 4 dead-lettered + 1 unsupported + 1 withheld  ✓",
    ):
        assert fact in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 110
    assert left_behind(tmp_path) == []


def test_the_picture_in_the_documents_is_what_it_shows(tmp_path: Path, environment: dict[str, str]) -> None:
    """docs/demo.svg is generated again here; nothing in it depends on the day or the machine."""
    drawn = tmp_path / "demo.svg"
    subprocess.run([RELAY, "demo", "--save", drawn], env=environment, capture_output=True, timeout=250, check=True)
    picture = Path(__file__).parents[2] / "docs" / "demo.svg"
    assert drawn.read_bytes() == picture.read_bytes(), "docs/demo.svg is stale: renew it with make picture"


def test_with_keep_it_runs_until_it_is_interrupted(tmp_path: Path, environment: dict[str, str]) -> None:
    """It says where everything is; Ctrl-C ends it with success and leaves nothing."""
    with subprocess.Popen([RELAY, "demo", "--keep"], env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        output = ""
        for line in process.stdout:
            output += line
            if line.startswith("status"):
                break
        command = output.rpartition("env ")[2].split()
        variables = dict(word.split("=", 1) for word in command if "=" in word)
        own = {name: value for name, value in environment.items() if not name.startswith("RELAY_")}
        seen = subprocess.run(
            [RELAY, "status", "--verify"],
            env={**own, **variables},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=120) == 0
    assert seen.returncode == 0, seen.stderr
    assert "ledger balances" in seen.stdout
    assert "curl -i -u demo-web-key:demo-web-secret" in output
    assert left_behind(tmp_path) == []


def test_interrupted_while_it_runs_it_leaves_nothing(tmp_path: Path, environment: dict[str, str]) -> None:
    """Neither processes nor files."""
    with subprocess.Popen([RELAY, "demo"], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        while not list(tmp_path.glob("relay-demo-*/data/server.json")):
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=120) in (0, 1)
    assert left_behind(tmp_path) == []
