"""The status of sources: what `relay consume` does with each queue, added up over its processes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import redis

from config.model import Configuration
from operations.metrics.names import SOURCES
from store.records.counter_batches import read_counts
from store.records.source_states import SourceState, read_states

COUNTS: Final = ("received", "redelivered", "acknowledged", "given_back", "invalid")
"""Messages that came, of these again, that were acknowledged, given back; and what was no batch."""

State = Literal["taking", "connecting", "waiting_for_redis", "unavailable", "not_running", "disabled"]
_WORST_FIRST: Final = ("unavailable", "waiting_for_redis", "connecting", "taking")
NO_BATCHES_FROM: Final = 5
"""A source counts as one without batches from this many messages without a batch in a row."""
_NO_PROCESS: Final = "run `relay consume`"


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """One source: the worst state of its processes, and its counts since the first one ran."""

    id: str
    state: State
    processes: int
    counts: Mapping[str, int]
    place: str = ""
    queue: str = ""
    inputs: tuple[str, ...] = ()
    backlog: int | None = None
    """Messages that wait in the queue; None where that is not known."""
    problem: str | None = None
    what_to_do: str | None = None
    dead_lettered_in_a_row: int = 0
    """The messages since the last one with a batch; 0 if the last message of any process had one."""

    @property
    def is_unusable(self) -> bool:
        """Whether no message can be taken, for a reason that is not Redis's."""
        return self.state in ("unavailable", "not_running")

    @property
    def brings_no_batches(self) -> bool:
        """Whether the last messages all became dead letters."""
        return self.dead_lettered_in_a_row >= NO_BATCHES_FROM

    def as_object(self) -> dict[str, Any]:
        """Return the object of `relay status --json`."""
        return {
            "id": self.id,
            "state": self.state,
            "processes": self.processes,
            "place": self.place,
            "queue": self.queue,
            "inputs": list(self.inputs),
            "backlog": self.backlog,
            **{name: self.counts.get(name, 0) for name in COUNTS},
            "problem": self.problem,
            "what_to_do": self.what_to_do,
            "dead_lettered_in_a_row": self.dead_lettered_in_a_row,
        }


def source_statuses(client: redis.Redis, configuration: Configuration) -> list[SourceStatus]:
    """Return the status of each source, in the order of the file. Raise RedisAway."""
    if not configuration.sources:
        return []
    states, counts = read_states(client), read_counts(client, SOURCES)
    found = []
    for name, source in configuration.sources.items():
        worst = _worst(states.get(name, ()))
        state: State = "disabled" if not source.enabled else worst.state if worst else "not_running"
        backlogs = [each.backlog for each in states.get(name, ()) if each.backlog is not None]
        found.append(
            SourceStatus(
                id=name,
                state=state,
                processes=len(states.get(name, ())),
                counts={what: counts.get(f"{name}:{what}", 0) for what in COUNTS},
                place=str(source.address),
                queue=source.queue,
                inputs=source.inputs,
                backlog=max(backlogs, default=None),
                problem=worst.problem or None if worst else None,
                dead_lettered_in_a_row=_in_a_row(states.get(name, ())),
                what_to_do=_NO_PROCESS if state == "not_running" else worst.what_to_do or None if worst else None,
            )
        )
    return found


def _in_a_row(states: Sequence[SourceState]) -> int:
    """Return the messages without a batch that all processes took last; 0 if the last one of any process had one."""
    numbers = [each.dead_lettered_in_a_row for each in states if each.dead_lettered_in_a_row is not None]
    return sum(numbers) if all(numbers) else 0


def _worst(states: Sequence[SourceState]) -> SourceState | None:
    return min(states, key=lambda each: _WORST_FIRST.index(each.state), default=None)
