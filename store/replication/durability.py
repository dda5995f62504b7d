"""Find out what a 202 means: on how many disks, or only in how many memories, the events then are."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Final, Literal, NamedTuple

import redis
from redis.exceptions import RedisError, ResponseError

from store.diagnosis.trouble import translate_errors
from store.errors import RedisAway
from store.replication.confirmation import is_present
from store.replication.replicas import Replica, client_of, replicas_of

Level = Literal["disk", "disks", "memories", "provider", "nothing", "unknown"]
Wanted = Literal["disk", "memories", "disks", "provider"]

_ENOUGH: Final[Mapping[Wanted | None, tuple[Level, ...]]] = {
    None: ("disk", "memories", "disks", "provider"),
    "disk": ("disk", "disks", "provider"),
    "memories": ("memories", "disks", "provider"),
    "disks": ("disks", "provider"),
    "provider": ("provider",),
}
"""What satisfies RELAY_DURABILITY."""


class ServerDisk(NamedTuple):
    """Whether a server has each write on its disk before it confirms it; None where it does not say."""

    place: str
    always: bool | None


class Durability(NamedTuple):
    """What was found, on the primary and on each replica that follows; `replicas` is RELAY_REPLICAS."""

    level: Level
    replicas: int
    primary: ServerDisk
    following: tuple[ServerDisk, ...] = ()

    @property
    def meaning(self) -> str:
        """Return the words after "a 202 means"."""
        copies = self.replicas + 1
        match self.level:
            case "disk":
                return "one disk"
            case "disks":
                return f"{copies} disks"
            case "memories":
                return f"{copies} memories"
            case "provider":
                return "the provider's log"
            case "nothing":
                return "nothing that survives a restart of Redis"
            case _:
                disks = f"{copies} disks" if self.replicas else "one disk"
                return f"{disks} if appendfsync is always"

    def is_enough(self, wanted: Wanted | None) -> bool:
        """Return whether a 202 means what RELAY_DURABILITY asks for; what relay cannot read counts as enough."""
        return self.level == "unknown" or self.level in _ENOUGH[wanted]

    @property
    def has_replicas(self) -> bool:
        """Return whether enough replicas follow for a 202 to be given."""
        return len(self.following) >= self.replicas


def read_durability(client: redis.Redis, replicas: int, wanted: Wanted | None) -> Durability:
    """Ask the primary and its replicas. Raise RedisAway when the primary does not answer."""
    with translate_errors:
        primary = ServerDisk("primary", _is_always(client))
        present = [replica for replica in replicas_of(client) if is_present(replica)]
        following = tuple(ServerDisk(str(replica), _asked(client, replica)) for replica in present)
    return Durability(_level(primary, following, replicas, wanted), replicas, primary, following)


def _level(primary: ServerDisk, following: tuple[ServerDisk, ...], replicas: int, wanted: Wanted | None) -> Level:
    if wanted == "provider":
        return "provider"
    disks = [primary.always, *([server.always for server in following] if replicas else [])]
    if replicas and False in disks:
        return "memories"
    if primary.always is False:
        return "nothing"
    if None in disks:
        return "unknown"
    return "disks" if replicas else "disk"


def _asked(client: redis.Redis, replica: Replica) -> bool | None:
    with suppress(RedisAway, RedisError, OSError), client_of(client, replica) as own:
        return _is_always(own)
    return None


def _is_always(client: redis.Redis) -> bool | None:
    """Return whether each write is on disk before its confirmation; None where it does not say."""
    try:
        kept, synced = (client.config_get(name).get(name) for name in ("appendonly", "appendfsync"))
    except ResponseError:  # as usual for managed servers; INFO then shows whether there is a file at all
        return False if _keeps_no_file(client) else None
    return (kept, synced) == ("yes", "always") if kept and synced else None


def _keeps_no_file(client: redis.Redis) -> bool:
    try:
        return str(client.info("persistence").get("aof_enabled")) == "0"
    except ResponseError:
        return False
