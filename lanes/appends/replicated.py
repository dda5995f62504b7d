"""Append to a Redis with replicas: confirmed once enough of them have it, and made again when a failover lost it.

Every server has `appendfsync always`, and a replica confirms after its own fsync. So what `WAIT` counts is on disks.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

import redis.asyncio

from lanes.appends.arrivals import Append, raise_if_full
from lanes.appends.contents import AppendContents, Arrival, Profiles, append_contents
from lanes.appends.kept import KeptAppends
from lanes.names import lane_of_the_moment
from lanes.settlement import NO_RECEIPTS, Receipts
from store.diagnosis.trouble import translate_errors
from store.errors import RedisAway
from store.replication.confirmation import REPLICAS_MISSING, online_replicas_async

WAIT_MS: Final = 1_500
"""Below the time in which a request is answered."""


class Repair(NamedTuple):
    """What was made again after Redis went back; `lost`: whether older confirmed appends are missing, too."""

    appends: int
    events: int
    lost: bool


class ReplicatedAppend(Append):
    """Append as `Append` does, on `replicas` further servers; one instance per event loop.

    `on_repair` gets each repair that did something.
    """

    def __init__(
        self,
        client: redis.asyncio.Redis,
        replicas: int,
        on_repair: Callable[[Repair], None] = lambda _: None,
        choose_lane: Callable[[], int] = lane_of_the_moment,
        kept: KeptAppends | None = None,
    ) -> None:
        super().__init__(client, choose_lane=choose_lane)
        self._client, self._replicas, self._on_repair = client, replicas, on_repair
        self._kept = KeptAppends() if kept is None else kept
        self._repairing = asyncio.Lock()
        self._replicas_missing = False

    async def append(
        self,
        arrivals: Sequence[Arrival],
        now_ms: int | None = None,
        receipts: Receipts = NO_RECEIPTS,
        profiles: Profiles = (),
    ) -> None:
        """Return once Redis and enough replicas have all of `arrivals`; raises as `Append.append` does.

        After RedisAway for missing replicas it is written, and may be lost in a failover.
        """
        contents = append_contents(arrivals, self._choose_lane, receipts, profiles)
        await self._refuse_while_replicas_are_missing()
        number = self._kept.next_number()
        confirmed = await self._write(contents, number, now_ms)
        self._replicas_missing = confirmed < self._replicas
        if self._replicas_missing:
            raise RedisAway(REPLICAS_MISSING)
        self._kept.confirm(number, contents)

    async def repair(self) -> None:
        """Make the confirmed appends again that Redis does not have any more. Raise RedisAway or RedisFull."""
        if not self._kept.any_kept:
            return
        confirmed = self._kept.must_be_there  # before the question to Redis: an append may come in between
        with translate_errors:
            there = int(await self._client.get(f"appends:{self._kept.process}") or 0)
        if there < confirmed:
            await self._make_again(there)

    async def _write(self, contents: AppendContents, number: int, now_ms: int | None) -> int:
        """Append; make missing appends first. Return how many replicas have it."""
        previous = self._kept.must_be_there
        while True:
            numbers: dict[str, int | str] = {"process": self._kept.process, "number": number, "previous": previous}
            bounds = {"max_backlog_bytes": self.max_backlog_bytes, "profile_bytes": self.max_profile_bytes}
            arguments = contents.arguments(**bounds, **numbers)
            reply, confirmed = await self._script.call_confirmed(
                *arguments, replicas=self._replicas, within_ms=WAIT_MS, now_ms=now_ms
            )
            if not isinstance(reply, int):
                raise_if_full(reply)
                return confirmed
            previous = await self._make_again(reply)

    async def _make_again(self, there: int) -> int:
        """Append all that is kept after the number `there`, in order; return the last number that Redis has then.

        It does not wait for replicas: that would take long while none is there, and the next append waits for all.
        """
        async with self._repairing:
            lost = there < self._kept.dropped
            last, appends, events = there, 0, 0
            for kept in self._kept.after(there):
                numbers: dict[str, int | str] = {"process": self._kept.process, "number": kept.number, "previous": last}
                reply = await self._script.call(
                    *kept.contents.arguments(max_backlog_bytes=0, profile_bytes=self.max_profile_bytes, **numbers)
                )
                if isinstance(reply, int):
                    raise RedisAway  # it went back once more: the next append or comparison begins again
                last = kept.number
                if reply is None:
                    appends, events = appends + 1, events + kept.contents.events
            self._kept.keep_longer(there)
        if appends or lost:
            self._on_repair(Repair(appends, events, lost))
        return last

    async def _refuse_while_replicas_are_missing(self) -> None:
        """Raise RedisAway at once while too few replicas follow: each append would wait for its time-out."""
        if self._replicas_missing and await online_replicas_async(self._client) < self._replicas:
            raise RedisAway(REPLICAS_MISSING)
