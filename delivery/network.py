"""Give a whole request a deadline: read timeouts alone never end an answer that arrives a byte at a time."""

import socket
import ssl
import threading
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from typing import Any

import httpcore


class Deadlines:
    """The deadline of each thread's current request; one instance serves any number of threads."""

    def __init__(self) -> None:
        self._local = threading.local()

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """Limit the requests that this thread makes inside the block to `seconds` in all."""
        self._local.at = time.monotonic() + seconds
        try:
            yield
        finally:
            self._local.at = None

    def limit(self, timeout: float | None, late: type[Exception]) -> float | None:
        """Return `timeout`, shortened to the time left until the deadline. Raise `late` when no time is left."""
        at: float | None = getattr(self._local, "at", None)
        if at is None:
            return timeout
        left = at - time.monotonic()
        if left <= 0:
            raise late("the whole request took too long")
        return left if timeout is None else min(timeout, left)


class _NameLookups:
    """Resolve names within a time limit, which the system's resolver lacks; threads share the lookup of a name."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: dict[tuple[str, int], Future[list[str]]] = {}

    def addresses(self, host: str, port: int, timeout: float | None) -> list[str]:
        """Return the IP addresses of `host`. Raise ConnectTimeout when they are late, ConnectError without any."""
        try:
            return self._lookup(host, port).result(timeout)
        except TimeoutError:
            raise httpcore.ConnectTimeout(socket.gaierror("the name servers do not answer in time")) from None
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(error) from error

    def _lookup(self, host: str, port: int) -> Future[list[str]]:
        with self._lock:
            lookup = self._running.get((host, port))
            if lookup is None:
                lookup = self._running[host, port] = Future()
                # A daemon: the end of the process does not wait for a name server.
                threading.Thread(target=self._resolve, args=(host, port, lookup), daemon=True).start()
            return lookup

    def _resolve(self, host: str, port: int, lookup: Future[list[str]]) -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            lookup.set_result(list(dict.fromkeys(str(entry[4][0]) for entry in found)))
        except (OSError, UnicodeError) as error:
            lookup.set_exception(error)
        finally:
            with self._lock:
                del self._running[host, port]


class DeadlineBackend(httpcore.NetworkBackend):
    """httpcore's network backend with deadlines."""

    def __init__(self, deadlines: Deadlines) -> None:
        self._deadlines, self._network = deadlines, httpcore.SyncBackend()
        self._names = _NameLookups()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first address that answers, before the deadline."""
        *others, last = self._names.addresses(host, port, self._deadlines.limit(timeout, httpcore.ConnectTimeout))
        options = list(socket_options or ())
        for address in others:
            with suppress(httpcore.ConnectError, httpcore.ConnectTimeout):
                return self._connect(address, port, timeout, local_address, options)
        return self._connect(last, port, timeout, local_address, options)

    def _connect(
        self, address: str, port: int, timeout: float | None, local_address: str | None, options: list[Any]
    ) -> httpcore.NetworkStream:
        left = self._deadlines.limit(timeout, httpcore.ConnectTimeout)
        return _DeadlineStream(self._network.connect_tcp(address, port, left, local_address, options), self._deadlines)


class _DeadlineStream(httpcore.NetworkStream):
    """A connection that keeps to the deadline of the request using it."""

    def __init__(self, stream: httpcore.NetworkStream, deadlines: Deadlines) -> None:
        self._stream, self._deadlines = stream, deadlines

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._deadlines.limit(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._deadlines.limit(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        timeout = self._deadlines.limit(timeout, httpcore.ConnectTimeout)
        return _DeadlineStream(self._stream.start_tls(ssl_context, server_hostname, timeout), self._deadlines)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
