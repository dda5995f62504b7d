"""The ingest process: the application on uvicorn, until a signal; or in a thread, for tests and the demo."""

import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import uvicorn
from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from config.garbage import expect_little_garbage
from config.settings import Settings
from ingest.app import create_app


def run(settings: Settings, routes: Sequence[BaseRoute] = ()) -> None:
    """Serve until SIGINT or SIGTERM, then finish what has begun.

    Raises ConfigurationError when the settings or the file cannot be put in force, OSError when the port is taken.
    """
    app = create_app(settings, routes)
    expect_little_garbage()
    with _listen(settings.host, settings.port) as listener:
        _server(app).run(sockets=[listener])


@contextmanager
def serving(settings: Settings, routes: Sequence[BaseRoute] = (), *, port: int = 0) -> Iterator[str]:
    """Serve on loopback in a thread; gives the URL. Port 0 means any free one."""
    server = _server(create_app(settings, routes))
    with _listen("127.0.0.1", port) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="ingest", daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


def _listen(host: str, port: int) -> socket.socket:
    """A listening socket: whoever connects from now on is served, even before the loop runs."""
    return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET, backlog=2048)


def _server(app: ASGIApp) -> uvicorn.Server:
    return uvicorn.Server(
        uvicorn.Config(
            app,
            loop="uvloop",
            http="httptools",
            ws="none",
            lifespan="on",
            proxy_headers=False,  # a header that anyone may send says nothing of who sent it
            server_header=False,
            access_log=False,
            log_config=None,  # relay sets up logging for all of its processes
            timeout_keep_alive=75,  # longer than load balancers' own, so that it is they who close
            timeout_graceful_shutdown=10,
        )
    )
