"""Every test has the same name in every run: processes share the tests by name, and a failure is repeated by name."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.not_quick
def test_two_runs_have_the_same_tests() -> None:
    """No name has a new key, a port or the order of a set."""
    assert _names("1") == _names("2")


def _names(hash_seed: str) -> list[str]:
    """Return the names of all tests, collected with this seed for the order of sets."""
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", "tests"]
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True, timeout=280)
    return [line for line in done.stdout.splitlines() if "::" in line]
