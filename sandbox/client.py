"""A client of the sandbox's control API, for tests, the demo and the fault run."""

import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from sandbox.app import KEEP
from sandbox.server import serving


class SandboxClient:
    """Calls the control API of the sandbox at `url`."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._http = httpx.Client(base_url=url, trust_env=False, timeout=30)

    def events(self, **filters: str) -> list[dict[str, Any]]:
        """Return the newest accepted events, oldest first: `endpoint`, `event`, `event_id`, `body`, `count` …"""
        return self._get("/_sandbox/events", **filters)  # type: ignore[no-any-return]  # JSON

    def ids(self) -> dict[tuple[str, str, str], int]:
        """Return how often each (event source id, event, event_id) was accepted."""
        return {(source, name, event_id): count for source, name, event_id, count in self._get(_EVENTS, ids="1")}

    def summary(self) -> dict[str, Any]:
        """Return counts of requests, refusals, faults, events, distinct events and duplicates."""
        return self._get(_EVENTS, summary="1")  # type: ignore[no-any-return]  # JSON

    def refusals(self) -> list[dict[str, Any]]:
        """Return the newest refused requests: `endpoint`, `code`, `message`, `request_id`, `events`."""
        return self._get("/_sandbox/refusals")  # type: ignore[no-any-return]  # JSON

    def clear(self) -> None:
        """Delete all events, refusals and counts; faults stay."""
        self._http.delete(_EVENTS).raise_for_status()

    def fault(self, mode: str, **settings: Any) -> None:
        """Put one fault in force, instead of any others."""
        self.faults({"mode": mode, **settings})

    def faults(self, *faults: dict[str, Any]) -> None:
        """Put these faults in force, instead of any others. Raise ValueError for an unknown fault."""
        answer = self._http.put("/_sandbox/fault", json=list(faults))
        if answer.is_error:
            raise ValueError(answer.json()["error"])

    def clear_faults(self) -> None:
        """Remove all faults."""
        self.faults()

    def wait_for(self, condition: Callable[[dict[str, Any]], bool], seconds: float = 10.0) -> dict[str, Any]:
        """Return the first summary that fulfils `condition`. Raise TimeoutError with the last one after `seconds`."""
        deadline = time.monotonic() + seconds
        while not condition(summary := self.summary()):
            if time.monotonic() > deadline:
                raise TimeoutError(f"after {seconds} s the sandbox still says {summary}")
            time.sleep(0.02)
        return summary

    def close(self) -> None:
        """Close the HTTP client; the sandbox keeps running."""
        self._http.close()

    def _get(self, path: str, **query: str) -> Any:
        return self._http.get(path, params=query).raise_for_status().json()


_EVENTS = "/_sandbox/events"


@contextmanager
def running_sandbox(
    tokens: Collection[str] = (), *, port: int = 0, keep: int = KEEP, require_app_id: bool = False
) -> Iterator[SandboxClient]:
    """Run a sandbox on loopback in a thread of this process until the end of the block; yield its client."""
    with serving(tokens, port=port, keep=keep, require_app_id=require_app_id) as url:
        client = SandboxClient(url)
        try:
            yield client
        finally:
            client.close()
