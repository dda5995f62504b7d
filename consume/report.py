"""What a process says of one source: log lines for changes, counts for metrics, its state for status."""

from collections.abc import Callable, Sequence

import structlog

from consume.sources.interface import Message, SourceUnavailable
from store.records.source_states import SourceState, State

log = structlog.get_logger("relay.consume")


class SourceReport:
    """The state and the counts of one source in this process. `note` counts one of a name (CounterBatch)."""

    def __init__(self, source: str, process: str, note: Callable[[str], None]) -> None:
        self.state = SourceState(source, process)
        self._note = note

    def count(self, what: str, times: int = 1) -> None:
        """Count messages: `received`, `redelivered`, `acknowledged`, `given_back`; elements: `invalid`."""
        for _ in range(times):
            self._note(f"{self.state.name}:{what}")

    def connected(self) -> None:
        """Say that the queue is connected."""
        log.info("source_connected", source=self.state.name)

    def taking(self) -> None:
        """Say that messages are taken."""
        self._set("taking")

    def unavailable(self, error: SourceUnavailable) -> None:
        """Say why the queue cannot be used; log it once for each reason."""
        if self._set("unavailable", error.problem, error.what_to_do):
            fields = {"problem": error.problem, "what_to_do": error.what_to_do}
            log.warning("source_unavailable", source=self.state.name, **fields)

    def waiting(self, problem: str) -> None:
        """Say why nothing is taken, because of Redis; log it once for each reason."""
        if self._set("waiting_for_redis", problem, "see relay status and relay check"):
            log.warning("source_waiting", source=self.state.name, problem=problem)

    def received(self, messages: Sequence[Message]) -> None:
        """Count messages that came."""
        self.count("received", len(messages))
        self.count("redelivered", sum(message.redelivered for message in messages))

    def sorted(self, *, has_batch: bool) -> None:
        """Record whether a message had a batch, or only becomes dead letters."""
        former = self.state.dead_lettered_in_a_row or 0
        self.state.dead_lettered_in_a_row = 0 if has_batch else former + 1

    def acknowledged(self, number: int) -> None:
        """Count messages that were acknowledged."""
        self.count("acknowledged", number)

    def given_back(self, number: int) -> None:
        """Count messages that were given back, and log it."""
        self.count("given_back", number)
        log.info("messages_given_back", source=self.state.name, messages=number)

    def backlog(self, messages: int | None) -> None:
        """Record how many messages wait in the queue."""
        self.state.backlog = messages

    def _set(self, state: State, problem: str = "", what_to_do: str = "") -> bool:
        """Set the state; return whether it is another one."""
        former = (self.state.state, self.state.problem)
        self.state.state, self.state.problem, self.state.what_to_do = state, problem, what_to_do
        return former != (state, problem)
