"""Remember users' last public IP addresses, and recall them for batches without one (I1, `enrich_ip_address`)."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec
import structlog

from lanes.chunk import Chunk
from mapping.people.ip_observations import NO_OBSERVATION, IpObservation
from mapping.plan import Plan
from store.errors import RedisAway, RedisFull
from store.records.address_cache import AddressCache

EXPIRES_S: Final = 30 * 86_400
"""A month: long enough for occasional customers, and about as long as a household keeps an address."""
REFRESHED_MS: Final = 86_400_000
"""A known address is written again only after a day, so that most batches need no write."""

log = structlog.get_logger("relay.worker")


class LastAddress(msgspec.Struct, array_like=True, frozen=True):
    """A user's last address on one platform, and when relay received the batch that had it, Unix milliseconds."""

    platform: str
    ip: str
    at_ms: int


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[LastAddress]).decode


class IpEnrichment:
    """Recall and remember addresses; serves any number of threads. Without Redis, events are sent without addresses."""

    def __init__(self, memory: AddressCache) -> None:
        self._memory = memory
        self._unavailable = False

    def recall(self, chunks: Sequence[tuple[Chunk, Plan]], now_ms: int) -> list[list[str | None]]:
        """Return the remembered address of each batch, by chunk, and remember the addresses that batches have.

        This takes one read for all chunks, and one write if there are changes. Later batches use what earlier ones had.
        """
        observations = [[_observe(plan, batch.shared) for batch in chunk.batches] for chunk, plan in chunks]
        try:
            known = _KnownAddresses(self._memory.get(_subjects(observations)), now_ms)
        except (RedisAway, RedisFull) as error:
            self._log_once(error)
            return [[None] * len(batches) for batches in observations]
        found = [
            [known.recall_or_learn(observation, plan.platform, chunk.received_ms) for observation in batches]
            for (chunk, plan), batches in zip(chunks, observations, strict=True)
        ]
        try:
            self._memory.put(known.changes())
        except (RedisAway, RedisFull) as error:
            self._log_once(error)
        else:
            self._unavailable = False
        return found

    def _log_once(self, error: Exception) -> None:
        """Log the error if it is the first since addresses were last available. It quotes no value."""
        if not self._unavailable:
            log.warning("address_cache_unavailable", error=str(error))
        self._unavailable = True


class _KnownAddresses:
    """The addresses known of the users of some batches, updated batch by batch."""

    def __init__(self, recalled: Mapping[str, bytes], now_ms: int) -> None:
        self._oldest_ms = now_ms - EXPIRES_S * 1000
        self._by_subject = {subject: self._fresh(value) for subject, value in recalled.items()}
        self._changed: set[str] = set()

    def recall_or_learn(self, observation: IpObservation, platform: str, at_ms: int) -> str | None:
        """Return the remembered address for a batch without one; for a batch with one, learn it and return None."""
        if observation.ip is None:
            return self._last(observation.subjects, platform)
        for subject in observation.subjects if at_ms >= self._oldest_ms else ():
            self._learn(subject, LastAddress(platform, observation.ip, at_ms))
        return None

    def changes(self) -> dict[str, bytes]:
        """Return the values to write, by subject."""
        return {subject: _encode(self._by_subject[subject]) for subject in self._changed}

    def _last(self, subjects: Sequence[str], platform: str) -> str | None:
        """Return the newest address on this platform of the most trusted subject that has one; else on any."""
        for allowed in (lambda address: address.platform == platform, lambda _: True):
            for subject in subjects:
                for address in filter(allowed, self._by_subject.get(subject, ())):
                    return address.ip
        return None

    def _learn(self, subject: str, newest: LastAddress) -> None:
        known = self._by_subject.get(subject, [])
        former = next((address for address in known if address.platform == newest.platform), None)
        if former is not None:
            if newest.at_ms < former.at_ms:
                return
            is_unchanged = former.ip == newest.ip and known[0] is former
            if is_unchanged and newest.at_ms - former.at_ms < REFRESHED_MS:
                return
        others = [address for address in known if address is not former]
        self._by_subject[subject] = sorted([newest, *others], key=_at, reverse=True)
        self._changed.add(subject)

    def _fresh(self, value: bytes) -> list[LastAddress]:
        """Return the stored addresses, newest first, without those that are too old; none if `value` is unreadable."""
        try:
            return [address for address in _decode(value) if address.at_ms >= self._oldest_ms]
        except msgspec.MsgspecError:
            return []


def _at(address: LastAddress) -> int:
    return address.at_ms


def _observe(plan: Plan, shared: bytes) -> IpObservation:
    return NO_OBSERVATION if plan.ip_observer is None else plan.ip_observer.observe(shared)


def _subjects(observations: Iterable[Iterable[IpObservation]]) -> list[str]:
    return list({subject: None for batch in observations for observation in batch for subject in observation.subjects})
