"""The balancers of the documents repeat in the other cell what one cell does not answer 202.

The first cell here fails in one exact way with every request. How real cells fail is in `tests/failover/test_cells.py`.
"""

import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest
from support.balancers import BALANCERS, skip_unless_installed
from support.plant import Process
from support.server import free_port
from support.waiting import until

LARGEST_BATCH = 1 << 20
SLOWER_S = 6.0
"""Longer than the time in which HAProxy expects a cell's answer."""
BODIES = {"1 kB": 1_000, "the largest batch": LARGEST_BATCH}
ACCEPTED = b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n"
READY = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"
NOT_READY = b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n"
Fails = Callable[[socket.socket], None]


def answer(status: int) -> Fails:
    """Answer every request with this status and go on."""
    return lambda sender: sender.sendall(b"HTTP/1.1 %d No\r\ncontent-length: 0\r\n\r\n" % status)


def end(sender: socket.socket) -> None:
    """End the connection, as a process does that is killed after it read the request."""
    sender.shutdown(socket.SHUT_RDWR)


def reset(sender: socket.socket) -> None:
    """Reset the connection, as a process does that is killed with a part of the request unread."""
    sender.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    raise ConnectionAbortedError  # the connection is closed at the end of its block


def reset_in_the_answer(sender: socket.socket) -> None:
    """Be killed while answering."""
    sender.sendall(ACCEPTED[:15])
    reset(sender)


FAILURES: dict[str, Fails] = {
    "the connection ends": end,
    "it is reset": reset,
    "it is reset in the answer": reset_in_the_answer,
    "500": answer(500),
    "502": answer(502),
    "503": answer(503),
    "504": answer(504),
}


class FailingCell:
    """A server that does `fails` with each batch; without it, it answers 202. `checks` counts health checks."""

    def __init__(self) -> None:
        self.fails: Fails | None = None
        self.is_ready = True
        self.requests = self.checks = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Listen no more."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=self._serve, args=(self._listener.accept()[0],), daemon=True).start()

    def _serve(self, sender: socket.socket) -> None:
        with suppress(OSError), sender, sender.makefile("rb") as requests:
            while request := requests.readline():
                length = 0
                while (line := requests.readline().lower().strip()) != b"":
                    if line.startswith(b"content-length:"):
                        length = int(line.partition(b":")[2])
                if request.startswith(b"GET"):
                    self.checks += 1
                    sender.sendall(READY if self.is_ready else NOT_READY)
                    continue
                self.requests += 1
                requests.read(1 if self.fails is reset else length)
                (self.fails or answer(202))(sender)


@pytest.fixture(params=BALANCERS)
def cells(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, list[FailingCell]]]:
    """The balancer's URL, and two cells behind it."""
    skip_unless_installed(request.param)
    both, port = [FailingCell(), FailingCell()], free_port()
    command, variables = BALANCERS[request.param](tmp_path, port, [cell.address for cell in both])
    balancer = Process("balancer", command, variables, tmp_path / "balancer.log")
    url = f"http://127.0.0.1:{port}"
    until(lambda: _answers(url))
    yield url, both
    balancer.stop()
    for cell in both:
        cell.close()


def _answers(url: str) -> bool:
    with suppress(httpx.TransportError):
        return httpx.get(f"{url}/health/ready", trust_env=False, timeout=10).status_code == 200
    return False


def post(url: str, size: int, number: int = 12) -> Counter[str]:
    """Post batches of this size one after another through one connection, and count the answers."""
    answers: Counter[str] = Counter()
    with httpx.Client(trust_env=False, timeout=60) as http:
        for _ in range(number):
            try:
                answers[str(http.post(f"{url}/v2/events", content=b"x" * size).status_code)] += 1
            except httpx.TransportError as error:
                answers[type(error).__name__] += 1
    return answers


def test_what_one_cell_does_not_take_goes_to_the_other(cells: tuple[str, list[FailingCell]]) -> None:
    """In whatever way the cell fails, and up to the largest batch; the sender sees 202 only."""
    url, both = cells
    found = {}
    for how, fails in FAILURES.items():
        for name, size in BODIES.items():
            for cell in both:
                for other in both:
                    other.fails = fails if other is cell else None
                if (answers := post(url, size)) != {"202": 12}:
                    found[how, name] = answers
    assert found == {}
    assert min(cell.requests for cell in both) > 0


def test_a_cell_that_just_came_back_is_used_when_the_other_is_gone(
    cells: tuple[str, list[FailingCell]], request: pytest.FixtureRequest
) -> None:
    """A balancer that asks for health believes for a moment that both are away; it tries them all the same."""
    url, (back, gone) = cells
    back.is_ready, back.fails = False, answer(503)
    if "haproxy" in request.node.name:
        first = back.checks
        until(lambda: back.checks > first + 4)
    back.is_ready, back.fails = True, None
    gone.close()
    assert post(url, 1_000) == {"202": 12}


@pytest.mark.parametrize("cells", ["haproxy"], indirect=True)
def test_a_large_request_may_arrive_slowly(cells: tuple[str, list[FailingCell]]) -> None:
    """HAProxy passes it on as it comes, so the time within which a cell must answer does not hold for it."""

    def body() -> Iterator[bytes]:
        yield b"x" * LARGEST_BATCH
        time.sleep(SLOWER_S)
        yield b"x" * LARGEST_BATCH

    headers = {"content-length": str(2 * LARGEST_BATCH)}
    answer = httpx.post(f"{cells[0]}/v2/bulkevents", content=body(), headers=headers, trust_env=False, timeout=60)
    assert answer.status_code == 202
