"""The soak: a relay in the worst of all worlds for an hour (SHORT=1: ten minutes; SECONDS: as you say).

Run as a program, prints a table with its seed; exit 0 when nothing is lost. `make soak` does. FIGURES names a
file for the table as JSON.
"""

import json
import os
import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).parent))

from support.chaos import Chaos, Outcome, check, configuration, outcome_of
from support.plant import Plant
from support.posters import Posters

ACTIONS = {
    "kill_worker": 8,
    "kill_ingest": 6,
    "kill_server": 3,
    "freeze": 4,
    "stop_worker": 2,
    "join": 1,
    "leave": 1,
    "spoil_file": 1,
    "refuse_token": 1,
    "fill_memory": 1,
    "fill_disk": 1,
    "merge": 4,
}


def main() -> int:
    """One soak."""
    seed = int(os.environ.get("SEED") or random.SystemRandom().randrange(1_000_000))
    seconds = float(os.environ.get("SECONDS") or (600 if os.environ.get("SHORT") else 3600))
    console = Console()
    console.print(f"soak: SEED={seed} SECONDS={seconds:g}")
    began = time.monotonic()
    refused = {"mode": "refuse_event", "probability": 0.001, "seed": seed}
    with tempfile.TemporaryDirectory() as directory, Plant(Path(directory), configuration()) as plant:
        plant.wait_until_ready()
        posters = Posters(lambda: plant.ingest_urls, seed, bulk=20, bad=0.002, pause_s=0.15)
        chaos = Chaos(plant, posters, random.Random(seed), always=(refused,))
        chaos.go_on(seconds, ACTIONS)
        plant.sandbox.faults(refused)
        posters.stop()
        result = outcome_of(plant, posters)
        rows = figures(result, posters, chaos)
        console.print(table(rows, seed, time.monotonic() - began))
        if file := os.environ.get("FIGURES"):
            Path(file).write_text(json.dumps(rows))
    check(result, posters.bad)
    return 0


def figures(result: Outcome, posters: Posters, chaos: Chaos) -> dict[str, Any]:
    """What happened."""
    recoveries = sorted(chaos.recoveries) or [0.0]
    return {
        "events accepted, times connections": len(result.posted),
        "arrived, distinct": len(result.arrived),
        "arrived again (TikTok forgets these by id)": result.duplicates,
        "dead, by reason": dict(Counter(result.dead.values())),
        "lost": len(result.lost),
        "kills": chaos.plant.kills,
        "done to it": dict(chaos.done),
        "answers to senders": dict(posters.answers),
        "server back to first 202, s": f"median {recoveries[len(recoveries) // 2]:.2f}, worst {recoveries[-1]:.2f}",
        "worker PSS, MB": f"worst {max(chaos.worker_pss, default=0) / 1e6:.0f}",
        "ledger": "; ".join(f"{connection.name} {connection.counts}" for connection in result.connections),
    }


def table(rows: dict[str, Any], seed: int, took_s: float) -> Table:
    """The same, to be read by people."""
    shown = Table("what", "figure", title=f"soak, seed {seed}, {took_s:.0f} s", title_justify="left")
    for name, figure in rows.items():
        shown.add_row(name, str(figure))
    return shown


if __name__ == "__main__":
    sys.exit(main())
