"""An input with a new id: `formerly` says which stored events belong to it."""

from pathlib import Path

import pytest
from support.bench import HEADER, Bench
from support.events import purchase
from support.terminal import relay

from config.errors import ConfigurationError
from config.file import load
from lanes.names import LANES_PER_CONNECTION
from worker.drain import drain

BARE = {"TikTok.URL": "https://shop.example/", "TikTok.Callback": "not a click id!"}


def rename(bench: Bench, formerly: str = "") -> None:
    """Give the bench's one input, web, the id shop-site."""
    text = HEADER.replace("id: web,", f"id: shop-site, {formerly}").replace("inputs: [web]", "inputs: [shop-site]")
    bench.path.write_text(text + "    enable_web_migration: true\n    invalid_ttclid: drop_field\n")
    bench.reload()


def test_without_formerly_the_events_wait_and_both_remedies_are_named(bench: Bench) -> None:
    """Nothing is lost, and the reason says what to write."""
    bench.put([purchase(1)])
    rename(bench)
    bench.drain()
    assert bench.count("waiting", "delivered") == (1, 0)
    (status,) = relay("status", "--json").json["connections"]
    assert "input web" in str(status)
    assert "put it back" in str(status)
    assert "formerly: [web]" in str(status)


def test_events_of_the_former_id_are_delivered(bench: Bench) -> None:
    """Those that waited before, and those that an ingest with the old file stores a moment later."""
    bench.put([purchase(1)])
    rename(bench, "formerly: [web],")
    bench.drain()
    bench.put([purchase(2)])
    bench.drain()
    assert bench.count("waiting", "delivered") == (0, 2)


def test_a_dead_letter_of_the_former_id_is_replayed(bench: Bench) -> None:
    """It is mapped as an event of the input that has the new id."""
    bench.put([purchase(1, custom_flags=BARE)])
    bench.drain()
    rename(bench)
    result = relay("dead-letters", "replay", "--all", "--dry-run")
    assert "formerly: [web]" in result.stdout + result.stderr
    rename(bench, "formerly: [web],")
    assert "would be sent as PlaceAnOrder" in relay("dead-letters", "replay", "--all", "--dry-run").stdout
    assert relay("dead-letters", "replay", "--all").exit_code == 0
    for lane in range(LANES_PER_CONNECTION):
        drain(f"shop:{lane}", bench.runtime, "job-2")
    assert bench.count("waiting", "delivered") == (0, 1)


def test_the_file_says_who_owns_a_former_id(bench: Bench) -> None:
    """An id that is neither an input nor a former one has no owner."""
    rename(bench, "formerly: [web, site],")
    configuration = load(bench.path, {"TOKEN": "good"})
    found = {name: configuration.input_of(name) for name in ("shop-site", "web", "site", "app")}
    assert {name: source and source.id for name, source in found.items()} == {
        "shop-site": "shop-site",
        "web": "shop-site",
        "site": "shop-site",
        "app": None,
    }
    assert [connection.id for connection in configuration.connections_of("site")] == ["shop"]


INPUTS = """\
inputs:
  - {id: web, platform: web, api_key: k1, api_secret: s%s}
  - {id: app, platform: web, api_key: k2, api_secret: s%s}
connections:
  - {id: shop, inputs: [web, app], access_token: t, event_source_id: C1, enable_web_migration: true}
"""


@pytest.mark.parametrize(
    ("first", "second", "line", "words"),
    [
        (", formerly: [app]", "", 2, "`formerly` names `app`, which is another input's id"),
        (", formerly: [web]", "", 2, "`formerly` names `web`, which is this input's own id"),
        (", formerly: [old, old]", "", 2, "`formerly` names `old`, which is named twice"),
        (", formerly: [old]", ", formerly: [old]", 3, "`formerly` names `old`, which is a former id of `web` too"),
        (", formerly: [Old]", "", 2, "`formerly` must be 1 to 64 lower-case letters"),
        (", formerly: old", "", 2, "`formerly` must be a list, such as [web]"),
    ],
)
def test_a_former_id_belongs_to_one_input(tmp_path: Path, first: str, second: str, line: int, words: str) -> None:
    """Anything else is refused, with file and line."""
    path = tmp_path / "relay.yaml"
    path.write_text(INPUTS % (first, second))
    with pytest.raises(ConfigurationError) as refused:
        load(path, {})
    (problem,) = refused.value.problems
    assert f"{path}:{line}" in str(problem)
    assert words in str(problem)
