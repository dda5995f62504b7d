"""Judge every five minutes, by one worker at a time, whether events stopped or changed without an error."""

from collections.abc import Callable
from typing import Final

import redis
import structlog

from lanes.ledger import read_ledger
from operations.alerts.drift.history import History
from operations.alerts.drift.judge import Watch, judge
from operations.alerts.drift.state import Watches, decode_watches, encode_watches
from operations.hourly_counts import read_history
from store.client import connect
from store.clocks import now_ms
from store.leader_lock import is_first
from store.records.alert_state import DRIFT, AlertState
from worker.runtime import Runtime

JUDGE_EVERY_S: Final = 60.0
"""How often a worker asks whether it is its turn."""
TURN_S: Final = 290
COUNTED_AFTER_MS: Final = 60_000
"""Events are counted a moment after they were received, also those of a lane that is empty."""

log = structlog.get_logger("relay.worker.drift")


class DriftJudge:
    """Judges on a connection of its own. Connections that are disabled are not judged, and begin again afterwards."""

    def __init__(self, redis_url: str, clock_ms: Callable[[redis.Redis], int] = now_ms) -> None:
        self._client: redis.Redis = connect(redis_url)
        self._state, self._clock_ms = AlertState(self._client), clock_ms

    def step(self, runtime: Runtime) -> None:
        """Judge if it is this worker's turn. Raise RedisAway or RedisFull."""
        if is_first(self._client, "drift", TURN_S):
            self.judge(runtime)

    def judge(self, runtime: Runtime) -> None:
        """Judge all connections, and keep what is found. Raise RedisAway or RedisFull."""
        connections = {each.id: each for each in runtime.file.current.connections.values() if each.enabled}
        note = self._state.note_of(DRIFT)
        former, kept = decode_watches(note), Watches()
        now = self._clock_ms(self._client)
        for reading in read_ledger(self._client, list(connections), []).connections:
            connection, watch = connections[reading.name], former.get(reading.name, Watch())
            oldest_ms = now if reading.oldest_ms is None else reading.oldest_ms
            history = History(read_history(self._client, reading.name, now))
            until_ms = min(now - COUNTED_AFTER_MS, oldest_ms)
            known = {finding.id for finding in watch.findings}
            judge(watch, history, until_ms, now, connection.drift_alerts, connection.drift_muted)
            kept[reading.name] = watch
            for finding in (each for each in watch.findings if each.id not in known):
                found = {"detector": finding.detector, "subject": finding.subject or finding.reason}
                log.warning("drift_found", connection=reading.name, **found)
        self._state.keep(DRIFT, note, encode_watches(kept))
