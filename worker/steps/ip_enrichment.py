"""Users' last public addresses, recalled for the batches that have none of their own (I1, `enrich_ip_address`)."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec
import structlog

from lanes.chunk import Chunk
from mapping.people.ip_observations import NO_OBSERVATION, IpObservation
from mapping.plan import Plan
from store.address_cache import Memory
from store.errors import RedisAway, RedisFull

EXPIRES_S: Final = 30 * 86_400
"""A month: long enough for who orders now and then, and about as long as a household keeps an address."""
REFRESHED_MS: Final = 86_400_000
"""What is known already is written again only a day later: most batches then cost no write."""

log = structlog.get_logger("relay.worker")


class Seen(msgspec.Struct, array_like=True, frozen=True):
    """The last address of a user on one platform, and when relay received the batch that gave it."""

    platform: str
    ip: str
    at_ms: int


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[Seen]).decode


class IpEnrichment:
    """Recalls and remembers; serves any number of threads. Trouble with Redis costs the addresses and nothing else."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._in_trouble = False

    def recall(self, chunks: Sequence[tuple[Chunk, Plan]], now_ms: int) -> list[list[str | None]]:
        """For each chunk, each of its batches' remembered address; those that batches give are remembered.

        One reading for all chunks, and one writing where there is news. Later batches know what earlier ones gave.
        """
        seen = [[_see(plan, batch.shared) for batch in chunk.batches] for chunk, plan in chunks]
        try:
            known = _Known(self._memory.recall(_subjects(seen)), now_ms)
        except (RedisAway, RedisFull) as error:
            self._say_once(error)
            return [[None] * len(sightings) for sightings in seen]
        found = [
            [known.take(sighting, plan.platform, chunk.received_ms) for sighting in sightings]
            for (chunk, plan), sightings in zip(chunks, seen, strict=True)
        ]
        try:
            self._memory.remember(known.news())
        except (RedisAway, RedisFull) as error:
            self._say_once(error)
        else:
            self._in_trouble = False
        return found

    def _say_once(self, error: Exception) -> None:
        """Once for each time that trouble begins; the errors of lanes quote no value."""
        if not self._in_trouble:
            log.warning("address_cache_unavailable", error=str(error))
        self._in_trouble = True


class _Known:
    """What is known of the users of some batches, while those are gone through."""

    def __init__(self, recalled: Mapping[str, bytes], now_ms: int) -> None:
        self._oldest_ms = now_ms - EXPIRES_S * 1000
        self._by_subject = {subject: self._fresh(value) for subject, value in recalled.items()}
        self._changed: set[str] = set()

    def take(self, sighting: IpObservation, platform: str, at_ms: int) -> str | None:
        """The remembered address for a batch without one; a batch with one is learned from."""
        if sighting.ip is None:
            return self._last(sighting.subjects, platform)
        for subject in sighting.subjects if at_ms >= self._oldest_ms else ():
            self._learn(subject, Seen(platform, sighting.ip, at_ms))
        return None

    def news(self) -> dict[str, bytes]:
        """What is to be remembered."""
        return {subject: _encode(self._by_subject[subject]) for subject in self._changed}

    def _last(self, subjects: Sequence[str], platform: str) -> str | None:
        """The newest on this platform, under the most trusted name that has one; else likewise on any platform."""
        for allowed in (lambda one: one.platform == platform, lambda _: True):
            for subject in subjects:
                for one in filter(allowed, self._by_subject.get(subject, ())):
                    return one.ip
        return None

    def _learn(self, subject: str, fresh: Seen) -> None:
        known = self._by_subject.get(subject, [])
        former = next((one for one in known if one.platform == fresh.platform), None)
        if former is not None:
            if fresh.at_ms < former.at_ms:
                return
            is_old_news = former.ip == fresh.ip and known[0] is former
            if is_old_news and fresh.at_ms - former.at_ms < REFRESHED_MS:
                return
        others = [one for one in known if one is not former]
        self._by_subject[subject] = sorted([fresh, *others], key=_at, reverse=True)
        self._changed.add(subject)

    def _fresh(self, value: bytes) -> list[Seen]:
        """Newest first, without what is too old or cannot be read."""
        try:
            return [one for one in _decode(value) if one.at_ms >= self._oldest_ms]
        except msgspec.MsgspecError:
            return []


def _at(seen: Seen) -> int:
    return seen.at_ms


def _see(plan: Plan, shared: bytes) -> IpObservation:
    return NO_OBSERVATION if plan.ip_observer is None else plan.ip_observer.observe(shared)


def _subjects(seen: Iterable[Iterable[IpObservation]]) -> list[str]:
    return list({subject: None for sightings in seen for one in sightings for subject in one.subjects})
