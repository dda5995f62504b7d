"""A whole relay under attack beside an honest sender, and the checks that must hold for both at the end."""

import json
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from support.memory import Peaks
from support.plant import Plant

SHORT = bool(os.environ.get("SHORT"))
INPUTS = """
inputs:
  - {id: web, platform: web, api_key: key, api_secret: secret}
  - {id: honest, platform: web, api_key: honest-key, api_secret: honest-secret}
"""
HONEST = """
  - {id: honest, inputs: [honest], access_token: "${TOKEN}", event_source_id: CHONEST000000000000}
"""
CONNECTIONS = """
connections:
  - {id: shop, inputs: [web], access_token: "${TOKEN}", event_source_id: CUSG5HBC77UD11VVRQEG}
"""
SLOWEST_ANSWER_S = 3.0
INGEST_BYTES = 512 << 20
WORKER_BYTES = 300 << 20


class Attack(Plant):
    """One relay of real processes, attacked by the body of `with`. At its end the bounds are checked.

    `connections` is YAML: a `connections:` list for the input `web` (key, secret); the honest sender's own input and
    connection are added. `honest_answers` are the statuses it may get, such as 503 while Redis does not answer.
    """

    def __init__(
        self,
        directory: Path,
        report: Callable[[dict[str, Any]], None],
        *,
        connections: str = CONNECTIONS,
        maxmemory: str = "96mb",
        ingests: int = 1,
        workers: int = 1,
        environment: Mapping[str, str] | None = None,
        honest_answers: tuple[str, ...] = ("202",),
        server_environment: Mapping[str, str] | None = None,
    ) -> None:
        text = INPUTS + connections.rstrip() + HONEST
        super().__init__(
            directory,
            text,
            ingests,
            workers,
            environment,
            maxmemory=maxmemory,
            server_environment=server_environment,
        )
        self._report, self._honest_answers = report, honest_answers
        self.figures: dict[str, Any] = {}

    @property
    def url(self) -> str:
        """The URL of the first ingest."""
        return self.ingest_urls[0]

    def __enter__(self) -> Self:
        try:
            self.wait_until_ready(120)
            command = [sys.executable, str(Path(__file__).with_name("honest_sender.py")), "honest-key", "honest-secret"]
            self._honest = self.add("honest", [*command, *self.ingest_urls], {})
            self.wait_for(lambda: bool(self.honest()), "the honest sender's first answer", 120)
            self._peaks = Peaks(self)
        except BaseException as error:
            super().__exit__(type(error), error, None)
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        try:
            self._honest.signal(signal.SIGTERM)
            self._honest.wait()
            if kind is None:
                self.wait_for(self._honest_events_arrived, "the honest sender's events at TikTok", 120)
            self._peaks.stop()
            self._report(self._all_figures())
            if kind is None:
                self._check()
        finally:
            super().__exit__(kind, error, at)

    def honest(self) -> list[dict[str, Any]]:
        """Return the results of the honest sender so far; honest_sender.py describes the members."""
        return [
            json.loads(line) for line in self.log_of("honest").splitlines() if line.startswith("{") and line[-1] == "}"
        ]

    def figure(self, name: str, value: object) -> None:
        """Add a figure to the row of this attack."""
        self.figures[name] = value

    def wait_for(self, condition: Callable[[], bool], what: str, seconds: float = 60.0) -> None:
        """Return when `condition` holds; fail and name `what` if it does not within the deadline."""
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, f"not within {seconds:g} s: {what}; see the logs in {self.directory}"
            time.sleep(0.1)

    def _honest_events_arrived(self) -> bool:
        arrived = {event_id for _, _, event_id in self.sandbox.ids()}
        return {row["id"] for row in self.honest() if row["status"] == "202"} <= arrived

    def _all_figures(self) -> dict[str, Any]:
        heard = self.honest()
        return {
            "honest answers": dict(Counter(row["status"] for row in heard)),
            "slowest honest answer, s": round(max(row["seconds"] for row in heard), 2),
            "ingest, MiB PSS": self._peaks.of("ingest") >> 20,
            "worker, MiB PSS": self._peaks.of("worker") >> 20,
            "peak RSS, MiB": {
                name: peak >> 20 for name, peak in self._peaks.rss.items() if name.startswith(("ingest", "worker"))
            },
            "redis, MiB": f"{self._peaks.redis / (1 << 20):.1f} of {self.maxmemory}",
            **self.figures,
        }

    def _check(self) -> None:
        """Check that honest senders were answered and memory stayed bounded."""
        heard = self.honest()
        late = max(row["late"] for row in heard)
        slow = [row for row in heard if row["seconds"] > SLOWEST_ANSWER_S + late]
        assert not slow, f"the honest sender waited (the machine itself was up to {late:.2f} s late): {slow}"
        others = [row for row in heard if row["status"] not in self._honest_answers]
        assert not others, f"the honest sender heard: {others[:5]}"
        assert self._peaks.of("ingest") <= INGEST_BYTES, self._peaks.pss
        assert self._peaks.of("worker") <= WORKER_BYTES, self._peaks.pss
        assert self._peaks.redis < as_bytes(self.maxmemory), self._peaks.redis


Start = Callable[..., Attack]
"""The fixture `attacked`: makes an Attack; its arguments are those of Attack, without the first two."""


def as_bytes(text: str) -> int:
    """Return a number of bytes from Redis's notation, such as 96mb."""
    units = {"kb": 1 << 10, "mb": 1 << 20, "gb": 1 << 30}
    return int(text[:-2]) * units[text[-2:]]
