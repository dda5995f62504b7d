"""Google's emulator of Pub/Sub, as a process of its own; it keeps all that it has in memory."""

import importlib.util
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from support.server import free_port
from support.waiting import until

FOLDER = Path("/usr/lib/google-cloud-sdk/platform/pubsub-emulator/lib")
"""Where Google's package google-cloud-cli-pubsub-emulator puts it; Debian has no such package."""


@contextmanager
def running_emulator() -> Iterator[str]:
    """Run it and yield its host and port; skip the test where it, Java or the client is not installed."""
    program = next(FOLDER.glob("*.jar"), None) if FOLDER.is_dir() else None
    if program is None or shutil.which("java") is None:
        pytest.skip("Google's emulator of Pub/Sub is not installed here: google-cloud-cli-pubsub-emulator, and Java")
    if importlib.util.find_spec("google.cloud.pubsub_v1") is None:
        pytest.skip("the client of Pub/Sub is not installed here: pip install '.[pubsub]'")
    port = free_port()
    command = ["java", "-Xmx256m", "-jar", str(program), "--host=127.0.0.1", f"--port={port}"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            until(lambda: _answers(f"127.0.0.1:{port}"))
            yield f"127.0.0.1:{port}"
        finally:
            process.kill()


def _answers(address: str) -> bool:
    import grpc
    from google.pubsub_v1 import PublisherClient
    from google.pubsub_v1.services.publisher.transports import PublisherGrpcTransport

    with suppress(Exception):
        client = PublisherClient(transport=PublisherGrpcTransport(channel=grpc.insecure_channel(address)))
        client.list_topics(project="projects/relay", timeout=5)
        return True
    return False
