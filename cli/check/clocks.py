"""Check clocks: compare Redis's clock, which decides when anything expires, with this machine's."""

import contextlib

from cli.check.findings import Finding
from cli.context import redis_url
from config.settings import Settings
from operations.errors import OperatorError
from operations.format import duration
from store.client import connect
from store.clocks import Clocks, now_ms, own_ms
from store.errors import RedisAway

REMEDY = "Synchronise both hosts' clocks (NTP). Until then relay removes nothing that has expired."


def findings_of_clocks(settings: Settings) -> list[Finding]:
    """Return a warning if the clocks differ by over a minute; nothing without Redis, which another check reports."""
    with contextlib.suppress(OperatorError, RedisAway, ValueError), connect(redis_url(settings)) as client:
        return findings_of(Clocks(now_ms(client), own_ms()))
    return []


def findings_of(clocks: Clocks) -> list[Finding]:
    """Return the warning, or nothing."""
    if not clocks.disagree:
        return []
    ahead = "ahead of" if clocks.redis_ms > clocks.own_ms else "behind"
    apart = duration(abs(clocks.redis_ms - clocks.own_ms) / 1000)
    return [Finding("clocks", "warning", f"Redis's clock is {apart} {ahead} this machine's", REMEDY)]
