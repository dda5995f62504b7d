"""The events whose instructions are counted are the same each time, and differ where they should."""

import json
from pathlib import Path

import pytest

from benchmarks.instructions.events import A_POST, EVENTS_A_BATCH, KINDS, bodies
from benchmarks.support.bed import CONFIGURATION
from benchmarks.support.data import NOW_MS
from config.file import ConfigurationFile
from ingest.active_configuration import compile_configuration
from mapping.incoming.batch import split_batch
from mapping.results import Mapped


@pytest.mark.parametrize("kind", KINDS)
def test_the_bodies_that_are_counted_are_the_same_each_time(kind: str):
    """So two counts compare two versions of relay; each body has as many events as is said."""
    [body] = bodies(kind, 1)
    assert [body] == bodies(kind, 1)
    assert sum(len(batch["events"]) for batch in json.loads(body)) == A_POST * EVENTS_A_BATCH


def test_strangers_differ_in_what_receipts_say(tmp_path: Path):
    """Else the count would show what receipts cost where all events are alike."""
    file = tmp_path / "relay.yaml"
    file.write_text(CONFIGURATION)
    (plan,) = compile_configuration(ConfigurationFile(file, None).current).plans["web"]
    said = set()
    for raw in json.loads(bodies("strangers", 1)[0]):
        split = split_batch(json.dumps(raw).encode())
        mapper = plan.batch(split.shared, NOW_MS)
        for event in split.events:
            [result] = mapper.map(bytes(event), None, None)
            assert isinstance(result, Mapped)
            said.add((result.tiktok_event, result.match_keys, result.notes))
    assert len(said) > A_POST
