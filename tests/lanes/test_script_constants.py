"""Each number that scripts and Python share is written once, in Python."""

import re
from collections.abc import Callable
from pathlib import Path

import redis
from support.lua import folder_of, script_names

from lanes.ledger import read_ledger
from lanes.names import LANES_PER_CONNECTION, lane_name
from lanes.scripts import LANE_SCRIPTS
from store.scripts import STORE_SCRIPTS, part_text, parts_of, script_text


def test_a_script_gets_the_numbers_of_the_python_code() -> None:
    """Each as a local variable before everything else."""
    head = script_text("settle", LANE_SCRIPTS).split("\n")[: len(LANE_SCRIPTS.constants)]
    assert head == [f"local {name} = {value}" for name, value in LANE_SCRIPTS.constants]
    assert f"local LANES = {LANES_PER_CONNECTION}" in head


def test_no_script_defines_such_a_number_itself() -> None:
    """Two definitions could differ: then events would be in lanes that no script reads."""
    files = {(folder_of(name), part) for name in script_names() for part in (name, *parts_of(name, folder_of(name)))}
    names = "|".join(name for name, _ in (*LANE_SCRIPTS.constants, *STORE_SCRIPTS.constants))
    definition = re.compile(rf"\b({names})\b\s*(,[^=\n]*)?=[^=]")
    assert [part for folder, part in files if definition.search(part_text(part, folder))] == []


def test_the_ledger_sees_the_events_of_every_lane(append: Callable[..., None], client: redis.Redis) -> None:
    """Also those of the last one."""
    for number in range(LANES_PER_CONNECTION):
        append(number, lane=lane_name("shop", number))
    [shop] = read_ledger(client, ["shop"], []).connections
    assert shop.waiting == LANES_PER_CONNECTION


def test_no_test_writes_the_number_of_lanes_itself() -> None:
    """Another number must need no change in the tests."""
    walks = re.compile(r"lane.*\brange\(\d+\)|\brange\(\d+\).*lane")
    files = (file for file in Path(__file__).parents[1].rglob("*.py") if file != Path(__file__))
    assert [file.name for file in files if walks.search(file.read_text(encoding="utf-8"))] == []
