"""The worker's side of the lanes: wake, claim, renew, settle; and putting a group to rest."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, cast

import msgspec
import redis

from lanes.scripts import lane_scripts
from lanes.settlement import (
    NO_BOUND,
    Lease,
    LetterShare,
    Lost,
    Pace,
    Refused,
    Released,
    Rest,
    Resting,
    RestState,
    Settlement,
    Valve,
)
from store.errors import RedisAway
from store.scripts import pack
from store.trouble import translate_errors

WAKE_HOLD_MS: Final = 2_000
LEASE_MS: Final = 15_000
RENEW_EVERY_S: Final = 4.0


@dataclass(frozen=True, slots=True)
class ClaimLimits:
    """What one claim asks for: at most so many events and sealed bytes, and so many events when it only probes.

    `letters`: what the connection's dead letters may hold; beyond it nothing is claimed.
    """

    events: int = 1_000
    bytes: int = 1024 * 1024
    probe: int = 10
    letters: LetterShare = NO_BOUND


class Lanes:
    """Lanes on one Redis; any number of threads may share an instance. Every method raises RedisAway or RedisFull.

    `now_ms`, in every method, is for tests: without it Redis's own clock counts.
    """

    def __init__(self, client: redis.Redis) -> None:
        self._client, self._scripts = client, lane_scripts(client)

    def wake(self, now_ms: int | None = None) -> list[str]:
        """The lanes that are due and that nobody has a promise on; each is now held for a wake-up's flight."""
        return [lane.decode() for lane in self._call("wake", now_ms, WAKE_HOLD_MS, LEASE_MS)]

    def claim(self, lane: str, limits: ClaimLimits, now_ms: int | None = None) -> Lease | Refused:
        """Lease the lane for 15 s, or say why not."""
        token = secrets.token_hex(16)
        match self._call("claim", now_ms, lane, pack(_ask(token, limits))):
            case [b"granted", terms, chunks]:
                return _lease(lane, token, terms, chunks)
            case [reason]:
                return Refused(reason.decode())
            case other:
                raise AssertionError(f"claim answered {len(other)} values")

    def renew(self, lease: Lease, now_ms: int | None = None) -> bool:
        """Whether the lease is still ours; if so it runs another 15 s."""
        return bool(self._call("renew", now_ms, lease.lane, lease.token, LEASE_MS))

    def renew_all(self, leases: Sequence[Lease], now_ms: int | None = None) -> list[Lease]:
        """Renew them in one round trip, however many; return those that are no longer ours."""
        still_held = self._scripts.call_each("renew", [(each.lane, each.token, LEASE_MS) for each in leases], now_ms)
        return [lease for lease, held in zip(leases, still_held, strict=True) if not held]

    def posted(self, lease: Lease, chunks: int, now_ms: int | None = None) -> bool:
        """Whether the lease is still ours; if so the lane now knows that its leading `chunks` are being posted."""
        return bool(self._call("posted", now_ms, lease.lane, lease.token, lease.head, chunks))

    def settle(
        self, lease: Lease, settlement: Settlement, go_on: ClaimLimits | None = None, now_ms: int | None = None
    ) -> Lease | Released | Lost:
        """Make the settlement hold; with `go_on`, and if nothing speaks against it, lease what comes next as well.

        Safe to repeat after a lost reply: the second finds that the first held, and is Lost.
        """
        next_claim = b"" if go_on is None else pack(_ask(lease.token, go_on))
        letters = (letter.content for letter in settlement.letters)
        blobs = [*settlement.leftovers, *letters, *settlement.shared.values()]
        match self._call("settle", now_ms, lease.lane, pack(_settlement(lease, settlement)), next_claim, *blobs):
            case [b"granted", terms, chunks]:
                return _lease(lease.lane, lease.token, terms, chunks)
            case [b"released", waiting]:
                return Released(waiting)
            case _:
                return Lost()

    def rest(
        self, group: str, state: RestState, rest_ms: int, details: Mapping[str, str], now_ms: int | None = None
    ) -> None:
        """Put a group to rest; `details` may hold `by`, `what`, `fingerprint`."""
        self._call("group", now_ms, group, state, rest_ms, pack(dict(details)))

    def resume(self, group: str, now_ms: int | None = None) -> None:
        """Make the group healthy and all its lanes due now."""
        self._call("group", now_ms, group, "healthy", 0, pack({}))

    def resting(self, group: str) -> Resting | None:
        """Whether the group rests, and who ends it."""
        with translate_errors:
            values = self._client.hmget(f"group:{group}", ["state", "by", "fingerprint"])
        state, by, fingerprint = (str(cast("bytes", value or b""), "ascii") for value in values)
        return Resting(state, by, fingerprint) if state else None

    def _call(self, script: str, now_ms: int | None, *arguments: bytes | str | int) -> Any:
        try:
            return self._scripts.call(script, *arguments, now_ms=now_ms)
        except RedisAway as error:
            if "UNBALANCED" in error.trouble.said or "INVALID" in error.trouble.said:
                raise AssertionError(f"a script of relay refused its arguments: {error.trouble.said}") from None
            raise


class _Terms(msgspec.Struct):
    """What `grant` tells beside the chunks."""

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
    letter_bytes: int


_terms_decoder = msgspec.msgpack.Decoder(_Terms, strict=False)


def _ask(token: str, limits: ClaimLimits) -> dict[str, Any]:
    sizes = {"events": limits.events, "bytes": limits.bytes, "probe": limits.probe}
    return {"token": token, "lease": LEASE_MS, **sizes, "letters": _share(limits.letters)}


def _share(share: LetterShare) -> dict[str, Any]:
    return {"share": share.bytes, "what": share.what, "fingerprint": share.fingerprint}


def _lease(lane: str, token: str, packed: bytes, chunks: list[bytes]) -> Lease:
    terms = _terms_decoder.decode(packed)
    return Lease(
        lane=lane,
        token=token,
        head=terms.head,
        now_ms=terms.now,
        pace=Pace(terms.limit, terms.step, terms.attempts, terms.failing_since),
        alone=terms.alone,
        probing=terms.probing,
        probes=terms.probes,
        group_delivered_at=terms.delivered_at,
        chunks=chunks,
        spaced=terms.spaced,
        letter_bytes=terms.letter_bytes,
    )


def _settlement(lease: Lease, settlement: Settlement) -> dict[str, Any]:
    places = {"": 0, **{shared: place for place, shared in enumerate(settlement.shared, 1)}}
    return {
        "token": lease.token,
        "head": lease.head,
        "probing": lease.probing,
        "trim": settlement.trim,
        "leftovers": len(settlement.leftovers),
        "books": dict(settlement.books),
        "days": {day: dict(counts) for day, counts in settlement.days.items()},
        "letters": [(letter.id, letter.label, places[letter.shared]) for letter in settlement.letters],
        "shared": list(settlement.shared),
        "share": _share(settlement.share),
        "measures": dict(settlement.measures),
        "pace": asdict(settlement.pace),
        "delay": settlement.delay_ms,
        "posted": settlement.posted,
        "trouble": settlement.trouble,
        "throttled": settlement.throttled,
        "rest": None if settlement.rest is None else _rest(settlement.rest),
        "refused": settlement.refused if settlement.valve else 0,
        "valve": None if settlement.valve is None else _valve(settlement.valve),
        "last_error": settlement.last_error,
    }


def _rest(rest: Rest) -> dict[str, Any]:
    return {name: value for name, value in asdict(rest).items() if value}


def _valve(valve: Valve) -> dict[str, Any]:
    return {
        "rest": _rest(valve.rest),
        "events": valve.events,
        "requests": valve.requests,
        "window": valve.window_ms,
        "delay": valve.delay_ms,
    }
