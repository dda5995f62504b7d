"""The soak: a relay in the worst of all worlds for an hour (SHORT=1: ten minutes; SECONDS: as you say).

MODE is `plain`, `sentinel` (machines are lost, others take over) or `cells` (two relays behind HAProxy).

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
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).parent))

from support.cells import running_cells
from support.chaos import Chaos, Outcome, check, check_cells, configuration, outcome_of
from support.nodes import Nodes
from support.plant import Plant
from support.posters import Posters
from support.replicated_chaos import ReplicatedChaos

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


SENTINEL_ACTIONS = {
    **{name: weight for name, weight in ACTIONS.items() if name not in ("kill_server", "fill_memory", "fill_disk")},
    "lose_primary": 2,
    "lose_primary_and_ingest": 1,
    "cut_off_primary": 1,
    "freeze_replica": 3,
    "lose_replica": 1,
}
CELL_ACTIONS = {name: weight for name, weight in ACTIONS.items() if name not in ("join", "leave", "spoil_file")}
"""The balancer knows one ingest of each cell; both cells read the same file."""
REFUSED = {"mode": "refuse_event", "probability": 0.001}
Rows = dict[str, Any]


def main() -> int:
    """One soak."""
    seed = int(os.environ.get("SEED") or random.SystemRandom().randrange(1_000_000))
    seconds = float(os.environ.get("SECONDS") or (600 if os.environ.get("SHORT") else 3600))
    mode = os.environ.get("MODE") or "plain"
    if mode not in MODES:
        sys.exit(f"MODE={mode} is unknown: choose {', '.join(MODES)}")
    console = Console()
    console.print(f"soak: MODE={mode} SEED={seed} SECONDS={seconds:g}")
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as directory:
        rows, check_it = MODES[mode](Path(directory), seed, seconds)
        console.print(table(rows, seed, time.monotonic() - began))
        if file := os.environ.get("FIGURES"):
            Path(file).write_text(json.dumps(rows))
        check_it()
    return 0


def plain(directory: Path, seed: int, seconds: float) -> tuple[Rows, Callable[[], None]]:
    """One relay on one server."""
    with Plant(directory, configuration()) as plant:
        plant.wait_until_ready()
        posters = Posters(lambda: plant.ingest_urls, seed, bulk=20, bad=0.002, pause_s=0.15)
        return _soak(Chaos(plant, posters, random.Random(seed), always=({**REFUSED, "seed": seed},)), seconds, ACTIONS)


def sentinel(directory: Path, seed: int, seconds: float) -> tuple[Rows, Callable[[], None]]:
    """One relay on a primary and two replicas with three Sentinels; a replica confirms, 2 ms late."""
    (directory / "nodes").mkdir()
    with Nodes(directory / "nodes", 2, 3, lag_s=0.002) as nodes:
        environment = {"RELAY_REPLICAS": "1"}
        with Plant(directory, configuration(), environment=environment, redis_url=nodes.url) as plant:
            plant.wait_until_ready()
            posters = Posters(lambda: plant.ingest_urls, seed, bulk=20, bad=0.002, pause_s=0.15)
            always = ({**REFUSED, "seed": seed},)
            chaos = ReplicatedChaos(plant, posters, random.Random(seed), always, nodes)
            return _soak(chaos, seconds, SENTINEL_ACTIONS)


def cells(directory: Path, seed: int, seconds: float) -> tuple[Rows, Callable[[], None]]:
    """Two relays behind HAProxy; things happen to both at once."""
    with running_cells(directory, "haproxy") as both:
        posters = Posters(lambda: [both.url], seed, bulk=20, bad=0.002, pause_s=0.15)
        always = ({**REFUSED, "seed": seed},)
        chaos = [
            Chaos(plant, posters, random.Random(seed + number), always) for number, plant in enumerate(both.plants)
        ]
        with ThreadPoolExecutor() as threads:
            for done in [threads.submit(one.go_on, seconds, CELL_ACTIONS) for one in chaos]:
                done.result()
        both.plants[0].sandbox.faults(*always)
        posters.stop()
        results = [outcome_of(plant, posters) for plant in both.plants]
        for result in results:  # only now have both delivered everything
            result.arrived = both.plants[0].sandbox.ids()
            result.__post_init__()
        rows = [figures(result, posters, one) for result, one in zip(results, chaos, strict=True)]
        lost = set.intersection(*(result.lost for result in results))
        by_cell = {f"{name}, cell {cell}": row[name] for name in rows[0] for cell, row in zip("ab", rows, strict=True)}
        shown = {name: value for name, value in by_cell.items() if not name.startswith("lost")}
        return {"lost": len(lost), **shown}, lambda: check_cells(results, posters.bad)


def _soak(chaos: Chaos, seconds: float, actions: dict[str, int]) -> tuple[Rows, Callable[[], None]]:
    chaos.go_on(seconds, actions)
    chaos.plant.sandbox.faults(*chaos.always)
    chaos.posters.stop()
    result = outcome_of(chaos.plant, chaos.posters)
    return figures(result, chaos.posters, chaos), lambda: check(result, chaos.posters.bad)


MODES = {"plain": plain, "sentinel": sentinel, "cells": cells}


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
        "longest time without a 202, s": f"{posters.longest_gap_s:.2f}",
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
