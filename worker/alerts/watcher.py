"""Send alerts: one of the workers, the leader, watches all connections in a thread and posts notices to the webhook.

What was sent and what is still to be sent is in Redis, so the next leader continues from there. Each notice is sent
once; twice only if the leader is killed between the webhook's answer and noting it in Redis.
"""

import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Final

import msgspec
import structlog

from config.file import load
from config.model import Configuration
from config.settings import Settings
from lanes.connections import Glance, glance
from operations.alerts.catalogue import lasts_ms
from operations.alerts.drift.news import drift_news
from operations.alerts.drift.state import read_watches
from operations.alerts.messages import (
    AlertContext,
    archive_again,
    archive_failing,
    build_notice,
    clocks_agree,
    clocks_disagree,
    durability_again,
    durability_low,
    misdirected,
)
from operations.alerts.outage import Outage
from operations.alerts.rules import (
    AlertMemory,
    Kind,
    Notice,
    PendingNotice,
    dead_lettered_within_an_hour,
    decide,
    misdirected_since_alert,
    share_is_news,
    situation_of,
)
from operations.alerts.sources import source_faults
from operations.alerts.webhook import post
from operations.archive.reach import archive_status
from operations.metrics.names import MISDIRECTED
from operations.status.connections import overview
from operations.status.sources import SourceStatus, source_statuses
from store.client import connect
from store.clocks import Clocks, own_ms
from store.errors import RedisAway, RedisFull
from store.leader_lock import LeaderLock
from store.records.alert_state import ARCHIVE, CLOCKS, DRIFT_ALERTS, DURABILITY, AlertState
from store.records.counter_batches import read_counts
from store.replication.durability import read_durability
from store.server import dead_letter_share_of, memory_use
from worker.alerts.redis_alert import RedisAlert

CHECK_EVERY_S: Final = 2.0
MISDIRECTED_NOTE: Final = ":misdirected"
"""The key of the note on misdirected requests, beside those of connections; no connection has such an id."""
DURABILITY_EVERY_S: Final = 15.0
"""Each time the primary and all replicas are asked."""
RETRY_AFTER_S: Final = (5, 30, 120, 600)
"""Seconds between attempts; after the last one the notice is dropped."""

log = structlog.get_logger("relay.worker.alerts")

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(AlertMemory).decode


class Alerts(threading.Thread):
    """A thread that watches while this process is the leader, until stopped."""

    def __init__(
        self,
        settings: Settings,
        redis_url: str,
        outage: Outage | None = None,
        configuration: Callable[[], Configuration] | None = None,
    ) -> None:
        """`configuration` returns the active one; without it, the file is read."""
        super().__init__(name="relay-alerts", daemon=True)
        self._settings, self._client = settings, connect(redis_url)
        self._url = settings.alert_webhook.get_secret_value() if settings.alert_webhook else None
        self._configuration = configuration
        self._limit = settings.alert_dead_letters_per_hour
        self._leader, self._state = LeaderLock(self._client), AlertState(self._client)
        self._stopped = threading.Event()
        self.redis = RedisAlert(self._url or "", outage or Outage(), cell=settings.cell)
        self._own_ms: Callable[[], int] = own_ms
        self._monotonic: Callable[[], float] = time.monotonic
        self._durability_next_s = 0.0

    def start(self) -> None:
        """Start the thread, if there is a webhook."""
        if self._url is not None:
            super().start()

    def run(self) -> None:
        """Run the thread. Only the leader alerts about connections; every process alerts about Redis itself."""
        while not self._stopped.wait(CHECK_EVERY_S):
            try:
                self.redis.check()
                self.check()
            except (RedisAway, RedisFull):
                continue
            except Exception:
                log.exception("alert_check_failed")

    def notify_before_exit(self) -> None:
        """Alert that Redis cannot be used, if this process exits because of it."""
        if self._url is not None:
            self.redis.notify_now()

    def stop(self) -> None:
        """Stop, and let another process be the leader at once. This does not wait for a webhook that hangs."""
        self._stopped.set()
        if self.ident is None:
            return
        self.join(timeout=1.0)
        if not self.is_alive():  # else its lock expires
            with suppress(RedisAway):
                self._leader.release()

    def check(self, now_ms: int | None = None) -> None:
        """Check every connection once, if this process is the leader, and send what is due.

        `now_ms` is for tests; without it Redis's clock counts.
        """
        if not self._leader.acquire():
            return
        redis_ms, glances = glance(self._client)
        clocks = Clocks(redis_ms, self._own_ms())
        now_ms = redis_ms if now_ms is None else now_ms
        share = self._dead_letter_share()
        webhook_works = self._check_clocks(clocks, now_ms)
        for seen in glances:
            memory = _read(seen.note)
            former_ms = memory.alerted_ms
            kinds = decide(memory, situation_of(seen.state, seen.by), seen.dead_lettered, self._limit, now_ms)
            if share_is_news(memory, seen.dead_letter_bytes, share):
                kinds.append("dead_letters_nearly_full")
            self._add_notices(kinds, seen, memory, AlertContext(now_ms, _seconds_since(former_ms, now_ms), share=share))
            note = self._keep(seen.connection, seen.note, memory)
            if note is not None and webhook_works:  # else a webhook that hangs would be tried for each connection
                webhook_works = self._send(seen.connection, note, memory, now_ms)
        if webhook_works:
            self._check_misdirected(now_ms)
            self._check_drift(now_ms)
            self._check_durability(now_ms)
            self._check_archive(now_ms)
            self._check_sources(now_ms)

    def _check_misdirected(self, now_ms: int) -> None:
        count = sum(read_counts(self._client, MISDIRECTED).values())
        read = self._state.note_of(MISDIRECTED_NOTE)
        memory = _read(read)
        if not count and not read:
            return
        if number := misdirected_since_alert(memory, count, now_ms):
            memory.unsent.append(PendingNotice(misdirected(number, now_ms)))
        note = self._keep(MISDIRECTED_NOTE, read, memory)
        if note is not None:
            self._send(MISDIRECTED_NOTE, note, memory, now_ms)

    def _check_drift(self, now_ms: int) -> None:
        """Alert once about each thing that stopped or changed, and once when it is over."""
        read = self._state.note_of(DRIFT_ALERTS)
        memory, watches = _read(read), read_watches(self._client)
        if not watches and not read:
            return
        memory.unsent += [PendingNotice(notice) for notice in drift_news(memory.alerted_drift, watches, now_ms)]
        note = self._keep(DRIFT_ALERTS, read, memory)
        if note is not None:
            self._send(DRIFT_ALERTS, note, memory, now_ms)

    def _dead_letter_share(self) -> int:
        """Return how many bytes a connection's dead letters may hold; 0 when Redis does not report its limit."""
        with suppress(RedisAway, RedisFull):
            return dead_letter_share_of(memory_use(self._client).limit)
        return 0

    def _check_clocks(self, clocks: Clocks, now_ms: int) -> bool:
        """Alert once that clocks disagree, and once that they agree again. Return False when the webhook failed."""
        notice = clocks_disagree(clocks) if clocks.disagree else clocks_agree(clocks)
        return self._check_fault(CLOCKS, notice, now_ms, decided_ms=clocks.own_ms, is_fault=clocks.disagree)

    def _check_durability(self, now_ms: int) -> None:
        """Alert once that a 202 means too little or that replicas are missing, and once that all is well again.

        Without RELAY_DURABILITY and RELAY_REPLICAS there is no least.
        """
        wanted, replicas = self._settings.durability, self._settings.replicas
        if (wanted is None and not replicas) or self._monotonic() < self._durability_next_s:
            return
        self._durability_next_s = self._monotonic() + DURABILITY_EVERY_S
        found = read_durability(self._client, replicas, wanted)
        is_fault = not (found.is_enough(wanted) and found.has_replicas)
        notice = durability_low(found, now_ms) if is_fault else durability_again(found, now_ms)
        lasts = lasts_ms("durability_low")
        self._check_fault(DURABILITY, notice, now_ms, decided_ms=now_ms, is_fault=is_fault, lasts_ms=lasts)

    def _check_archive(self, now_ms: int) -> None:
        """Alert once that the archive cannot be written for a while, and once that it can again."""
        status = archive_status(self._settings, self._client)
        if status is None:
            return
        since_ms = status.kept.failing_since_ms
        is_fault = since_ms is not None and now_ms - since_ms >= lasts_ms("archive_failing")
        notice = archive_failing(status, now_ms) if is_fault else archive_again(status, now_ms)
        if is_fault or since_ms is None:  # while it has just begun to fail, nothing is known yet
            self._check_fault(ARCHIVE, notice, now_ms, decided_ms=now_ms, is_fault=is_fault)

    def _check_sources(self, now_ms: int) -> None:
        """Alert once about each fault of a source, and once when it is over."""
        for name, alert, is_fault, notice in source_faults(self._sources(), now_ms):
            lasts = lasts_ms(alert)
            works = self._check_fault(name, notice, now_ms, decided_ms=now_ms, is_fault=is_fault, lasts_ms=lasts)
            if not works:  # a webhook that hangs would be tried for each source
                return

    def _sources(self) -> list[SourceStatus]:
        settings = self._settings
        configuration = (
            self._configuration() if self._configuration else load(settings.config, keyring=settings.keyring)
        )
        return source_statuses(self._client, configuration)

    def _check_fault(
        self, name: str, notice: Notice, now_ms: int, *, decided_ms: int, is_fault: bool, lasts_ms: int = 0
    ) -> bool:
        """Send the notice if this is news, kept under `name`. Return False when the webhook failed.

        `lasts_ms`: how long a fault must last.
        """
        read = self._state.note_of(name)
        memory = _read(read)
        if decide(memory, "fault" if is_fault else "well", 0, 0, decided_ms, lasts_ms):
            memory.unsent.append(PendingNotice(notice))
        memory.samples = []
        news = read or memory.alerted != "well" or memory.now != "well"
        note = self._keep(name, read, memory) if news else None
        return note is None or self._send(name, note, memory, now_ms)

    def _add_notices(self, kinds: Iterable[Kind], seen: Glance, memory: AlertMemory, news: AlertContext) -> None:
        news = news._replace(
            new_dead_letters=dead_lettered_within_an_hour(memory, seen.dead_lettered), limit=self._limit
        )
        for kind in kinds:
            statuses = overview(self._settings, self._client, self._configuration).statuses
            status = next((status for status in statuses if status.id == seen.connection), None)
            if status is not None:
                memory.unsent.append(PendingNotice(build_notice(kind, status, news)))

    def _send(self, name: str, note: bytes, memory: AlertMemory, now_ms: int) -> bool:
        """Send the oldest notice if it is due; return False when the webhook failed.

        The leader's lock outlasts one attempt.
        """
        if not memory.unsent or memory.unsent[0].next_ms > now_ms or not self._leader.acquire():
            return True
        first = memory.unsent[0]
        alert_log = log.bind(connection=name, alert=first.notice.fields["alert"])
        problem = post(self._url or "", first.notice, self._settings.cell)
        if problem is None:
            alert_log.info("alert_sent")
            del memory.unsent[0]
        elif first.attempts == len(RETRY_AFTER_S):
            alert_log.error("alert_dropped", problem=problem, tries=first.attempts + 1)
            del memory.unsent[0]
        else:
            alert_log.warning("alert_failed", problem=problem)
            first.next_ms = now_ms + RETRY_AFTER_S[first.attempts] * 1000
            first.attempts += 1
        self._keep(name, note, memory)
        return problem is None

    def _keep(self, name: str, read: bytes, memory: AlertMemory) -> bytes | None:
        """Store the memory and return it as stored; None when another process has written there since `read`."""
        note = _encode(memory)
        return note if note == read or self._state.keep(name, read, note) else None


def _seconds_since(former_ms: int, now_ms: int) -> float:
    return (now_ms - former_ms) / 1000 if former_ms else 0


def _read(note: bytes) -> AlertMemory:
    """Return the stored memory; an empty one when there is none, or it is of a later version."""
    try:
        return _decode(note) if note else AlertMemory()
    except msgspec.MsgspecError:
        return AlertMemory()
