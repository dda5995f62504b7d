"""A broker that speaks Kafka's protocol: noida-db, a program in a wheel.

It writes what it confirmed to its disk every second or two, and when it ends on SIGTERM. So it is not killed here, and
nothing may be published while it ends.
"""

import importlib.util
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest
from support.server import free_port
from support.waiting import until


class Noida:
    """One broker of a test's own."""

    saves_before_it_confirms = False

    def __init__(self, directory: Path) -> None:
        spec = importlib.util.find_spec("noida_db")
        if spec is None or importlib.util.find_spec("confluent_kafka") is None:
            pytest.skip("no broker of Kafka's protocol is installed here: pip install '.[servers-test]'")
        assert spec.origin is not None
        self._program = Path(spec.origin).with_name("noida-db")
        self._directory, self.port = directory, free_port()
        self.address = f"127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None
        directory.mkdir()
        self.start()

    def start(self) -> None:
        """Start it on what its disk has; return when it answers."""
        self._program.chmod(0o755)
        data = self._directory / "data"
        command = [self._program, "start", "--only", "kafka", "--kafka-port", str(self.port), "--data-dir", data]
        with (self._directory / "broker.log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
        until(self._answers)

    def kill(self) -> None:
        """End it, with all of its connections; what it confirmed is on its disk."""
        assert self._process is not None
        self._process.terminate()
        self._process.wait()

    close = kill

    def _answers(self) -> bool:
        from confluent_kafka import KafkaException
        from confluent_kafka.admin import AdminClient

        with suppress(KafkaException):
            return bool(AdminClient({"bootstrap.servers": self.address, "log_level": 0}).list_topics(timeout=2).brokers)
        return False
