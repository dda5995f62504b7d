"""Find the replicas of a server, and make them rewrite their append-only files as well."""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final, NamedTuple

import redis
from redis.exceptions import RedisError, ResponseError

from config.redis_address import Sentinels, Tcp
from store.append_only_file import Rewriting, rewrite_file
from store.client import address_of, connect_to, connection_options
from store.diagnosis.trouble import translate_errors
from store.errors import RedisAway
from store.replication.sentinels import known_replicas

CAUGHT_UP_WITHIN_S: Final = 60.0
POLL_S: Final = 0.1
CHAIN_LIMIT: Final = 100


class Replica(NamedTuple):
    """A replica as its primary reports it; `lag_s` is how long ago it last said what it has."""

    host: str
    port: int
    online: bool = False
    lag_s: int = 0

    def __str__(self) -> str:
        return str(Tcp(self.host, self.port))


def replicas_of(client: redis.Redis) -> list[Replica]:
    """Return the replicas that are connected; none where the server does not permit INFO. Raise RedisAway."""
    with translate_errors:
        try:
            return replicas_in(client.info("replication"))
        except ResponseError:
            return []


def primary_id(client: redis.Redis) -> str:
    """Return the id of the primary's history of writes, which changes with a failover. Raise RedisAway."""
    with translate_errors:
        try:
            return str(client.info("replication").get("master_replid", ""))
        except ResponseError:
            return ""


def replicas_in(info: Mapping[str, Any]) -> list[Replica]:
    """Return the replicas that a reply to INFO lists."""
    return [_replica(value) for name, value in info.items() if name.startswith("slave") and isinstance(value, dict)]


def _replica(listed: Mapping[str, Any]) -> Replica:
    return Replica(str(listed["ip"]), int(listed["port"]), listed.get("state") == "online", int(listed.get("lag", 0)))


def rewrite_files_of_replicas(
    client: redis.Redis, sleep: Callable[[float], None] = time.sleep, monotonic: Callable[[], float] = time.monotonic
) -> dict[str, Rewriting]:
    """Make each replica, also those of replicas, rewrite its file once it has everything that the primary has.

    Return how that ended, by the replica's address. Raise RedisAway when the primary does not answer.
    """
    with translate_errors:
        try:
            offset = int(client.info("replication").get("master_repl_offset", 0))
        except ResponseError:
            return {}
    waiting = replicas_of(client)
    found: dict[str, Rewriting] = {str(replica): "not reached" for replica in _away(client, waiting)}
    while waiting and len(found) < CHAIN_LIMIT:
        replica = waiting.pop()
        if str(replica) in found:
            continue
        found[str(replica)] = "not reached"
        with suppress(RedisAway, RedisError, OSError), client_of(client, replica) as own:
            found[str(replica)] = _rewrite(own, offset, sleep, monotonic)
            waiting += replicas_of(own)
    return found


def _away(client: redis.Redis, following: Sequence[Replica]) -> list[Replica]:
    """Return the replicas that the Sentinels know and that do not follow now; none without Sentinels."""
    address = address_of(client)
    if not isinstance(address.place, Sentinels):
        return []
    tls = {name: value for name, value in connection_options(address).items() if name.startswith("ssl_")}
    known = [Replica(place.host, place.port) for place in known_replicas(address.place, tls)]
    here = {str(replica) for replica in following}
    return [replica for replica in known if str(replica) not in here]


def client_of(client: redis.Redis, replica: Replica) -> redis.Redis:
    """Return a client of the replica, with the user, password and TLS of its primary's client."""
    return connect_to(address_of(client).at(Tcp(replica.host, replica.port)))


def _rewrite(
    replica: redis.Redis, offset: int, sleep: Callable[[float], None], monotonic: Callable[[], float]
) -> Rewriting:
    until = monotonic() + CAUGHT_UP_WITHIN_S
    while not _has(replica, offset):
        if monotonic() > until:
            return "behind"
        sleep(POLL_S)
    return rewrite_file(replica, sleep, monotonic)


def _has(replica: redis.Redis, offset: int) -> bool:
    info = replica.info("replication")
    return info.get("master_link_status") == "up" and int(info.get("slave_repl_offset", -1)) >= offset
