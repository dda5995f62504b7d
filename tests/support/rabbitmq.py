"""A RabbitMQ of a test's own: its node, directories and ports; killed and started again as a machine would be."""

import os
import shutil
import signal
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import amqp
import pytest
from support.server import free_port
from support.waiting import until

PROGRAM = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
"""Debian's; the one in the path insists on a user of its own."""
QUEUE = "mparticle"


class Tls(NamedTuple):
    """The files of a broker that speaks TLS."""

    authority: Path
    certificate: Path
    key: Path

    def lines(self, port: int) -> list[str]:
        """Return the lines of its configuration."""
        return [
            f"listeners.ssl.default = 127.0.0.1:{port}",
            f"ssl_options.cacertfile = {self.authority}",
            f"ssl_options.certfile = {self.certificate}",
            f"ssl_options.keyfile = {self.key}",
            "ssl_options.verify = verify_peer",
            "ssl_options.fail_if_no_peer_cert = true",
        ]


class RabbitMq:
    """One broker. Its queues are durable, and a message that it confirmed survives `kill`."""

    saves_before_it_confirms = True

    def __init__(self, directory: Path, tls: "Tls | None" = None) -> None:
        """With `tls`, `tls_port` takes only clients with a certificate of its authority."""
        if not PROGRAM.is_file() or shutil.which("erl") is None:
            pytest.skip("RabbitMQ is not installed here: apt-get install rabbitmq-server")
        directory.mkdir()
        self._directory, self.port = directory, free_port()
        self._epmd = str(free_port())
        self.url = f"amqp://guest:guest@127.0.0.1:{self.port}"
        self.tls_port = free_port()
        lines = ["vm_memory_high_watermark.absolute = 512MB", *(tls.lines(self.tls_port) if tls else ())]
        (directory / "rabbitmq.conf").write_text("\n".join([*lines, ""]))
        (directory / "enabled_plugins").write_text("[].\n")
        self._environment = {
            **os.environ,
            "HOME": str(directory),
            "ERL_EPMD_PORT": self._epmd,
            "RABBITMQ_NODENAME": f"relay{self.port}@localhost",
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_DIST_PORT": str(free_port()),
            "RABBITMQ_MNESIA_BASE": str(directory / "data"),
            "RABBITMQ_LOG_BASE": str(directory / "log"),
            "RABBITMQ_LOGS": "-",
            "ERL_CRASH_DUMP": "/dev/null",
            "RABBITMQ_CONFIG_FILE": str(directory / "rabbitmq.conf"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(directory / "enabled_plugins"),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+S 1:1 +sbwt none",
        }
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        """Start it on what its disk has; return when it answers."""
        with (self._directory / "server.log").open("ab") as log:
            self._process = subprocess.Popen(
                [PROGRAM], env=self._environment, stdout=log, stderr=log, start_new_session=True
            )
        until(self.answers, 120)

    def kill(self) -> None:
        """End it as SIGKILL does."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)  # a shell script, and Erlang below it
            self._process.wait()
            self._process = None

    def close(self) -> None:
        """End it, and Erlang's port mapper that it started."""
        self.kill()
        subprocess.run(["epmd", "-port", self._epmd, "-kill"], capture_output=True, check=False)

    def answers(self) -> bool:
        """Whether a client can connect."""
        with suppress(OSError, amqp.AMQPError), self.connection():
            return True
        return False

    def connection(self) -> Any:
        """Return a connection that confirms what is published."""
        return amqp.Connection(f"127.0.0.1:{self.port}", connect_timeout=5, read_timeout=30, confirm_publish=True)

    def declare(self, queue: str = QUEUE, **arguments: Any) -> None:
        """Declare a durable queue."""
        with self.connection() as connection:
            connection.channel().queue_declare(queue, durable=True, auto_delete=False, **arguments)

    def publish(self, *bodies: bytes, queue: str = QUEUE, **properties: Any) -> None:
        """Publish persistent messages; return when the broker has confirmed them."""
        with self.connection() as connection:
            channel = connection.channel()
            for body in bodies:
                channel.basic_publish(amqp.Message(body, delivery_mode=2, **properties), routing_key=queue)

    def ready(self, queue: str = QUEUE) -> int:
        """Return how many messages wait in the queue, without those that a consumer holds."""
        with self.connection() as connection:
            return int(connection.channel().queue_declare(queue, passive=True).message_count)
