"""The benchmark's command knows its parts, and the contestants do the same work. Nothing is measured here."""

import importlib
import json
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from benchmarks.__main__ import PARTS
from benchmarks.plain.events import Batch, tiktok_events
from benchmarks.report.figures import figure
from benchmarks.report.plots import PLOTS, draw
from benchmarks.support.bed import CONFIGURATION
from benchmarks.support.data import NOW_MS, batches
from config.file import ConfigurationFile
from ingest.active_configuration import compile_configuration
from mapping.incoming.batch import split_batch
from mapping.results import Mapped


def test_the_command_lists_its_parts():
    """Each has a sentence, and is a module that measures."""
    command = [sys.executable, "-m", "benchmarks", "--list"]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    assert [line.split(maxsplit=1) for line in listed] == [[name, sentence] for name, sentence in PARTS.items()]
    assert all(callable(importlib.import_module(f"benchmarks.parts.{name}").run) for name in PARTS)


@pytest.mark.parametrize("events_a_batch", [1, 5])
def test_plain_and_relay_map_batches_alike(events_a_batch: int, tmp_path: Path):
    """Every field of every event: neither is faster by doing less."""
    file = tmp_path / "relay.yaml"
    file.write_text(CONFIGURATION)
    (plan,) = compile_configuration(ConfigurationFile(file, None).current).plans["web"]
    for raw in batches(200, events_a_batch):
        split = split_batch(raw)
        mapper = plan.batch(split.shared, NOW_MS)
        results = [result for event in split.events for result in mapper.map(bytes(event), None, None)]
        ours = [json.loads(result.body) for result in results if isinstance(result, Mapped)]
        assert len(ours) == events_a_batch
        assert ours == tiktok_events(Batch.model_validate_json(raw))


def test_results_are_drawn(tmp_path: Path):
    """There is a valid file for each plot with results, and none for the others."""
    rows = [row for plot in PLOTS[:2] for row in plot.rows]
    draw([figure(row.part, row.what, "events/s", [1.0, 2.0, 4.0], better="more") for row in rows], tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(plot.file for plot in PLOTS[:2])
    for path in tmp_path.iterdir():
        assert ElementTree.parse(path).getroot().tag.endswith("svg")
