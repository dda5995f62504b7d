"""Measure RudderStack's public mapper to TikTok and relay's on equal events, in turn; skipped where it is not built.

It is not published as a package. Where `RUDDERSTACK` names a folder with a checkout of rudder-transformer in which its
dependencies are installed and its sources transpiled to `dist/`, it is measured: `docs/performance.md` says how.
"""

import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from rich.console import Console

from benchmarks.parts.mapping import STRANGERS, Case, relay_work
from benchmarks.parts.segment import segment_event
from benchmarks.report.figures import figure, ratios
from benchmarks.report.result import Result
from benchmarks.support.data import USERS, batches
from benchmarks.support.node import run_script

EVENTS: Final = 3_000
TARGETS: Final = {("web", STRANGERS): 3.5, ("legacy", STRANGERS): 2.5}
"""Route and users → how many times as fast relay is to be."""
VERSIONS: Final = {"web": "v2", "legacy": "v1"}
"""relay's route → the version of RudderStack's destination that posts to the same API."""
DOES: Final = "its process() for one event: JSON text in, request text out; no batches, no notes, no phone plans"


def run(quick: bool) -> list[Result]:
    """Measure both versions, with users who are new each time and with known ones; one event a batch."""
    build = Path(os.environ.get("RUDDERSTACK", "")) / "dist"
    node = os.environ.get("NODE") or shutil.which("node")
    if not (build / "v0/destinations/tiktok_ads").is_dir() or node is None:
        Console(stderr=True).print("rudderstack is skipped: RUDDERSTACK names no folder with its transpiled sources")
        return []
    rounds, seconds = (3, 1.0) if quick else (7, 3.0)
    cases = [Case(route, 1, users=users) for users in (STRANGERS, USERS) for route in VERSIONS]
    return [result for case in cases for result in _measured(case, node, build, rounds, seconds)]


def _measured(case: Case, node: str, build: Path, rounds: int, seconds: float) -> Iterator[Result]:
    version = VERSIONS[case.route]
    raw = batches(EVENTS, 1, users=case.users)
    work = relay_work(case, raw)
    ours, theirs = [], []
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory) / "events.jsonl"
        file.write_text("\n".join(json.dumps(request(batch, version)) for batch in raw))
        work()
        for _ in range(rounds):
            ours.append(_relay(work, seconds))
            theirs.append(_rudderstack(node, build, file, seconds))
    yield figure("rudderstack", f"RudderStack {version}, {case.what}", "events/s", theirs, better="more", note=DOES)
    yield figure(
        *("rudderstack", f"relay against RudderStack {version}, {case.what}", "×", ratios(ours, theirs)),
        better="more",
        target=TARGETS.get((case.route, case.users)),
    )


def request(batch: bytes, version: str) -> dict[str, Any]:
    """Return what RudderStack's server would have sent to its transformer for a batch of one event."""
    event = segment_event(batch)
    context = event["context"]
    message = {**event, "event": event["event"].lower(), "channel": "web", "originalTimestamp": event["timestamp"]}
    message["context"] = {**context, "traits": {**context["traits"], "firstname": context["traits"]["first_name"]}}
    config = {
        "version": version,
        "accessToken": "token-of-the-bench",
        "pixelCode": "CUSG5HBC77UD11VVRQEG",
        "hashUserProperties": True,
        "sendCustomEvents": False,
        "eventsToStandard": [],
    }
    return {"message": message, "metadata": {"jobId": 1}, "destination": {"Config": config}}


def _relay(work: Callable[[], None], seconds: float) -> float:
    """Return events a second of CPU."""
    events, began, cpu = 0, time.perf_counter(), time.process_time()
    while time.perf_counter() - began < seconds:
        work()
        events += EVENTS
    return events / (time.process_time() - cpu)


def _rudderstack(node: str, build: Path, file: Path, seconds: float) -> float:
    """Return events a second of CPU, that of V8's own threads included."""
    quiet = {"LOG_LEVEL": "error"}  # by default it logs a warning for each event
    done = run_script(node, "rudderstack.js", str(build), str(file), str(seconds), environ=quiet)
    return done.events / done.cpu_s
