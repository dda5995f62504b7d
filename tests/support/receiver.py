"""The receiver of a webhook: a real HTTP server that keeps its requests and answers as the test sets."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Receiver:
    """`taken` has each JSON body answered with 2xx. `statuses` are answered first; each answer waits for `hang`."""

    def __init__(self) -> None:
        self.taken: list[dict[str, Any]] = []
        self.requests = 0
        self.statuses: list[int] = []
        self.hang: threading.Event | None = None
        self.url = ""

    @property
    def alerts(self) -> list[tuple[str, str]]:
        """Return (connection, alert) of each."""
        return [(one["relay"].get("connection", ""), one["relay"]["alert"]) for one in self.taken]


@contextmanager
def receiving() -> Iterator[Receiver]:
    """Give a receiver on a free port of loopback, which ends with the block."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            receiver.requests += 1
            if receiver.hang is not None:
                receiver.hang.wait(30)
            status = receiver.statuses.pop(0) if receiver.statuses else 200
            if status < 300:
                receiver.taken.append(body)
            self.send_response(status)
            if 300 <= status < 400:
                self.send_header("location", f"{receiver.url}/elsewhere")
            self.send_header("content-length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *_: Any) -> None:
            """Write nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver.url = f"http://127.0.0.1:{server.server_address[1]}/hook"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
