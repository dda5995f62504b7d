"""Run a server in a thread of this process: for `relay demo`, benchmarks and tests."""

import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import uvicorn


@contextmanager
def running(server: uvicorn.Server, listeners: Sequence[socket.socket], name: str) -> Iterator[str]:
    """Yield the URL on loopback; end the server, and its thread `name`, at the end of the block."""
    thread = threading.Thread(target=server.run, kwargs={"sockets": listeners}, name=name, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listeners[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
