"""Run the sandbox: as a process until a signal, or in a thread for tests and the demo."""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress

import uvicorn

from process.listening import listening
from process.server_thread import running
from sandbox.app import KEEP, create_app
from sandbox.connection import BreakableProtocol


def run(
    host: str,
    port: int,
    tokens: Collection[str] = (),
    *,
    keep: int = KEEP,
    require_app_id: bool = False,
    started: Callable[[], None] = lambda: None,
) -> None:
    """Serve until SIGINT or SIGTERM; call `started` once it listens. Raise CannotListen when the port is in use."""
    with listening(host, port, "RELAY_SANDBOX_PORT") as listeners, suppress(KeyboardInterrupt):
        started()
        _server(tokens, keep, require_app_id).run(sockets=listeners)


@contextmanager
def serving(
    tokens: Collection[str] = (), *, port: int = 0, keep: int = KEEP, require_app_id: bool = False
) -> Iterator[str]:
    """Serve on loopback in a thread and yield the URL. Port 0 means any free port."""
    server = _server(tokens, keep, require_app_id)
    with listening("127.0.0.1", port, "RELAY_SANDBOX_PORT") as listeners, running(server, listeners, "sandbox") as url:
        yield url


def _server(tokens: Collection[str], keep: int, require_app_id: bool) -> uvicorn.Server:
    return uvicorn.Server(
        uvicorn.Config(
            create_app(tokens, keep=keep, require_app_id=require_app_id),
            http=BreakableProtocol,
            ws="none",
            lifespan="off",
            proxy_headers=False,
            access_log=False,
            log_config=None,
            server_header=False,
            timeout_keep_alive=75,
            timeout_graceful_shutdown=5,
        )
    )
