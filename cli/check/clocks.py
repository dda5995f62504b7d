"""What `relay check` says of clocks: Redis's, which counts, beside this machine's."""

import contextlib

from cli.check.findings import Finding
from cli.context import redis_url
from config.settings import Settings
from operations.errors import OperatorError
from operations.format import duration
from store.client import connect
from store.clocks import Clocks, now_ms, own_ms
from store.errors import RedisAway

REMEDY = "set both hosts' clocks by a time service (NTP); until then nothing past its time is removed"


def findings_of_clocks(settings: Settings) -> list[Finding]:
    """A warning where they are more than a minute apart; nothing where Redis is away, which is told already."""
    with contextlib.suppress(OperatorError, RedisAway, ValueError), connect(redis_url(settings)) as client:
        return findings_of(Clocks(now_ms(client), own_ms()))
    return []


def findings_of(clocks: Clocks) -> list[Finding]:
    """The warning, or nothing."""
    if not clocks.disagree:
        return []
    ahead = "ahead of" if clocks.redis_ms > clocks.own_ms else "behind"
    apart = duration(abs(clocks.redis_ms - clocks.own_ms) / 1000)
    return [Finding("clocks", "warning", f"Redis's clock is {apart} {ahead} this machine's", REMEDY)]
