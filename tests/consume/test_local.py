"""`relay up` runs `relay consume` for the sources of the file, and stops it with the rest."""

import signal

from support.consuming import source_lines
from support.events import as_json, batch, purchase
from support.place import CONFIGURATION, Place
from support.queues import RabbitQueue
from support.rabbitmq import RabbitMq
from support.waiting import until


def test_up_takes_from_a_source_that_is_declared_while_it_runs(rabbitmq: RabbitMq, place: Place) -> None:
    """And says so; without sources it starts no such process."""
    queue = RabbitQueue(rabbitmq)
    queue.publish([as_json(batch(purchase(1)))])
    process = place.up()
    try:
        assert "consume" not in place.output()
        place.configuration.write_text(f"{CONFIGURATION}sources:\n{source_lines(queue)}")
        until(lambda: place.arrived(1) and queue.ready() == 0)
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=120) == 0
    assert "relay consume takes batches from the sources of the file: batches" in place.output()
    assert "stopping: ingest and consume, then workers, then Redis" in place.output()
    assert "did not end in time" not in place.output()
