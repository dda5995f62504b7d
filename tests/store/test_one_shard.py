"""A server in cluster mode with one shard, as managed services offer it: relay works there."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.bench import HEADER, Bench
from support.events import purchase
from support.one_shard import running_one_shard
from support.place import Place
from support.waiting import until

from config.secrets import Keyring
from sandbox.client import running_sandbox
from store.client import connect
from store.records.audit_log import add_entry, entries
from store.records.profiles import ProfileCodec, ProfileStore, Update, Value


@pytest.fixture
def one_shard(tmp_path: Path) -> Iterator[str]:
    """Return the URL of a server in cluster mode that has every slot."""
    with running_one_shard(tmp_path) as port:
        yield f"redis://127.0.0.1:{port}/0"


def test_profiles_of_several_people_are_read_together(one_shard: str) -> None:
    """Their keys are in several slots, which one shard permits a script."""
    with connect(one_shard) as client:
        profiles = ProfileStore(client, ProfileCodec(Keyring.from_text(Keyring.new_key())), 1 << 20)
        people = [f"person-{number}" for number in range(20)]
        profiles.remember([Update([person], [Value("ip:web", "198.51.100.7", 60, 0, False)]) for person in people])
        assert sorted(profiles.recall([*people, "unknown"])) == sorted(people)
        add_entry(client, "reveals", b"entry")
        assert entries(client, "reveals") == [b"entry"]


def test_events_wait_are_delivered_and_become_dead_letters(
    one_shard: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every script uses keys of several slots, which one shard permits."""
    monkeypatch.setenv("TOKEN", "good")
    path = tmp_path / "relay.yaml"
    path.write_text(HEADER + "    enable_web_migration: true\n")
    with running_sandbox(["good"]) as sandbox:
        bench = Bench(path, one_shard, sandbox)
        bench.put([purchase(1), purchase(2), purchase(3, custom_flags={})])
        bench.drain()
        assert len(sandbox.events()) == 2
        assert bench.redis.hlen("dead_letters:shop") == 1
        bench.close()


def test_real_processes_deliver_there(one_shard: str, tmp_path: Path) -> None:
    """Ingest, a worker and Celery, whose keys are in one slot; `relay check` takes one shard for what it is."""
    directory = tmp_path / "place"
    directory.mkdir()
    with running_sandbox(["token"]) as sandbox:
        place = Place(directory, sandbox)
        with place.up(RELAY_REDIS_URL=one_shard) as process:
            for number in range(3):
                place.post(number)
            until(lambda: all(place.arrived(number) for number in range(3)))
            found = {
                row["check"]: row for row in json.loads(place.run("check", "--json", RELAY_REDIS_URL=one_shard).stdout)
            }
            assert place.run("status", "--verify", RELAY_REDIS_URL=one_shard).returncode == 0
            process.terminate()
            assert process.wait(timeout=120) == 0
    assert (found["redis cluster"]["status"], found["redis cluster"]["found"]) == ("ok", "on, with one shard")
    assert found["redis for Celery"]["status"] == "ok"
