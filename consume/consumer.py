"""The path of messages into relay, on one page.

Receive, decode, sort, append, acknowledge. While Redis is full or away, relay keeps the messages that it has and takes
no others; the queue keeps those.
"""

import asyncio
import math
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

import structlog

from config.sources.model import QueueSource
from consume.report import SourceReport
from consume.sorting import HeldMessage, MessageSorter
from consume.sources.interface import Message, Source, SourceUnavailable
from ingest.active_configuration import ActiveConfiguration
from ingest.answers import RequestRefused
from ingest.intake import Intake
from ingest.messages.parts import Part, append_part
from store.errors import RedisAway, RedisFull

MOST_MESSAGES: Final = 500
MOST_BYTES: Final = 8 * 1024 * 1024
"""The most that one source holds: of bodies as they came, and of their batches decompressed; beyond one message."""
WAIT_S: Final = 4.0
"""How long one call waits for messages; so a process ends within a little more."""
KEEP_EVERY_S: Final = 5.0
LOOK_EVERY_S: Final = 0.5
RECONNECT_S: Final = (1.0, 2.0, 5.0, 10.0)
BACKLOG_EVERY_S: Final = 10.0

log = structlog.get_logger("relay.consume")

T = TypeVar("T")


class Consumer:
    """Takes the messages of one source until it is stopped; the queue has its own thread."""

    def __init__(
        self,
        source: QueueSource,
        open_source: Callable[[QueueSource], Source],
        intake: Intake,
        report: SourceReport,
        largest_request: int,
    ) -> None:
        self.source = source
        self.stopping = asyncio.Event()
        self._open, self._intake, self._report = open_source, intake, report
        self._sorter = MessageSorter(source, largest_request, report.count)
        self._thread = ThreadPoolExecutor(1, f"source-{source.id}")
        self._backlog_at = self._keep_at = 0.0
        self._full: dict[str, int] = {}

    async def run(self) -> None:
        """Take messages until `stopping`; connect again where the queue is out of reach."""
        failures = 0
        while not self.stopping.is_set():
            queue = None
            try:
                await self._until_ready()
                await self._until_room()
                queue = await self._call(self._open, self.source)
                self._report.connected()
                failures = 0
                await self._take_all(queue)
            except SourceUnavailable as unavailable:
                self._report.unavailable(unavailable)
                await self._sleep(RECONNECT_S[min(failures, len(RECONNECT_S) - 1)])
                failures += 1
            finally:
                if queue is not None:
                    await self._call(queue.close)
        self._thread.shutdown(wait=False)

    async def _take_all(self, queue: Source) -> None:
        """Take messages; return to close the connection, when it is time to stop or Redis is away for long."""
        while not self.stopping.is_set():
            if not await self._until_ready(queue):
                return
            self._report.taking()
            messages = await self._call(queue.receive, MOST_MESSAGES, MOST_BYTES, WAIT_S)
            self._keep_at = time.monotonic() + KEEP_EVERY_S
            if messages and not await self._take(queue, messages):
                return
            await self._read_backlog(queue)

    async def _take(self, queue: Source, messages: Sequence[Message]) -> bool:
        """Append messages and acknowledge them; return False where some had to be given back."""
        self._report.received(messages)
        waiting = deque(messages)
        while waiting:
            active = self._intake.reloader.active
            held = await self._call(self._hold_some, waiting, active) if self._has_inputs(active) else []
            left = await self._append_all(queue, held, waiting, active)
            if left or not held:
                given_back = [*(each.message for each in left), *waiting]
                await self._call(queue.give_back, given_back)
                self._report.given_back(len(given_back))
                return False
        return True

    def _hold_some(self, waiting: deque[Message], active: ActiveConfiguration) -> list[HeldMessage]:
        """Decode and sort the next messages, as many as may be in memory at once."""
        held: list[HeldMessage] = []
        size = 0
        while waiting and size < MOST_BYTES:
            held.append(self._sorter.hold(waiting.popleft(), active))
            size += held[-1].size
            self._report.sorted(has_batch=held[-1].has_batch)
        return held

    async def _append_all(
        self, queue: Source, held: list[HeldMessage], waiting: Sequence[Message], active: ActiveConfiguration
    ) -> list[HeldMessage]:
        """Append and acknowledge, again and again while Redis is full or away; return what must be given back.

        What is held when the configuration changes is sorted again: it may not wait for a connection that is gone.
        """
        until = time.monotonic() + queue.hold_s
        while True:
            refusals = await self._append(held)
            done = [each.message for each in held if not each.parts]
            if done:
                await self._call(queue.confirm, done)
                self._report.acknowledged(len(done))
            held = [each for each in held if each.parts]
            if not held or self.stopping.is_set():
                return held
            others = [*(each.message for each in held), *waiting]
            if not await self._until_ready(queue, others, until, refusals[0] if refusals else None):
                self._full = await self._nearly_full(self._connections())
                return held
            former, active = active, self._intake.reloader.active
            if not self._has_inputs(active):
                return held
            if active is not former:
                await self._call(self._sorter.sort_again, held, active)

    async def _append(self, held: Sequence[HeldMessage]) -> list[str]:
        """Append all parts together, and leave in each message those that Redis does not have; return why not."""
        parts = [(each, part) for each in held for part in each.parts]
        alone = [pair for pair in parts if pair[1].failures]
        outcomes = await asyncio.gather(*(self._try(part) for _, part in parts if not part.failures))
        outcomes += [await self._try(part) for _, part in alone]
        together = [pair for pair in parts if not pair[1].failures]
        refusals = []
        for (each, part), (left, refused) in zip((*together, *alone), outcomes, strict=True):
            each.parts.remove(part)
            each.parts += left
            if refused is not None:
                refusals.append(refused.message)
        return refusals

    async def _try(self, part: Part) -> tuple[list[Part], RequestRefused | None]:
        left, refused = await append_part(self._intake, self._sorter, part)
        if not left:
            self._intake.reloader.in_use.record(part.request.input)
        return left, refused

    async def _until_ready(
        self,
        queue: Source | None = None,
        held: Sequence[Message] = (),
        until: float | None = None,
        refusal: str | None = None,
    ) -> bool:
        """Wait until Redis takes events; return False when it is time to stop, or a queue was held for too long.

        `refusal` says why the last append was refused; then wait at least a moment.
        """
        if until is None:
            until = time.monotonic() + (math.inf if queue is None else queue.hold_s)
        while not self.stopping.is_set():
            problem, refusal = refusal or self._problem(), None
            if problem is None:
                return True
            self._report.waiting(problem)
            if queue is not None and time.monotonic() >= until:
                return False
            if queue is not None and time.monotonic() >= self._keep_at:
                await self._call(queue.keep, held)
                self._keep_at = time.monotonic() + KEEP_EVERY_S
            await self._sleep(LOOK_EVERY_S)
        return False

    def _problem(self) -> str | None:
        """Return why nothing can be appended now."""
        memory = self._intake.memory
        if not memory.usable:
            return "Redis cannot be used."
        if memory.is_full:
            return "Redis's memory is nearly full: waiting events must be delivered first."
        if not self._has_inputs(self._intake.reloader.active):
            return "The configuration is changing."
        return None

    def _has_inputs(self, active: ActiveConfiguration) -> bool:
        return active.plans.keys() >= set(self.source.inputs)

    def _connections(self) -> set[str]:
        """Return the connections of the source's inputs."""
        plans = self._intake.reloader.active.plans
        return {plan.connection for name in self.source.inputs for plan in plans.get(name, ())}

    async def _nearly_full(self, connections: Iterable[str]) -> dict[str, int]:
        try:
            return await self._intake.nearly_full(connections)
        except (RedisAway, RedisFull):
            return {}

    async def _until_room(self) -> None:
        """Wait until a backlog for which messages were given back has room: each delivery of them is counted."""
        while self._full and not self.stopping.is_set():
            still = self._connections() & self._full.keys()
            full = await self._nearly_full(still)
            if len(full) < len(self._full):
                self._full = {}
                return
            await self._sleep(LOOK_EVERY_S)

    async def _read_backlog(self, queue: Source) -> None:
        if time.monotonic() - self._backlog_at >= BACKLOG_EVERY_S:
            self._report.backlog(await self._call(queue.backlog))
            self._backlog_at = time.monotonic()

    async def _call(self, work: Callable[..., T], *arguments: object) -> T:
        """Run a method of the queue in its thread."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, work, *arguments)

    async def _sleep(self, seconds: float) -> None:
        """Wait, but not beyond the moment when it is time to stop."""
        try:
            await asyncio.wait_for(self.stopping.wait(), seconds)
        except TimeoutError:
            return
