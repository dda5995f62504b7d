"""The worker's side of the queue: wake, claim, renew and settle lanes; pause and resume connections."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, NamedTuple, cast

import msgspec
import redis

from lanes.scripts import lane_scripts
from lanes.settlement import (
    NO_BOUND,
    BatchSizing,
    CircuitBreaker,
    DeadLetterShare,
    Lease,
    Lost,
    Pause,
    PauseState,
    PauseStatus,
    Refused,
    Released,
    Settlement,
)
from store.diagnosis.trouble import translate_errors
from store.errors import RedisAway
from store.scripts import pack

WAKE_HOLD_MS: Final = 2_000
"""How long no other wake-up is sent for a lane."""
LEASE_MS: Final = 15_000
RENEW_EVERY_S: Final = 4.0


@dataclass(frozen=True, slots=True)
class ClaimLimits:
    """What one claim may take at most: events and bytes of encoded chunks, and events while it probes.

    `dead_letters`: what the connection's dead letters may hold; when they hold that much, nothing is claimed.
    `gather_ms`: for how long the job would wait for more if the lane is empty, 0 for not at all.
    """

    events: int = 1_000
    bytes: int = 1024 * 1024
    probe: int = 10
    dead_letters: DeadLetterShare = NO_BOUND
    gather_ms: int = 0


class Woken(NamedTuple):
    """The lanes to send a wake-up for, and in how many milliseconds to look again unless there is a signal."""

    lanes: list[str]
    next_ms: int


class Lanes:
    """Lanes on one Redis; any number of threads may share an instance. Every method raises RedisAway or RedisFull.

    `now_ms`, in every method, is for tests: it replaces Redis's clock.
    """

    def __init__(self, client: redis.Redis) -> None:
        self._client, self._scripts = client, lane_scripts(client)

    def wake(self, now_ms: int | None = None) -> Woken:
        """Return the lanes that are due and neither leased nor waking; no other wake-up is sent for them for 2 s."""
        lanes, next_ms = self._call("wake", now_ms, WAKE_HOLD_MS, LEASE_MS)
        return Woken([lane.decode() for lane in lanes], next_ms)

    def wait_for_signal(self, seconds: float) -> None:
        """Return once a lane has become due, at the latest after `seconds`; of several who wait, one returns."""
        with translate_errors:
            self._client.brpop(["lanes:signal"], timeout=seconds)

    def claim(self, lane: str, limits: ClaimLimits, now_ms: int | None = None) -> Lease | Refused:
        """Lease the lane for 15 s, or return why it cannot be claimed now."""
        token = secrets.token_hex(16)
        match self._call("claim", now_ms, lane, pack(_claim_of(token, limits))):
            case [b"granted", terms, chunks]:
                return _lease(lane, token, terms, chunks)
            case [reason]:
                return Refused(reason.decode())
            case other:
                raise AssertionError(f"claim answered {len(other)} values")

    def renew(self, lease: Lease, now_ms: int | None = None) -> bool:
        """Prolong the lease by 15 s from now; return False when it is lost."""
        return bool(self._call("renew", now_ms, lease.lane, lease.token, LEASE_MS))

    def renew_all(self, leases: Sequence[Lease], now_ms: int | None = None) -> list[Lease]:
        """Renew all of these in one round trip; return those that are lost."""
        still_held = self._scripts.call_each("renew", [(each.lane, each.token, LEASE_MS) for each in leases], now_ms)
        return [lease for lease, held in zip(leases, still_held, strict=True) if not held]

    def mark_posted(self, lease: Lease, chunks: int, now_ms: int | None = None) -> bool:
        """Record that the leading `chunks` are about to be sent; return False when the lease is lost."""
        return bool(self._call("mark_posted", now_ms, lease.lane, lease.token, lease.head, chunks))

    def settle(
        self, lease: Lease, settlement: Settlement, next_claim: ClaimLimits | None = None, now_ms: int | None = None
    ) -> Lease | Released | Lost:
        """Write the settlement; with `next_claim`, and unless the connection forbids it, lease the next chunks as well.

        Safe to repeat after a lost reply: the second call finds the first one's settlement and returns Lost.
        """
        packed_claim = b"" if next_claim is None else pack(_claim_of(lease.token, next_claim))
        contents = (dead_letter.content for dead_letter in settlement.dead_letters)
        blobs = [*settlement.leftovers, *contents, *settlement.shared.values(), settlement.receipts.content]
        match self._call("settle", now_ms, lease.lane, pack(_settlement(lease, settlement)), packed_claim, *blobs):
            case [b"granted", terms, chunks]:
                return _lease(lease.lane, lease.token, terms, chunks)
            case [b"released", waiting]:
                return Released(waiting)
            case [b"gathering", waiting]:
                return Released(waiting, gathers=True)
            case _:
                return Lost()

    def pause(
        self, connection: str, state: PauseState, pause_ms: int, details: Mapping[str, str], now_ms: int | None = None
    ) -> None:
        """Pause a connection for `pause_ms`; `details` may hold `by`, `what`, `fingerprint`."""
        self._call("set_pause", now_ms, connection, state, pause_ms, pack(dict(details)))

    def resume(self, connection: str, now_ms: int | None = None) -> None:
        """End the pause of a connection and make all its lanes due now."""
        self._call("set_pause", now_ms, connection, "healthy", 0, pack({}))

    def pause_status(self, connection: str) -> PauseStatus | None:
        """Return why the connection is paused and who ends that; None when it is not paused."""
        with translate_errors:
            values = self._client.hmget(f"connection:{connection}", ["state", "by", "fingerprint"])
        state, by, fingerprint = (str(cast("bytes", value or b""), "ascii") for value in values)
        return PauseStatus(state, by, fingerprint) if state else None

    def _call(self, script: str, now_ms: int | None, *arguments: bytes | str | int) -> Any:
        try:
            return self._scripts.call(script, *arguments, now_ms=now_ms)
        except RedisAway as error:
            if "UNBALANCED" in error.trouble.error_text or "INVALID" in error.trouble.error_text:
                raise AssertionError(f"a script of relay refused its arguments: {error.trouble.error_text}") from None
            raise


class _Terms(msgspec.Struct):
    """What the function `grant` of `claims.lua` returns beside the chunks."""

    head: int
    now: int
    limit: int
    alone: int
    attempts: int
    failing_since: int
    step: int
    probes: int
    probing: bool
    spaced: bool
    delivered_at: int
    dead_letter_bytes: int


_terms_decoder = msgspec.msgpack.Decoder(_Terms, strict=False)


def _claim_of(token: str, limits: ClaimLimits) -> dict[str, Any]:
    sizes = {"events": limits.events, "bytes": limits.bytes, "probe": limits.probe, "gather": limits.gather_ms}
    return {"token": token, "lease": LEASE_MS, **sizes, "dead_letters": _share(limits.dead_letters)}


def _share(share: DeadLetterShare) -> dict[str, Any]:
    return {"share": share.bytes, "what": share.what, "fingerprint": share.fingerprint}


def _lease(lane: str, token: str, packed: bytes, chunks: list[bytes]) -> Lease:
    terms = _terms_decoder.decode(packed)
    return Lease(
        lane=lane,
        token=token,
        head=terms.head,
        now_ms=terms.now,
        sizing=BatchSizing(terms.limit, terms.step, terms.attempts, terms.failing_since),
        alone=terms.alone,
        probing=terms.probing,
        probes=terms.probes,
        connection_delivered_at=terms.delivered_at,
        chunks=chunks,
        spaced=terms.spaced,
        dead_letter_bytes=terms.dead_letter_bytes,
    )


def _settlement(lease: Lease, settlement: Settlement) -> dict[str, Any]:
    places = {"": 0, **{shared: place for place, shared in enumerate(settlement.shared, 1)}}
    breaker = settlement.circuit_breaker
    return {
        "token": lease.token,
        "head": lease.head,
        "probing": lease.probing,
        "trim": settlement.trim,
        "leftovers": len(settlement.leftovers),
        "counts": dict(settlement.counts),
        "days": {day: dict(counts) for day, counts in settlement.days.items()},
        "match_keys": {day: dict(counts) for day, counts in settlement.match_keys.items()},
        "hours": dict(settlement.hours),
        "dead_letters": [(each.id, each.label, places[each.shared]) for each in settlement.dead_letters],
        "shared": list(settlement.shared),
        "share": _share(settlement.share),
        "receipts": settlement.receipts.described(),
        "measures": dict(settlement.measures),
        "sizing": asdict(settlement.sizing),
        "delay": settlement.delay_ms,
        "posted": settlement.posted,
        "trouble": settlement.trouble,
        "throttled": settlement.throttled,
        "pause": None if settlement.pause is None else _pause(settlement.pause),
        "refused": settlement.refused if breaker else 0,
        "circuit_breaker": None if breaker is None else _circuit_breaker(breaker),
        "last_error": settlement.last_error,
    }


def _pause(pause: Pause) -> dict[str, Any]:
    return {name: value for name, value in asdict(pause).items() if value}


def _circuit_breaker(breaker: CircuitBreaker) -> dict[str, Any]:
    return {
        "pause": _pause(breaker.pause),
        "events": breaker.events,
        "requests": breaker.requests,
        "window": breaker.window_ms,
        "delay": breaker.delay_ms,
    }
