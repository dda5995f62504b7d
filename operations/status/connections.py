"""Return the status of each connection, from the configuration file and from Redis."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import redis

from config.errors import ConfigurationError
from config.file import STANDS_NS, load
from config.files.small_file import changed_ns, signature_of
from config.model import Configuration, Connection
from config.settings import Settings
from delivery.dead_letter import rfc3339
from delivery.last_error import LastError
from lanes.connections import connections_known, inputs_known
from lanes.ledger import ENDED, RECEIVED, ConnectionReading, Reading, read_ledger
from operations.status.processes import as_objects, cell_of
from operations.status.sources import SourceStatus, source_statuses
from store.records.processes import ProcessReport, read_processes

State = Literal["healthy", "backing_off", "paused", "disabled", "removed"]

PausedBy = Literal["fault", "circuit_breaker", "operator", "dead_letters"]

COUNTERS: Final = (*RECEIVED, *ENDED)


@dataclass(frozen=True, slots=True)
class ConnectionStatus:
    """One connection: its state, its ledger, its newest error and its next attempt."""

    id: str
    state: State
    reading: ConnectionReading
    connection: Connection | None
    last_error: LastError | None
    next_attempt_ms: int | None
    oldest_waiting_s: float | None
    blocked_lanes: int = 0
    """How many lanes have oldest events that cannot be read until the operator acts."""

    @property
    def paused_by_operator(self) -> bool:
        """Whether an operator paused it, so that only an operator resumes it."""
        return self.reading.status.get("by") == "operator"

    @property
    def paused_by(self) -> PausedBy | None:
        """What caused the pause; `fault` is TikTok's answer. None while it is not paused."""
        if self.state != "paused":
            return None
        match self.reading.status.get("by"):
            case ("operator" | "circuit_breaker" | "dead_letters") as by:
                return by
            case _:
                return "fault"

    @property
    def dead_letter_bytes(self) -> int:
        """How many bytes of Redis's memory its dead letters use."""
        return int(self.reading.status.get("dead_letter_bytes", 0))

    @property
    def what_to_do(self) -> str | None:
        """What someone has to do so that it delivers; None when it delivers, or will do so automatically."""
        match self.state:
            case "paused" if self.paused_by_operator:
                return f"relay connections resume {self.id}"
            case "paused" if self.paused_by == "dead_letters":
                return self.reading.status.get("what")
            case "paused":
                return self._error_to_act_on or self.reading.status.get("what")
            case "removed":
                discard = f"relay connections discard {self.id}"
                return f"not in the configuration file: put it back to deliver its backlog, or discard it: {discard}"
            case _:
                return self._error_to_act_on

    @property
    def _error_to_act_on(self) -> str | None:
        """The last error as a sentence; None if it needs no action, or is not the reason of the pause."""
        error, reason = self.last_error, self.reading.status.get("what")
        if error is None or not error.what_to_do or (self.state == "paused" and error.what_to_do != reason):
            return None
        return f"{error.error}: {error.who}: {error.what_to_do}"

    def as_object(self) -> dict[str, Any]:
        """Return the connection's object in `relay status --json`."""
        return {
            "id": self.id,
            "state": self.state,
            **{name: self.reading.counts.get(name, 0) for name in COUNTERS},
            "waiting": self.reading.waiting,
            "dead_letters": self.reading.dead_letters,
            "dead_letter_bytes": self.dead_letter_bytes,
            "oldest_waiting_s": self.oldest_waiting_s,
            "last_error": self.last_error.as_object() if self.last_error else None,
            "next_attempt_at": None if self.next_attempt_ms is None else rfc3339(self.next_attempt_ms),
        }


@dataclass(frozen=True, slots=True)
class Overview:
    """Everything that `relay status` shows, read at one instant."""

    reading: Reading
    statuses: list[ConnectionStatus]
    refused: ConfigurationError | None
    """Why the configuration file cannot be read now; states are then those that workers last wrote to Redis."""
    cell: str
    """RELAY_CELL of the processes that run with this Redis; empty without it."""
    may_be_held_back: bool = False
    """Whether a connection was removed from the file so recently that ingest may still use the former file."""

    sources: Sequence[SourceStatus] = ()
    """None while the configuration file cannot be read."""

    processes: Sequence[ProcessReport] = ()

    def as_object(self) -> dict[str, Any]:
        """Return the object that `relay status --json` prints."""
        inputs = [
            {"id": each.id, "accepted": each.counts.get("accepted", 0), "unrouted": each.counts.get("unrouted", 0)}
            for each in self.reading.inputs
        ]
        return {
            "cell": self.cell or None,
            "inputs": inputs,
            "connections": [status.as_object() for status in self.statuses],
            "sources": [source.as_object() for source in self.sources],
            "processes": as_objects(self.processes),
        }


def overview(settings: Settings, client: redis.Redis, read: Callable[[], Configuration] | None = None) -> Overview:
    """Read the configuration and the ledger. Raise RedisAway; a refused configuration is noted in the overview.

    `read` returns the configuration if the caller has it already; it may raise ConfigurationError.
    """
    configuration, refused = None, None
    try:
        configuration = read() if read else load(settings.config, keyring=settings.keyring)
    except ConfigurationError as error:
        refused = error
    connections = connections_known(client) if configuration is None else list(configuration.connections)
    inputs = inputs_known(client) if configuration is None else list(configuration.inputs)
    reading = read_ledger(client, connections, inputs)
    statuses = list(_statuses(reading, configuration))
    is_fresh = time.time_ns() - changed_ns(signature_of(settings.config)) < STANDS_NS
    held_back = is_fresh and any(status.state == "removed" for status in statuses)
    sources = source_statuses(client, configuration) if configuration else []
    processes = read_processes(client)
    cell = cell_of(settings.cell, processes)
    return Overview(reading, statuses, refused, cell, held_back, sources, processes)


def _statuses(reading: Reading, configuration: Configuration | None) -> Iterable[ConnectionStatus]:
    """Yield connections in the file's order, then those that only Redis knows and that still hold events."""
    for each in reading.connections:
        connection = configuration.connections.get(each.name) if configuration else None
        removed = configuration is not None and connection is None
        if removed and not (each.waiting or each.dead_letters):
            continue
        state = "removed" if removed else _state(each, connection, reading.now_ms)
        oldest = each.oldest_ms
        errors = _errors(each)
        yield ConnectionStatus(
            id=each.name,
            state=state,
            reading=each,
            connection=connection,
            last_error=max(errors, key=lambda error: error.at_ms, default=None),
            next_attempt_ms=_next_attempt(each, state),
            oldest_waiting_s=None if oldest is None else round(max(0, reading.now_ms - oldest) / 1000, 1),
            blocked_lanes=sum(error.blocked for error in errors),
        )


def _state(reading: ConnectionReading, connection: Connection | None, now_ms: int) -> State:
    if connection is not None and not connection.enabled:
        return "disabled"
    match reading.status.get("state"):
        case "paused":
            return "paused"
        case "backing_off":
            return "backing_off"
        case ("disabled" | "removed") as state if connection is None:
            return state
        case _:
            retrying = any(lane.attempts and lane.due_ms > now_ms for lane in reading.lanes)
            return "backing_off" if retrying else "healthy"


def _errors(reading: ConnectionReading) -> list[LastError]:
    """Return the newest error of each of its lanes that has one."""
    errors = (LastError.decode(lane.last_error) for lane in reading.lanes)
    return [error for error in errors if error is not None]


def _next_attempt(reading: ConnectionReading, state: State) -> int | None:
    """Return when the next request may be sent; None when no time is set, or no event waits."""
    if state not in ("paused", "backing_off") or not reading.lanes or reading.status.get("by") == "operator":
        return None
    due = min(
        (lane.due_ms for lane in reading.lanes if lane.attempts), default=min(lane.due_ms for lane in reading.lanes)
    )
    until = reading.status.get("until")
    return int(until) if reading.status.get("state") and until else due
