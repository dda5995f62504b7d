"""Google's emulator of Pub/Sub, as a process of its own; it keeps all that it has in memory."""

import importlib.util
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest
from support.server import free_port
from support.waiting import until

FOLDER = Path("/usr/lib/google-cloud-sdk/platform/pubsub-emulator/lib")
"""Where Google's package google-cloud-cli-pubsub-emulator puts it; Debian has no such package."""


class Emulator:
    """One emulator; a test skips where it, Java or the client is not installed."""

    def __init__(self) -> None:
        program = next(FOLDER.glob("*.jar"), None) if FOLDER.is_dir() else None
        if program is None or shutil.which("java") is None:
            pytest.skip("Google's emulator of Pub/Sub is not installed: google-cloud-cli-pubsub-emulator, and Java")
        with suppress(ModuleNotFoundError):
            if importlib.util.find_spec("google.pubsub_v1") is not None:
                self._start(program)
                return
        pytest.skip("the client of Pub/Sub is not installed here: pip install '.[test]'")

    def close(self) -> None:
        """Stop it; what it has is gone."""
        self._process.kill()
        self._process.wait()

    def _start(self, program: Path) -> None:
        port = free_port()
        self.address = f"127.0.0.1:{port}"
        command = ["java", "-Xmx256m", "-jar", str(program), "--host=127.0.0.1", f"--port={port}"]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            until(self._answers)
        except BaseException:
            self.close()
            raise

    def _answers(self) -> bool:
        import grpc
        from google.pubsub_v1 import PublisherClient
        from google.pubsub_v1.services.publisher.transports import PublisherGrpcTransport

        with suppress(Exception):
            client = PublisherClient(transport=PublisherGrpcTransport(channel=grpc.insecure_channel(self.address)))
            client.list_topics(project="projects/relay", timeout=5)
            return True
        return False
