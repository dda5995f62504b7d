"""Check Redis's settings: a row for each requirement. A weaker setting could lose events that ingest accepted."""

import contextlib
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

import redis
from msgspec import structs
from redis.exceptions import RedisError, ResponseError

from cli.check.findings import Finding
from cli.check.redis_use import findings_of_use
from cli.check.replication import findings_of_replication
from config.redis_address import RedisAddress
from config.settings import Settings
from operations.format import size
from store.client import connect
from store.diagnosis.probe import ask_further
from store.diagnosis.trouble import diagnose
from store.errors import RedisAway

OLDEST: Final = (6, 2)
UNKNOWN: Final = "cannot be read: the server does not permit CONFIG GET, as is usual for managed servers"
BY_HAND: Final = "Look in the provider's console, or ask the provider: {0} must be {1}. Otherwise: {2}."

ONE_SHARD: Final = "1, with one shard"
"""The value of `cluster_enabled` where one primary has every slot."""

ServerFacts = Mapping[str, str]
"""INFO and CONFIG GET together, all values as text; what could not be read is absent."""


class Requirement(NamedTuple):
    """One requirement: the fact to read, the wanted value in words, the test of the value, and what to do if it fails.

    The operator looks for `wanted` where relay may not read the fact. `describe` gives the value in words.
    """

    check: str
    fact: str
    wanted: str
    is_met: Callable[[str], bool]
    remedy: str
    describe: Callable[[str], str] = str


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
        "redis role", "role", "master", _is("master"), "a replica accepts no writes: set RELAY_REDIS_URL to the primary"
    ),
    Requirement(
        "redis cluster",
        "cluster_enabled",
        "0, or a cluster of one shard",
        _is("0", ONE_SHARD),
        "relay's scripts use keys of several slots: run one primary, or a cluster of one shard",
        lambda value: {"0": "off", "1": "on, with several shards", ONE_SHARD: "on, with one shard"}.get(value, value),
    ),
    Requirement(
        "appendonly",
        "appendonly",
        "yes",
        _is("yes"),
        _set("appendonly", "yes", "a restart would lose all waiting events"),
    ),
    Requirement(
        "appendfsync",
        "appendfsync",
        "always",
        _is("always"),
        _set("appendfsync", "always", "a crash would lose batches that ingest has accepted"),
    ),
    Requirement(
        "last write to disk",
        "aof_last_write_status",
        "ok",
        _is("ok"),
        "the append-only file cannot be written: read the server's log, and check the space on its disk",
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
            "a long outage would fill the machine's memory; relay refuses new batches (429) at this limit",
        ),
        lambda value: size(int(value)) if int(value) else "no limit",
    ),
)
FROM_CONFIG: Final = ("appendonly", "appendfsync", "maxmemory", "maxmemory-policy")
# Managed servers that forbid CONFIG show these in INFO.
SAME_IN_INFO: Final[Mapping[str, tuple[str, Callable[[str], str]]]] = {
    "appendonly": ("aof_enabled", lambda text: "yes" if text == "1" else "no"),
    "maxmemory": ("maxmemory", str),
    "maxmemory-policy": ("maxmemory_policy", str),
}


def findings_of_redis(url: str, settings: Settings) -> list[Finding]:
    """Return whether the server at `url` answers, and a finding for each requirement. Takes at most 5 s."""
    try:
        address = RedisAddress.parse(url)
    except ValueError as error:
        return [Finding("redis", "wrong", f"RELAY_REDIS_URL {error}")]
    with connect(url) as client:
        try:
            client.ping()
            facts = _facts(client)
            used = findings_of_use(client, address, url)
            replication = findings_of_replication(client, address, settings)
        except (RedisError, OSError) as error:
            trouble = ask_further(diagnose(error), client)
            return [Finding("redis", "wrong", f"{address}: {trouble.problem}", trouble.what_to_do)]
        except RedisAway as away:
            return [Finding("redis", "wrong", f"{address}: {away.trouble.problem}", away.trouble.what_to_do)]
    requirements = [finding_of(row, facts) for row in REQUIREMENTS]
    if settings.replicas or settings.durability == "provider":
        requirements = [_judged_elsewhere(finding) for finding in requirements]
    return [Finding("redis", "ok", f"{address} answers"), *used, *replication, *requirements]


def _judged_elsewhere(finding: Finding) -> Finding:
    """Return a finding on disks as a warning: the row "a 202 means" decides whether that is enough."""
    if finding.status == "wrong" and finding.check in ("appendonly", "appendfsync"):
        return structs.replace(finding, status="warning")
    return finding


def finding_of(row: Requirement, facts: ServerFacts) -> Finding:
    """Compare a requirement with the facts; a warning asks the operator to look where relay cannot."""
    value = facts.get(row.fact)
    if value is None:
        return Finding(row.check, "warning", UNKNOWN, BY_HAND.format(row.fact, row.wanted, _why(row)))
    if row.is_met(value):
        return Finding(row.check, "ok", row.describe(value))
    return Finding(row.check, "wrong", row.describe(value), row.remedy)


def _why(row: Requirement) -> str:
    """Return the remedy without commands, which this server does not permit."""
    return row.remedy.partition(": CONFIG SET")[0]


def _facts(client: redis.Redis) -> dict[str, str]:
    facts: dict[str, str] = {}
    with contextlib.suppress(ResponseError):  # not permitted
        facts = {name: str(value) for name, value in client.info().items()}
    if facts.get("cluster_enabled") == "1":
        with contextlib.suppress(ResponseError):
            if client.cluster("INFO").get("cluster_size") == "1":
                facts["cluster_enabled"] = ONE_SHARD
    from_info = {name: convert(facts[fact]) for name, (fact, convert) in SAME_IN_INFO.items() if fact in facts}
    with contextlib.suppress(ResponseError):
        for name in FROM_CONFIG:  # one at a time: 6.2 accepts no list
            from_info |= {str(key): str(value) for key, value in client.config_get(name).items()}
    return {**facts, **from_info}
