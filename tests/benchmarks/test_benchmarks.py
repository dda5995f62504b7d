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
from benchmarks.report.page import NoTable, with_results
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


PAGE = """before
<!-- bench -->
| part | what | measured | worst to best | target | ratio | |
|---|---|---:|---:|---:|---:|---|
| mapping | web | 1 events/s | 1 … 1 | ≥ 2 | 0.50 | **missed** |
| ingest | CPU | 9 µs | 9 … 9 | ≤ 5 | 0.56 | **missed** |
<!-- end of bench -->
after
"""


def test_the_rows_of_measured_parts_are_renewed():
    """Those of other parts stay, and figures without a target are left out."""
    figures = [
        figure("mapping", "web", "events/s", [4.0], better="more", target=2.0),
        figure("mapping", "app", "events/s", [4.0], better="more"),
        figure("memory", "worker", "MB", [1.0], better="less", target=2.0),
    ]
    renewed = with_results(PAGE, figures)
    assert [line.split(" | ")[:3] for line in renewed.splitlines()[4:7]] == [
        ["| mapping", "web", "4 events/s"],
        ["| ingest", "CPU", "9 µs"],
        ["| memory", "worker", "1 MB"],
    ]
    assert (renewed.splitlines()[:4], renewed.splitlines()[7:]) == (PAGE.splitlines()[:4], PAGE.splitlines()[6:])


def test_a_page_without_a_place_for_the_table_is_refused():
    """The message says which marks it needs."""
    with pytest.raises(NoTable, match="<!-- bench -->"):
        with_results("nothing", [])


def test_the_page_of_performance_has_a_place_for_the_table():
    """Renewing no row changes nothing."""
    page = (Path(__file__).parents[2] / "docs/performance.md").read_text(encoding="utf-8")
    assert with_results(page, []) == page
