"""Run `relay consume`: a consumer for each source of the configuration in force, until SIGTERM or SIGINT."""

import asyncio
import os
import secrets
import signal
import socket
from collections.abc import Mapping
from contextlib import suppress
from typing import Final

import structlog

from config.settings import Settings
from config.sources.model import QueueSource
from consume.consumer import WAIT_S, Consumer
from consume.report import SourceReport
from consume.sources.opening import open_source
from ingest.intake import Intake
from operations.metrics.names import SOURCES
from process.garbage_collection import tune_garbage_collection
from process.log_output import flush_logs
from store.errors import RedisAway, RedisFull
from store.records.counter_batches import CounterBatch
from store.records.source_states import SourceState, write_states

FOLLOW_EVERY_S: Final = 0.5
REPORT_EVERY_S: Final = 2.0
END_WITHIN_S: Final = WAIT_S + 10.0
"""A queue that does not answer must not keep the process for longer; its messages come again."""

RESTART_S: Final = (0.0, 1.0, 5.0, 30.0)
"""How long a source rests after its first, second, … fault in a row: queues count deliveries, and drop at a bound."""
FAULTS_APART_S: Final = 120.0
"""After this long without one, a fault is a first one again."""

log = structlog.get_logger("relay.consume")


def run(settings: Settings) -> None:
    """Take messages until SIGTERM or SIGINT. Raise ConfigurationError when the settings or the file cannot be used."""
    tune_garbage_collection()
    if not asyncio.run(_run(settings)):
        log.warning("consume_ended_late")
        flush_logs()
        os._exit(1)  # threads of Python that wait for a queue would keep the process


async def _run(settings: Settings) -> bool:
    """Return whether every consumer ended in time."""
    intake = Intake(settings, "consume")
    counts = CounterBatch(intake.client, SOURCES)
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    async with intake.running([counts]):
        consumers = Consumers(settings, intake, counts)
        while not stopping.is_set():
            await consumers.follow(intake.reloader.in_force.sources)
            with suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), FOLLOW_EVERY_S)
        return await consumers.stop()


class Consumers:
    """The consumers of this process, by source; they follow the configuration."""

    def __init__(self, settings: Settings, intake: Intake, counts: CounterBatch) -> None:
        self._settings, self._intake, self._counts = settings, intake, counts
        self._running: dict[str, tuple[Consumer, asyncio.Task[None], SourceReport]] = {}
        self._gone: list[SourceState] = []
        self._faults: dict[str, tuple[int, float]] = {}
        self._process = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(2)}"
        self._report_at = 0.0

    async def follow(self, sources: Mapping[str, QueueSource]) -> None:
        """Start consumers of new sources, end those of removed ones, and replace those of changed ones."""
        wanted = {name: source for name, source in sources.items() if source.enabled}
        for name, (consumer, task, report) in list(self._running.items()):
            if wanted.get(name) != consumer.source:
                consumer.stopping.set()
            if task.done():
                del self._running[name]
                self._gone.append(report.state)
                self._note_fault(name, task)
        for name, source in wanted.items():
            if name not in self._running and not self._rests(name):
                self._start(source)
        await self._report()

    async def stop(self) -> bool:
        """End all consumers; return whether all ended in time."""
        for consumer, _, _ in self._running.values():
            consumer.stopping.set()
        tasks = [task for _, task, _ in self._running.values()]
        _, late = await asyncio.wait(tasks, timeout=END_WITHIN_S) if tasks else ((), ())
        self._gone += [report.state for _, _, report in self._running.values()]
        self._running.clear()
        with suppress(RedisAway, RedisFull):
            await write_states(self._intake.client, [], self._gone)
        return not late

    def _start(self, source: QueueSource) -> None:
        report = SourceReport(source.id, self._process, self._counts.note)
        consumer = Consumer(source, open_source, self._intake, report, self._settings.max_request_bytes)
        task = asyncio.get_running_loop().create_task(consumer.run())
        self._running[source.id] = consumer, task, report

    def _note_fault(self, name: str, task: "asyncio.Task[None]") -> None:
        """Log a consumer that ended because of a fault in relay; it starts again after a rest."""
        error = task.exception()
        if not isinstance(error, Exception):
            return
        log.error("source_failed", source=name, exc_info=error)
        now = asyncio.get_running_loop().time()
        number, at = self._faults.get(name, (0, now))
        self._faults[name] = (number if now - at < FAULTS_APART_S else 0) + 1, now

    def _rests(self, name: str) -> bool:
        number, at = self._faults.get(name, (0, 0.0))
        rest_s = RESTART_S[min(number, len(RESTART_S)) - 1] if number else 0.0
        return asyncio.get_running_loop().time() < at + rest_s

    async def _report(self) -> None:
        now = asyncio.get_running_loop().time()
        if now < self._report_at:
            return
        self._report_at = now + REPORT_EVERY_S
        with suppress(RedisAway, RedisFull):
            await write_states(self._intake.client, [each.state for _, _, each in self._running.values()], self._gone)
            self._gone = []
