"""The cluster that librdkafka has for tests, in a process of its own; it speaks the protocol and bounds its answers."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

PROGRAM = """
import sys
from confluent_kafka import Producer
cluster = Producer({"test.mock.num.brokers": 1, "log_level": 0})
print(*(f"{broker.host}:{broker.port}" for broker in cluster.list_topics(timeout=30).brokers.values()), flush=True)
sys.stdin.read()
"""


@contextmanager
def running_mock_cluster() -> Iterator[str]:
    """Run it and yield its address; it keeps 5 MiB of each partition."""
    command = [sys.executable, "-c", PROGRAM]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip()
        finally:
            process.kill()
