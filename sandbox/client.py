"""A sandbox to hold in one's hand: for tests, the demo and the fault run, over its real HTTP surface."""

import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from sandbox.app import KEEP
from sandbox.server import serving


class SandboxClient:
    """The control surface of a sandbox that runs at `url`."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._http = httpx.Client(base_url=url, trust_env=False, timeout=30)

    def events(self, **filters: str) -> list[dict[str, Any]]:
        """The newest events taken, oldest first: `endpoint`, `event`, `event_id`, `body`, `count`, …"""
        return self._get("/_sandbox/events", **filters)  # type: ignore[no-any-return]  # JSON

    def ids(self) -> dict[tuple[str, str, str], int]:
        """Every (event source id, event, event_id) taken, with how often."""
        return {(source, name, event_id): count for source, name, event_id, count in self._get(_EVENTS, ids="1")}

    def summary(self) -> dict[str, Any]:
        """Counts of requests, refusals, faults, events, distinct events and duplicates."""
        return self._get(_EVENTS, summary="1")  # type: ignore[no-any-return]  # JSON

    def refusals(self) -> list[dict[str, Any]]:
        """The newest requests refused: `endpoint`, `code`, `message`, `request_id`, `events`."""
        return self._get("/_sandbox/refusals")  # type: ignore[no-any-return]  # JSON

    def clear(self) -> None:
        """Forget everything taken, refused and counted; faults stay."""
        self._http.delete(_EVENTS).raise_for_status()

    def fault(self, mode: str, **settings: Any) -> None:
        """Put one fault in force, in place of any others."""
        self.faults({"mode": mode, **settings})

    def faults(self, *faults: dict[str, Any]) -> None:
        """Put these faults in force, in place of any others; none mends everything."""
        answer = self._http.put("/_sandbox/fault", json=list(faults))
        if answer.is_error:
            raise ValueError(answer.json()["error"])

    def clear_faults(self) -> None:
        """No fault any more."""
        self.faults()

    def wait_for(self, condition: Callable[[dict[str, Any]], bool], seconds: float = 10.0) -> dict[str, Any]:
        """The first summary that fulfils `condition`; TimeoutError with the last one if none does in time."""
        deadline = time.monotonic() + seconds
        while not condition(summary := self.summary()):
            if time.monotonic() > deadline:
                raise TimeoutError(f"after {seconds} s the sandbox still says {summary}")
            time.sleep(0.02)
        return summary

    def close(self) -> None:
        """Let go of the connection; the sandbox runs on."""
        self._http.close()

    def _get(self, path: str, **query: str) -> Any:
        return self._http.get(path, params=query).raise_for_status().json()


_EVENTS = "/_sandbox/events"


@contextmanager
def running_sandbox(
    tokens: Collection[str] = (), *, port: int = 0, keep: int = KEEP, require_app_id: bool = False
) -> Iterator[SandboxClient]:
    """A sandbox on a free port of loopback, in a thread of this process, gone at the end of the block."""
    with serving(tokens, port=port, keep=keep, require_app_id=require_app_id) as url:
        client = SandboxClient(url)
        try:
            yield client
        finally:
            client.close()
