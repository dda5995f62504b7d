"""Run another project's mapper under Node: a script of `benchmarks/node` that prints what it did."""

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec

SCRIPTS: Final = Path(__file__).parents[1] / "node"
FEWEST_BYTES_AN_EVENT: Final = 500


class Done(msgspec.Struct):
    """What a script did: how many events it mapped, in how long, and the length of their bodies."""

    events: int
    seconds: float
    cpu_s: float
    bodies: int


def run_script(node: str, script: str, *arguments: str, environ: Mapping[str, str] | None = None) -> Done:
    """Run a script and return what it did. Raise AssertionError if its bodies are too small to be events."""
    command: Sequence[str] = [node, script, *arguments]
    done = subprocess.run(  # noqa: S603 - node from PATH or NODE
        command, cwd=SCRIPTS, stdout=subprocess.PIPE, check=True, env={**os.environ, **(environ or {})}
    )
    outcome = msgspec.json.decode(done.stdout.splitlines()[-1], type=Done)
    if outcome.bodies < outcome.events * FEWEST_BYTES_AN_EVENT:
        raise AssertionError(f"{script} made no bodies: what it measures has changed")
    return outcome
