"""Kill consumers, the broker and Redis at random times: no message that the broker confirmed is lost.

SEED repeats a run's choices, not its timing; SECONDS makes it longer.
"""

import os
import random
import time
from collections import Counter
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from support.chaos import configuration, outcome_of
from support.consuming import source_lines
from support.noida import Noida
from support.plant import Plant
from support.product import RELAY
from support.publisher import Publisher
from support.pubsub import Emulator
from support.queues import KafkaQueue, PubSubQueue, Queue, RabbitQueue
from support.rabbitmq import RabbitMq
from support.waiting import until

STUCK_AFTER_S = 100.0
MOST_STARTS = 3
ACTIONS = {"kill_consumer": 6, "kill_redis": 1, "kill_worker": 1}

Broker = RabbitMq | Noida | Emulator

BROKERS: dict[str, tuple[Callable[[Path], Broker], Callable[[Any], Queue]]] = {
    "rabbitmq": (RabbitMq, RabbitQueue),
    "kafka": (Noida, lambda broker: KafkaQueue(broker.address)),
    "pubsub": (lambda _: Emulator(), lambda broker: PubSubQueue(broker.address)),
}
"""Brokers, and a queue of each. One that keeps on its disk what it confirmed is killed too."""


ON_DEMAND = pytest.mark.skipif("KAFKA_FAULTS" not in os.environ, reason="noida-db leaves groups stuck: KAFKA_FAULTS=1")
"""Its groups stay without partitions for minutes when members are killed, with plain clients too (docs/sources.md)."""


@pytest.mark.timeout(900)
@pytest.mark.parametrize("kind", ["rabbitmq", pytest.param("kafka", marks=ON_DEMAND), "pubsub"])
def test_no_confirmed_message_is_lost(kind: str, tmp_path: Path) -> None:
    """Every event arrived; an event without an id got the same one each time its message was delivered."""
    seed = int(os.environ.get("SEED") or random.SystemRandom().randrange(1_000_000))
    seconds = float(os.environ.get("SECONDS") or 20)
    print(f"\nfault run of consume from {kind}: SEED={seed} SECONDS={seconds:g}", flush=True)
    start_broker, queue_of = BROKERS[kind]
    broker = start_broker(tmp_path / kind)
    try:
        queue = queue_of(broker)
        text = f"{configuration()}\nsources:\n{source_lines(queue)}"
        with Plant(tmp_path, text, ingests=0, workers=1) as plant:
            plant.wait_until_ready()
            for number in range(2):
                plant.add(f"consume-{number}", [str(RELAY), "consume"], {})
            run(plant, broker, queue, random.Random(seed), seconds)
    finally:
        broker.close()


def wait_until_taken(queue: Queue, broker: Broker) -> int:
    """Wait until no message is left; return how often the broker was started again for it.

    noida-db sometimes leaves a group whose members were killed without partitions, also with plain clients.
    Nothing is published any more, so it may be started again.
    """
    starts = 0
    ready, since = queue.ready(), time.monotonic()
    while ready:
        time.sleep(0.2)
        left = queue.ready()
        if left != ready:
            ready, since = left, time.monotonic()
        if time.monotonic() - since > STUCK_AFTER_S:
            assert isinstance(broker, Noida), f"{left} messages are not taken"
            assert starts < MOST_STARTS, f"{left} messages are not taken"
            broker.kill()
            broker.start()
            starts, since = starts + 1, time.monotonic()
    return starts


def run(plant: Plant, broker: Broker, queue: Queue, choices: random.Random, seconds: float) -> None:
    publisher = Publisher(queue)
    done: Counter[str] = Counter()
    consumers = [process for process in plant.processes if process.name.startswith("consume")]
    targets = {"kill_consumer": consumers, "kill_redis": [plant.server], "kill_worker": plant.workers}

    def break_things(for_seconds: float) -> None:
        end = time.monotonic() + for_seconds
        while time.monotonic() < end:
            action = choices.choices(list(ACTIONS), list(ACTIONS.values()))[0]
            choices.choice(targets[action]).kill()
            done[action] += 1
            time.sleep(choices.uniform(0, 0.3))
            plant.restart_the_dead()
            time.sleep(choices.uniform(0.5, 2.5))

    until(lambda: len(publisher.accepted) > 50)
    break_things(seconds / 2)
    if not isinstance(broker, Emulator):
        with nullcontext() if broker.saves_before_it_confirms else publisher.publishing:
            broker.kill()
        done["kill_broker"] += 1
        broker.start()
    break_things(seconds / 2)
    publisher.stop()
    plant.restart_the_dead()
    done["restart_broker"] = wait_until_taken(queue, broker)
    twice = queue.published_again()
    outcome = None
    generated: set[tuple[str, str]] = set()
    expected = 0

    def all_is_there() -> bool:
        nonlocal outcome, generated, expected
        outcome = outcome_of(plant, publisher)  # type: ignore[arg-type]
        own = {(source, event_id) for source, event_id in outcome.posted}
        generated = {(source, event_id) for source, _, event_id in outcome.arrived} - own
        expected = (publisher.without_id + twice) * len({source for source, _ in outcome.posted})
        return not outcome.lost and len(generated) >= expected and queue.ready() == 0

    until(all_is_there)
    assert outcome is not None
    again = sum(outcome.arrived.values()) - len(outcome.arrived)
    print(
        f"{dict(done)}; confirmed {len(publisher.accepted)} events with an id and {publisher.without_id} without; "
        f"arrived {len(outcome.arrived)} distinct and {again} again, lost {len(outcome.lost)}",
        flush=True,
    )
    assert len(generated) == expected
    for connection in outcome.connections:
        assert connection.balances, connection
        assert connection.counts.get("dead_lettered", 0) == 0
    assert publisher.without_id > 30, "too little was tried"
