"""What relay asks of a Redis server, as rows: a setting that is weaker could lose what was answered 202."""

import contextlib
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

import redis
from redis.exceptions import RedisError, ResponseError

from cli.check.findings import Finding
from cli.check.redis_use import findings_of_use
from config.redis_address import RedisAddress
from store.client import connect
from store.trouble import diagnose

OLDEST: Final = (6, 2)
UNKNOWN: Final = "cannot be read here: the server lets this user run no CONFIG GET, as managed ones do not"
BY_HAND: Final = "look by hand, in the provider's console or by asking them: {0} must be {1}. If it is not: {2}"

Facts = Mapping[str, str]
"""INFO and CONFIG GET in one, all values as text; what could not be read is absent."""


class Requirement(NamedTuple):
    """One thing a server must be: the fact that shows it, what that should be, in words for people to look for where
    relay may not, and for relay to see; and what to do when it is not.
    """

    check: str
    fact: str
    wanted: str
    good: Callable[[str], bool]
    remedy: str


def _set(setting: str, value: str, why: str) -> str:
    return f"{why}: CONFIG SET {setting} {value} now, and `{setting} {value}` in the server's configuration file"


def _is(*values: str) -> Callable[[str], bool]:
    return lambda value: value in values


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(".") if part.isdecimal())


REQUIREMENTS: Final = (
    Requirement(
        "redis version",
        "redis_version",
        "6.2 or newer",
        lambda text: _version(text) >= OLDEST,
        "run Redis 6.2 or newer, or any Valkey",
    ),
    Requirement(
        "redis role", "role", "master", _is("master"), "a replica takes no writes: point RELAY_REDIS_URL at the primary"
    ),
    Requirement(
        "redis cluster",
        "cluster_enabled",
        "0",
        _is("0"),
        "scripts here touch keys of many slots: run one primary, not a cluster",
    ),
    Requirement(
        "appendonly",
        "appendonly",
        "yes",
        _is("yes"),
        _set("appendonly", "yes", "a restart would lose everything that waits"),
    ),
    Requirement(
        "appendfsync",
        "appendfsync",
        "always",
        _is("always"),
        _set("appendfsync", "always", "a crash would lose batches already answered 202"),
    ),
    Requirement(
        "last write to disk",
        "aof_last_write_status",
        "ok",
        _is("ok"),
        "the append-only file cannot be written: look at the server's log and at the space on its disk",
    ),
    Requirement(
        "maxmemory-policy",
        "maxmemory-policy",
        "noeviction",
        _is("noeviction"),
        _set("maxmemory-policy", "noeviction", "a full server would drop events silently"),
    ),
    Requirement(
        "maxmemory",
        "maxmemory",
        "more than 0",
        lambda text: int(text) > 0,
        _set(
            "maxmemory",
            "1gb",
            "a long outage would fill the machine; relay refuses new batches (429) once this much is used",
        ),
    ),
)
FROM_CONFIG: Final = ("appendonly", "appendfsync", "maxmemory", "maxmemory-policy")
# Managed servers that forbid CONFIG still tell these in INFO.
SAME_IN_INFO: Final[Mapping[str, tuple[str, Callable[[str], str]]]] = {
    "appendonly": ("aof_enabled", lambda text: "yes" if text == "1" else "no"),
    "maxmemory": ("maxmemory", str),
    "maxmemory-policy": ("maxmemory_policy", str),
}


def findings_of_redis(url: str) -> list[Finding]:
    """Whether the server at `url` answers, and one finding a requirement if it does. Takes 3 s at most."""
    try:
        address = RedisAddress.parse(url)
        with connect(url) as client:
            client.ping()
            facts = _facts(client)
            used = findings_of_use(client, address, url)
    except ValueError as error:
        return [Finding("redis", "wrong", f"RELAY_REDIS_URL {error}")]
    except (RedisError, OSError) as error:
        trouble = diagnose(error)
        return [Finding("redis", "wrong", f"{address}: {trouble.problem}", trouble.what_to_do)]
    return [Finding("redis", "ok", f"{address} answers"), *used, *(finding_of(row, facts) for row in REQUIREMENTS)]


def finding_of(row: Requirement, facts: Facts) -> Finding:
    """One requirement held against the facts; what cannot be read is for people to look at."""
    value = facts.get(row.fact)
    if value is None:
        return Finding(row.check, "warning", UNKNOWN, BY_HAND.format(row.fact, row.wanted, _why(row)))
    if row.good(value):
        return Finding(row.check, "ok", value)
    return Finding(row.check, "wrong", value, row.remedy)


def _why(row: Requirement) -> str:
    """The remedy without the commands that this server does not take."""
    return row.remedy.partition(": CONFIG SET")[0]


def _facts(client: redis.Redis) -> dict[str, str]:
    facts: dict[str, str] = {}
    with contextlib.suppress(ResponseError):  # not permitted
        facts = {name: str(value) for name, value in client.info().items()}
    told = {name: convert(facts[fact]) for name, (fact, convert) in SAME_IN_INFO.items() if fact in facts}
    with contextlib.suppress(ResponseError):
        for name in FROM_CONFIG:  # one at a time: 6.2 takes no list
            told |= {str(key): str(value) for key, value in client.config_get(name).items()}
    return {**facts, **told}
