"""The address of a cluster of one shard leads to its primary, also after a failover, whichever node it names."""

import asyncio
import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import redis
from conftest import wait_until_ready
from support.lane import chunk_of
from support.place import Place
from support.server import SERVER, free_port_of_cluster, own_every_slot
from support.waiting import until

from config.redis_address import Tcp
from lanes.appends.arrivals import Append, Arrival, Share
from sandbox.client import running_sandbox
from store.client import connect, connect_async
from store.diagnosis.trouble import diagnose
from store.errors import RedisAway
from store.records.audit_log import add_entry, entries
from store.replication.one_shard import SeveralShards, primary_in

ALL = (0, 16_383)


class Shard:
    """A primary and a replica in cluster mode."""

    def __init__(self, directory: Path, stack: ExitStack) -> None:
        self.ports = [self._start(directory, stack) for _ in range(2)]
        own_every_slot(f"redis://127.0.0.1:{self.ports[0]}/0")
        first, second = self.clients = [
            stack.enter_context(redis.Redis(port=port, decode_responses=True)) for port in self.ports
        ]
        second.execute_command("CLUSTER", "MEET", "127.0.0.1", self.ports[0])
        name = first.execute_command("CLUSTER", "MYID")
        until(lambda: name in second.execute_command("CLUSTER", "NODES"))
        second.execute_command("CLUSTER", "REPLICATE", name)
        until(lambda: second.info("replication").get("master_link_status") == "up")
        until(lambda: [len(shard) for shard in second.execute_command("CLUSTER", "SLOTS")] == [4])

    def url(self, *order: int) -> str:
        """Return the address that names these nodes, in this order."""
        return f"cluster://{','.join(f'127.0.0.1:{self.ports[place]}' for place in order)}"

    def fail_over(self) -> None:
        """Let the replica take over, as a provider does; nothing closes open connections."""
        self.clients[1].execute_command("CLUSTER", "FAILOVER", "TAKEOVER")
        until(lambda: self.clients[0].info("replication")["role"] == "slave")
        until(lambda: self.clients[0].info("replication")["master_link_status"] == "up")

    def _start(self, directory: Path, stack: ExitStack) -> int:
        port = free_port_of_cluster()
        own = directory / str(port)
        own.mkdir()
        command = [os.fspath(SERVER), "--port", str(port), "--save", "", "--dir", str(own), "--cluster-enabled", "yes"]
        process = stack.enter_context(subprocess.Popen(command, stdout=subprocess.DEVNULL))
        stack.callback(process.kill)
        wait_until_ready(f"redis://127.0.0.1:{port}/0")
        return port


@pytest.fixture
def shard(tmp_path: Path) -> Iterator[Shard]:
    with ExitStack() as stack:
        yield Shard(tmp_path, stack)


@pytest.mark.parametrize("order", [(0,), (1,), (1, 0)])
def test_any_node_leads_to_the_primary(order: tuple[int, ...], shard: Shard) -> None:
    """A managed service's endpoint is a name of all nodes."""
    with connect(shard.url(*order)) as client:
        add_entry(client, "reveals", b"entry")
        assert entries(client, "reveals") == [b"entry"]
        assert client.info("replication")["role"] == "master"


def test_open_connections_follow_a_failover(shard: Shard) -> None:
    """Of threads and of an event loop; each costs one command at most."""
    with connect(shard.url(1, 0)) as client:
        add_entry(client, "reveals", b"before")
        asyncio.run(_append_across(shard, client))


async def _append_across(shard: Shard, client: redis.Redis) -> None:
    own = connect_async(shard.url(0, 1))
    append = Append(own)
    arrival = Arrival("web", 1, 0, {"shop": Share(1, chunk=chunk_of(1))})
    await append.append([arrival])
    shard.fail_over()
    for _ in range(2):
        try:
            await append.append([arrival])
        except RedisAway:
            continue
        break
    else:
        pytest.fail("the connection stays at the replica")
    await own.aclose()
    for _ in range(2):
        try:
            add_entry(client, "reveals", b"after")
        except RedisAway:
            continue
        break
    else:
        pytest.fail("the connection stays at the replica")
    assert entries(client, "reveals")[0] == b"after"


def test_real_processes_follow_a_failover(shard: Shard, tmp_path: Path) -> None:
    """Ingest, a worker and Celery deliver before it and after it."""
    directory = tmp_path / "place"
    directory.mkdir()
    with running_sandbox(["token"]) as sandbox:
        place = Place(directory, sandbox)
        with place.up(RELAY_REDIS_URL=shard.url(1, 0)) as process:
            place.post(0)
            until(lambda: place.arrived(0))
            shard.fail_over()
            until(lambda: _posted(place, 1))
            until(lambda: place.arrived(1))
            assert place.run("status", "--verify", RELAY_REDIS_URL=shard.url(1, 0)).returncode == 0
            process.terminate()
            assert process.wait(timeout=120) == 0


def _posted(place: Place, number: int) -> bool:
    try:
        place.post(number)
    except AssertionError:
        return False
    return True


PRIMARY, REPLICA = [b"10.0.0.1", 6379, b"id"], [b"10.0.0.2", 6379, b"id"]


@pytest.mark.parametrize(
    ("reply", "primary"),
    [
        ([[*ALL, PRIMARY, REPLICA]], Tcp("10.0.0.1")),
        ([[0, 99, PRIMARY], [100, 16_383, PRIMARY]], Tcp("10.0.0.1")),
        ([[*ALL, [*PRIMARY, [b"hostname", b"a.example"]]]], Tcp("a.example")),
        ([[*ALL, [None, 6380, b"id"]]], Tcp("asked", 6380)),
        ([[*ALL, [b"", 6379, b"id"]]], Tcp("asked")),
    ],
)
def test_the_primary_is_read_from_a_reply(reply: list[list[object]], primary: Tcp) -> None:
    """By its name where it has one, because certificates are for names."""
    assert primary_in(reply, Tcp("asked")) == primary


@pytest.mark.parametrize("reply", [[], [[0, 99, PRIMARY]], [[0, 99, PRIMARY], [100, 16_383, REPLICA]]])
def test_several_shards_are_refused(reply: list[list[object]]) -> None:
    """Also a shard that lacks slots."""
    with pytest.raises(SeveralShards) as refused:
        primary_in(reply, Tcp("asked"))
    assert diagnose(refused.value).code == "several_shards"


def test_a_server_without_cluster_mode_says_so(redis_url: str) -> None:
    """Not that it does not answer."""
    url = redis_url.replace("redis://", "cluster://").partition("/0")[0]
    with connect(url) as client, pytest.raises(redis.ResponseError) as refused:
        client.ping()
    assert "cluster support disabled" in str(refused.value)
