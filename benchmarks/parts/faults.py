"""Count the events lost when every process is killed at random and TikTok fails in every way: a short soak."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from benchmarks.report.figures import figure
from benchmarks.report.result import Result

SOAK: Final = Path(__file__).parents[2] / "tests" / "soak.py"


def run(quick: bool) -> list[Result]:
    """Measure the share of accepted events that TikTok has, or that were dead-lettered for their own fault."""
    seconds = 15 if quick else 120
    with tempfile.NamedTemporaryFile() as file:
        environment = {**os.environ, "SECONDS": str(seconds), "FIGURES": file.name}
        done = subprocess.run([sys.executable, SOAK], env=environment, capture_output=True, text=True, check=False)  # noqa: S603 - our own soak
        counted = Path(file.name).read_text()
    if not counted:
        raise RuntimeError(f"the soak did not come to its end: {done.stderr[-500:]}")
    rows = json.loads(counted)
    events, kills, lost = rows["events accepted, times connections"], rows["kills"], rows["lost"]
    note = f"{kills} kills in {seconds} s, Redis's among them, {events:,} events; make soak: an hour of it"
    kept = 100 * (events - lost) / events
    return [
        figure("faults", "accepted events not lost", "%", [kept], better="more", target=100.0, note=note),
        figure("faults", "kills", "", [kills], better="more"),
    ]
