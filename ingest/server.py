"""Run the ingest application on uvicorn: as a process until a signal, or in a thread for tests and the demo."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, cast

import uvicorn
from starlette.routing import BaseRoute

from config.settings import Settings
from ingest.app import create_app
from ingest.door import Door
from ingest.http.connection import HttpConnection
from ingest.http.connection_table import HttpConnections
from ingest.http.thread_priority import prefer_event_loop
from process.garbage_collection import tune_garbage_collection
from process.listening import allowed_connections, listening
from process.server_thread import running


def run(settings: Settings, routes: Sequence[BaseRoute] = ()) -> None:
    """Serve until SIGINT or SIGTERM, then answer the requests that have begun.

    Raise ConfigurationError when the settings or the file cannot be used, OSError when the port is in use.
    """
    app = create_app(settings, routes)
    tune_garbage_collection()
    connections = _connections(settings)
    with listening(settings.host, settings.port) as listeners, prefer_event_loop():
        make_server(app, connections).run(sockets=listeners)


@contextmanager
def serving(settings: Settings, routes: Sequence[BaseRoute] = (), *, port: int = 0) -> Iterator[str]:
    """Serve on loopback in a thread and yield the URL. Port 0 means any free port."""
    server = make_server(create_app(settings, routes), _connections(settings))
    with listening("127.0.0.1", port) as listeners, running(server, listeners, "ingest") as url:
        yield url


def _connections(settings: Settings) -> HttpConnections:
    return HttpConnections(allowed_connections(settings.max_connections), settings.keep_alive)


def make_server(app: Door, connections: HttpConnections) -> uvicorn.Server:
    """Return uvicorn's server, its connections within limits."""
    protocol: Callable[..., Any] = partial(HttpConnection, connections, app.take)
    return uvicorn.Server(
        uvicorn.Config(
            app,
            loop="uvloop",
            http=cast("Any", protocol),
            ws="none",
            lifespan="on",
            proxy_headers=False,  # any sender can write such a header
            server_header=False,
            access_log=False,
            log_config=None,  # relay configures logging for all of its processes
            timeout_graceful_shutdown=10,
        )
    )
