"""Tells people: one of the workers watches all connections and posts what is news to the webhook, in its own thread.

What is remembered and what is still to be sent is in Redis, so whoever watches next goes on from there. A notice whose
watcher is killed between the webhook's answer and its own note of it is sent twice; otherwise each is sent once.
"""

import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Final

import msgspec
import structlog

from config.model import Configuration
from config.settings import Settings
from lanes.connections import Glance, glance
from operations.alerts.messages import AlertContext, build_notice, clocks_agree, clocks_disagree, misdirected
from operations.alerts.outage import Outage
from operations.alerts.rules import (
    Kind,
    Memory,
    PendingNotice,
    dead_lettered_within_an_hour,
    decide,
    misdirected_since_alert,
    share_is_news,
    situation_of,
)
from operations.alerts.webhook import post
from operations.metrics.samples import MISDIRECTED
from operations.status.connections import overview
from store.alert_state import CLOCKS, AlertState
from store.client import connect
from store.clocks import Clocks, own_ms
from store.counter_batches import read_counts
from store.errors import RedisAway, RedisFull
from store.leader_lock import LeaderLock
from store.server import dead_letter_share_of, memory_use
from worker.alerts.redis_alert import RedisAlert

LOOK_EVERY_S: Final = 2.0
MISDIRECTED_NOTE: Final = ":misdirected"
"""Where the watcher keeps what it told of misdirected requests; no connection has such an id."""
RETRY_AFTER_S: Final = (5, 30, 120, 600)
"""Between tries; then it is given up."""

log = structlog.get_logger("relay.worker.alerts")

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Memory).decode


class Alerts(threading.Thread):
    """Watches until stopped, whenever it is this process's turn."""

    def __init__(
        self,
        settings: Settings,
        redis_url: str,
        outage: Outage | None = None,
        configuration: Callable[[], Configuration] | None = None,
    ) -> None:
        """`configuration` gives the one in force; without it, the file is read."""
        super().__init__(name="relay-alerts", daemon=True)
        self._settings, self._client = settings, connect(redis_url)
        self._url = settings.alert_webhook.get_secret_value() if settings.alert_webhook else None
        self._configuration = configuration
        self._limit = settings.alert_dead_letters_per_hour
        self._leader, self._state = LeaderLock(self._client), AlertState(self._client)
        self._stopped = threading.Event()
        self.redis = RedisAlert(self._url or "", outage or Outage())
        self._own_ms: Callable[[], int] = own_ms

    def start(self) -> None:
        """Only where there is a webhook."""
        if self._url is not None:
            super().start()

    def run(self) -> None:
        """The thread's life. What is told of connections is agreed on in Redis, what is told of Redis is not."""
        while not self._stopped.wait(LOOK_EVERY_S):
            try:
                self.redis.check()
                self.check()
            except (RedisAway, RedisFull):
                continue
            except Exception:
                log.exception("alert_check_failed")

    def notify_before_exit(self) -> None:
        """Tell that Redis cannot be used, where this process ends because of it."""
        if self._url is not None:
            self.redis.notify_now()

    def stop(self) -> None:
        """Watch no more; another may at once. Does not wait for a webhook that hangs."""
        self._stopped.set()
        if self.ident is None:
            return
        self.join(timeout=1.0)
        if not self.is_alive():  # else its turn runs out by itself
            with suppress(RedisAway):
                self._leader.release()

    def check(self, now_ms: int | None = None) -> None:
        """Look at every connection once, if it is this process's turn, and send what is due.

        `now_ms` is for tests: without it Redis's own clock counts.
        """
        if not self._leader.acquire():
            return
        redis_ms, glances = glance(self._client)
        clocks = Clocks(redis_ms, self._own_ms())
        now_ms = redis_ms if now_ms is None else now_ms
        share = self._letter_share()
        webhook_works = self._tell_of_clocks(clocks, now_ms)
        for seen in glances:
            memory = _read(seen.note)
            former_ms = memory.alerted_ms
            kinds = decide(memory, situation_of(seen.state, seen.by), seen.dead_lettered, self._limit, now_ms)
            if share_is_news(memory, seen.dead_letter_bytes, share):
                kinds.append("dead_letters_nearly_full")
            self._put_out(kinds, seen, memory, AlertContext(now_ms, _seconds_since(former_ms, now_ms), share=share))
            note = self._keep(seen.connection, seen.note, memory)
            if note is not None and webhook_works:  # one that hangs is tried once a look, however many are paused
                webhook_works = self._send(seen.connection, note, memory, now_ms)
        if webhook_works:
            self._look_at_misdirected(now_ms)

    def _look_at_misdirected(self, now_ms: int) -> None:
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

    def _letter_share(self) -> int:
        """What a connection's dead letters may hold; 0 where Redis does not say its limit."""
        with suppress(RedisAway, RedisFull):
            return dead_letter_share_of(memory_use(self._client).limit)
        return 0

    def _tell_of_clocks(self, clocks: Clocks, now_ms: int) -> bool:
        """Tell once that clocks disagree, and once that they agree again; False when the webhook did not take it."""
        read = self._state.note_of(CLOCKS)
        memory = _read(read)
        if decide(memory, "fault" if clocks.disagree else "well", 0, 0, clocks.own_ms):
            memory.unsent.append(PendingNotice(clocks_disagree(clocks) if clocks.disagree else clocks_agree(clocks)))
        memory.samples = []
        news = read or memory.alerted != "well" or memory.now != "well"
        note = self._keep(CLOCKS, read, memory) if news else None
        return note is None or self._send(CLOCKS, note, memory, now_ms)

    def _put_out(self, kinds: Iterable[Kind], seen: Glance, memory: Memory, news: AlertContext) -> None:
        news = news._replace(
            new_dead_letters=dead_lettered_within_an_hour(memory, seen.dead_lettered), limit=self._limit
        )
        for kind in kinds:
            statuses = overview(self._settings, self._client, self._configuration).statuses
            status = next((one for one in statuses if one.id == seen.connection), None)
            if status is not None:
                memory.unsent.append(PendingNotice(build_notice(kind, status, news)))

    def _send(self, name: str, note: bytes, memory: Memory, now_ms: int) -> bool:
        """Send the oldest notice, if it is due; False when the webhook did not take it. A turn outlasts a try."""
        if not memory.unsent or memory.unsent[0].next_ms > now_ms or not self._leader.acquire():
            return True
        first = memory.unsent[0]
        alert_log = log.bind(connection=name, alert=first.notice.fields["alert"])
        problem = post(self._url or "", first.notice)
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

    def _keep(self, name: str, read: bytes, memory: Memory) -> bytes | None:
        """What Redis now has, if that is this memory; None when another watcher wrote there since."""
        note = _encode(memory)
        return note if note == read or self._state.keep(name, read, note) else None


def _seconds_since(former_ms: int, now_ms: int) -> float:
    return (now_ms - former_ms) / 1000 if former_ms else 0


def _read(note: bytes) -> Memory:
    """What was remembered; nothing, where that is none or a later version's."""
    try:
        return _decode(note) if note else Memory()
    except msgspec.MsgspecError:
        return Memory()
