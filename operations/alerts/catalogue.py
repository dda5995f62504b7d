"""The alerts that the webhook and Prometheus both send: how long their cause lasts before, and the words of both.

A test compares the rows with `deploy/prometheus-rules.yaml` and with the messages of the webhook.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

from operations.status.sources import NO_BATCHES_FROM
from store.server import DEAD_LETTER_SHARE

NEARLY_FULL: Final = 0.8
"""The part of their share of memory from which dead letters are alerted."""


class Alert(NamedTuple):
    """One alert. `lasts_s`: how long its cause lasts before it is sent; 0 for at once.

    `words` are in its text from the webhook and from Prometheus. `bound` is the end of the rule's expression.
    """

    rule: str
    lasts_s: int
    words: str
    bound: str = "== 1"


ALERTS: Final[Mapping[str, tuple[Alert, ...]]] = {
    "paused": (Alert("RelayConnectionPaused", 0, "is paused: TikTok refuses it"),),
    "circuit_breaker": (Alert("RelayCircuitBreakerTripped", 0, "is paused by the circuit breaker"),),
    "paused_by_dead_letters": (
        Alert("RelayPausedByDeadLetters", 0, "is paused: its dead letters hold their share of Redis's memory"),
    ),
    "dead_letters_nearly_full": (
        Alert("RelayDeadLettersNearlyFull", 0, "over four fifths of the", f"* {NEARLY_FULL / DEAD_LETTER_SHARE:g}"),
    ),
    "dead_letters": (Alert("RelayDeadLetters", 0, "within an hour", ">= 100"),),
    "redis_trouble": (Alert("RelayRedisAway", 60, "Nothing is lost, and nothing is delivered", "== 0"),),
    "durability_low": (
        Alert("RelayDurabilityLow", 60, "RELAY_DURABILITY asks for more", "== 0"),
        Alert("RelayReplicasMissing", 60, "replicas of Redis follow", "(relay_redis_replicas_required)"),
    ),
    "archive_failing": (Alert("RelayArchiveFailing", 300, "receipts cannot be archived", "> 0"),),
    "source_unusable": (Alert("RelaySourceUnusable", 60, "Its queue keeps the messages"),),
    "source_no_batches": (Alert("RelaySourceWithoutBatches", 0, "had no batch", f">= {NO_BATCHES_FROM}"),),
    "drift_silence": (Alert("RelaySilence", 0, "has stopped"),),
    "drift_match_keys": (Alert("RelayMatchKeysFell", 0, "usual"),),
    "drift_jumps": (Alert("RelayJump", 0, "usual"),),
}
"""By the name that the webhook's `alert` has."""

ONLY_WEBHOOK: Final[Mapping[str, str]] = {
    "paused_by_operator": "RelayPauseForgotten alerts after 12 hours: the operator knows of the pause",
    "out_of_reach": "RelayBackingOff alerts after 30 minutes, throttling included",
    "misdirected": "RelaySendersRefused shows what ingest answers",
    "clocks_disagree": "Prometheus has metrics of clocks from the hosts themselves",
}
"""Alerts that no rule has, each with the reason."""


def lasts_ms(alert: str) -> int:
    """Return how long the cause of an alert must last before the webhook gets it, in milliseconds."""
    return 1000 * max(row.lasts_s for row in ALERTS[alert])
