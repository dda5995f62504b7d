"""Check replication: what a 202 means, the replicas that follow, their clocks, and the Sentinels."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Final

import redis
from redis.exceptions import RedisError

from cli.check.findings import Finding
from config.redis_address import ClusterNodes, RedisAddress, Sentinels
from config.settings import Settings
from operations.format import plural
from store.client import connection_options
from store.clocks import now_ms
from store.errors import RedisAway
from store.replication.confirmation import is_present
from store.replication.durability import Durability, read_durability
from store.replication.replicas import Replica, client_of, replicas_of
from store.replication.sentinels import ask_sentinel

CLOCKS_APART_MS: Final = 1_000
LEAST_SENTINELS: Final = 3
_DISKS: Final = {True: "every write on disk", False: "not every write on disk", None: "disk cannot be read"}


def findings_of_replication(client: redis.Redis, address: RedisAddress, settings: Settings) -> list[Finding]:
    """Return what a 202 means, and a finding for each part of that. Raise RedisAway."""
    found = read_durability(client, settings.replicas, settings.durability)
    behind_failover = isinstance(address.place, Sentinels | ClusterNodes)
    return [
        _meaning(found, settings, behind_failover=behind_failover),
        *_replicas(found),
        *_clocks(client),
        *(_sentinels(address, address.place) if isinstance(address.place, Sentinels) else ()),
    ]


def _meaning(found: Durability, settings: Settings, *, behind_failover: bool) -> Finding:
    check = "a 202 means"
    if not found.is_enough(settings.durability):
        wanted = settings.durability
        asked = f"RELAY_DURABILITY={wanted} asks for more: " if wanted and found.level != "nothing" else ""
        remedy = f"{asked}see docs/two-disks.md#what-a-202-means for what each value needs."
        return Finding(check, "wrong", found.meaning, remedy)
    if found.level == "unknown" and settings.replicas:  # without replicas, the row on appendfsync says it
        remedy = "relay cannot read appendfsync of every server: look in the provider's console, or ask the provider."
        return Finding(check, "warning", found.meaning, remedy)
    if found.level == "memories" and settings.durability is None:
        remedy = "A power cut of all servers, or a failover to one that lagged, loses events. See docs/two-disks.md."
        return Finding(check, "warning", found.meaning, remedy)
    if found.level == "disk" and (behind_failover or found.following):
        remedy = "A failover can lose events that were answered 202. Set RELAY_REPLICAS=1 (docs/two-disks.md)."
        return Finding(check, "warning", found.meaning, remedy)
    return Finding(check, "ok", found.meaning)


def _replicas(found: Durability) -> Iterator[Finding]:
    if not (found.replicas or found.following):
        return
    listed = ", ".join(f"{server.place} ({_DISKS[server.always]})" for server in found.following)
    text = f"{plural(len(found.following), 'replica')} follow{'s' if len(found.following) == 1 else ''}"
    text = f"{text}: {listed}" if listed else "no replica follows"
    if not found.has_replicas:
        remedy = f"RELAY_REPLICAS={found.replicas} needs more: requests are answered 503. Bring the replicas back."
        yield Finding("replicas", "wrong", text, remedy)
        return
    if found.replicas and len(found.following) == found.replicas:
        remedy = "None of them may be away, or requests are answered 503. Add one more."
        yield Finding("replicas", "warning", text, remedy)
        return
    yield Finding("replicas", "ok", text)


def _clocks(client: redis.Redis) -> Iterator[Finding]:
    for replica in filter(is_present, replicas_of(client)):
        apart = _apart_ms(client, replica)
        if apart is not None and abs(apart) >= CLOCKS_APART_MS:
            ahead = "ahead of" if apart > 0 else "behind"
            text = f"the clock of {replica} is {abs(apart) / 1000:.0f} s {ahead} the primary's"
            remedy = "Synchronise both (NTP). After a failover, lanes would wait for as long as the clocks differ."
            yield Finding("clocks of replicas", "warning", text, remedy)


def _apart_ms(client: redis.Redis, replica: Replica) -> int | None:
    with suppress(RedisAway, RedisError, OSError), client_of(client, replica) as own:
        return now_ms(own) - now_ms(client)
    return None


def _sentinels(address: RedisAddress, place: Sentinels) -> Iterator[Finding]:
    tls = {name: value for name, value in connection_options(address).items() if name.startswith("ssl_")}
    away, quorate, known = [], 0, 0
    for host in place.hosts:
        try:
            words = ask_sentinel(place, host, tls, "SENTINEL", "MASTER", place.name)
            facts = dict(zip(words[::2], words[1::2], strict=True))
            known = max(known, 1 + int(facts[b"num-other-sentinels"]))
            with suppress(RedisError):
                ask_sentinel(place, host, tls, "SENTINEL", "CKQUORUM", place.name)
                quorate += 1
        except (RedisError, OSError):
            away.append(str(host))
    text = f"{len(place.hosts) - len(away)} of {len(place.hosts)} in RELAY_REDIS_URL answer; they know {known} in all"
    if away or not quorate:
        which = f"{', '.join(away)}: no answer. " if away else ""
        remedy = f"{which}Without a majority of Sentinels there is no failover."
        yield Finding("sentinels", "warning" if quorate else "wrong", text, remedy)
    elif known < LEAST_SENTINELS:
        yield Finding("sentinels", "warning", text, "Run three, one beside each server: two cannot lose one.")
    else:
        yield Finding("sentinels", "ok", text)
