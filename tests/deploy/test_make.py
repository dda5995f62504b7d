"""Each target of the Makefile installs only what it needs, so that a newcomer does not wait for linters."""

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("target", "installed"),
    [("demo", "."), ("picture", "."), ("test", ".[test]"), ("faults", ".[test]"), ("check", ".[test,lint]")],
)
def test_a_target_installs_what_it_needs(target: str, installed: str, tmp_path: Path) -> None:
    """In a fresh clone without a virtual environment."""
    command = ["make", "--dry-run", "--directory", str(ROOT), f"VENV={tmp_path}/venv", target]
    planned = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    [install] = [line for line in planned.splitlines() if "pip install" in line]
    assert install.endswith(f"--editable '{installed}'")
