"""Flower beside a Redis in cluster mode with one shard, where Celery's keys have a prefix."""

import signal
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from support.bench import HEADER
from support.events import batch, purchase
from support.flower import Flower
from support.one_shard import running_one_shard
from support.plant import Plant
from support.waiting import until

from store.client import connect

QUEUE = "{relay}:relay"


@pytest.fixture
def plant(tmp_path: Path) -> Iterator[Plant]:
    """One ingest and one worker, which find the primary of a cluster of one shard."""
    directory = tmp_path / "server"
    directory.mkdir()
    with running_one_shard(directory) as port:
        url = f"cluster://127.0.0.1:{port}"
        with Plant(tmp_path, f"{HEADER}    enable_web_migration: true\n", 1, 1, redis_url=url) as plant:
            plant.wait_until_ready()
            yield plant


def test_flower_shows_jobs_workers_and_the_length_of_the_queue(plant: Plant) -> None:
    """A failed job with its line; and what waits in Celery's queue, which has another name there."""
    flower = Flower(plant)
    until(flower.is_up)
    bad_url = purchase(1, custom_flags={"TikTok.URL": "www.shop.example/x"})
    posted = httpx.post(
        f"{plant.ingest_urls[0]}/v2/events", json=batch(bad_url), auth=("key", "secret"), trust_env=False
    )
    assert posted.status_code == 202
    until(lambda: any(row["state"] == "FAILURE" for row in flower.rows()))
    [failed] = [row for row in flower.rows() if row["state"] == "FAILURE"]
    assert failed["exception"].startswith("shop: 1 of 1 events dead-lettered: invalid_url ×1 (relay dead-letters list")
    assert flower.queue_lengths() == {"relay": 0}
    plant.workers[0].signal(signal.SIGSTOP)
    with connect(plant.redis_url) as client:
        client.lpush(QUEUE, b"1", b"2", b"3")  # the worker's open question gets one of them
        waiting = client.llen(QUEUE)
        assert (waiting > 0, flower.queue_lengths()) == (True, {"relay": waiting})
