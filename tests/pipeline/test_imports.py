"""What processes import: a module that a process never uses is memory that each of them takes."""

import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from support.chaos import CONFIGURATION
from support.events import batch, purchase
from support.plant import Plant
from support.waiting import until

RECORDER = """
import atexit, os, sys
from pathlib import Path

atexit.register(lambda: Path(os.environ["IMPORTED"], str(os.getpid())).write_text("\\n".join(sys.modules)))
"""
"""Python runs this first in each process, and the function as its last."""


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """Give the modules that each process of a relay has imported until its end, after an event was delivered.

    No encryption key, no page of the console, no webhook, and TikTok is on this machine.
    """
    directory = tmp_path_factory.mktemp("plant")
    (directory / "sitecustomize.py").write_text(RECORDER)
    search_path = os.pathsep.join([str(directory), *filter(None, [os.environ.get("PYTHONPATH")])])
    environment = {
        "PYTHONPATH": search_path,
        "IMPORTED": str(directory),
        "RELAY_ADMIN_PASSWORD": "long-enough-password",
    }
    with Plant(directory, CONFIGURATION, ingests=1, workers=1, environment=environment) as plant:
        plant.wait_until_ready()
        answer = httpx.post(
            f"{plant.ingest_urls[0]}/v2/events", json=batch(purchase(1)), auth=("key", "secret"), trust_env=False
        )
        assert answer.status_code == 202
        until(plant.sandbox.events)
    return {process.name: modules_of(directory / str(process.pid)) for process in plant.processes[1:]}


def modules_of(file: Path) -> set[str]:
    """Return the recorded modules."""
    return set(file.read_text().split("\n"))


OTHERS = {"benchmarks", "cli.terminal.output", "rich", "pygments", "prompt_toolkit", "flower", "tornado", "click_repl"}
"""What only commands for people need, or other processes."""


@pytest.mark.parametrize(
    ("process", "needless"),
    [
        (
            "worker-0",
            {
                *("console", "consume", "ingest", "sandbox", "starlette", "uvicorn", "uvloop", "jinja2"),
                *("prometheus_client", "celery.bin", "httpx", "cryptography.hazmat", "pyarrow", "obstore"),
            },
        ),
        (
            "ingest-0",
            {
                *("consume", "sandbox", "worker", "celery", "kombu", "httpx", "httpcore", "cryptography.hazmat"),
                *("jinja2", "console.app", "console.pages", "pyarrow", "obstore", "delivery.client"),
            },
        ),
    ],
)
def test_a_process_imports_nothing_of_others(process: str, needless: set[str], imported: dict[str, set[str]]) -> None:
    """Each row was once imported, some by a library as soon as it is installed."""
    assert "lanes.chunk" in imported[process]
    assert imported[process] & (needless | OTHERS) == set()


@pytest.mark.parametrize("modules", ["cli.local.up", "cli.processes.console, console.app", "cli.processes.serve"])
def test_what_runs_in_the_background_loads_nothing_to_draw_with(modules: str) -> None:
    """structlog alone would load rich, and rich pygments."""
    command = [sys.executable, "-c", f"import sys, {modules}; print(*sys.modules)"]
    loaded = set(subprocess.run(command, capture_output=True, text=True, check=True).stdout.split())
    assert "structlog" in loaded
    assert loaded & {"rich", "pygments"} == set()
