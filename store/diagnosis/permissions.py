"""Find the permissions that relay's user lacks in Redis, by trying each command, key and channel."""

import secrets
from contextlib import suppress
from typing import Any, Final, NamedTuple

import redis
from redis.exceptions import NoPermissionError, ResponseError

KEYS: Final = (
    *("lane:", "lanes:", "connection:", "ledger:", "days:", "dead_letters:", "measures:", "counts:", "appends:"),
    *("receipts:", "match_keys:", "hours:", "sources:", "archive:"),
    *("alerts:", "profiles:", "once:", "audit:", "console:"),
    "live:",
    *("relay", "_kombu.binding.", "unacked"),
)
"""The beginnings of keys: relay's own, then those that Celery uses."""
_KEY: Final = "once:permissions:"
# Each with arguments that change nothing for long, on a key that no other process uses.
COMMANDS: Final = (
    *("PING", "INFO", "TIME", "SCAN 0 COUNT 1", "WATCH {key}", "UNWATCH", "EVAL return(1) 0"),
    *("EVALSHA {sha} 0", "SCRIPT|LOAD return(1)", "PUBLISH {key} x"),
    *(
        "EXISTS {key}",
        "GET {key}",
        "GETRANGE {key} 0 1",
        "MGET {key}",
        "SET {key} x PX 1000",
        "DEL {key}",
        "EXPIRE {key} 1",
        "PEXPIRE {key} 9",
        "PERSIST {key}",
    ),
    *(
        "HGET {key} f",
        "HMGET {key} f",
        "HGETALL {key}",
        "HKEYS {key}",
        "HLEN {key}",
        "HSTRLEN {key} f",
        "HEXISTS {key} f",
        "HSCAN {key} 0",
    ),
    *("HSET {key} f 1", "HSETNX {key} f 1", "HINCRBY {key} f 1", "HDEL {key} f"),
    *("LPUSH {key} x", "RPUSH {key} x", "LLEN {key}", "LINDEX {key} 0", "LRANGE {key} 0 1", "LSET {key} 0 y"),
    *("LREM {key} 0 y", "LTRIM {key} 1 0", "LPOP {key}", "RPOP {key}", "BRPOP {key} 0.01"),
    *("SADD {key} x", "SMEMBERS {key}", "SREM {key} x"),
    *("ZADD {key} 1 x", "ZSCORE {key} x", "ZCARD {key}", "ZCOUNT {key} 0 1", "ZRANGEBYSCORE {key} 0 1"),
    *("ZREVRANGEBYSCORE {key} 1 0", "ZRANGE {key} 0 1", "ZSCAN {key} 0", "ZREM {key} x"),
    *("MULTI", "EXEC", "DISCARD", "SUBSCRIBE {key}", "PSUBSCRIBE *", "UNSUBSCRIBE {key}", "PUNSUBSCRIBE *"),
)
_STATEFUL: Final = ("MULTI", "EXEC", "DISCARD", "WATCH", "SUBSCRIBE", "PSUBSCRIBE", "UNSUBSCRIBE", "PUNSUBSCRIBE")
_NO_SHA: Final = "0" * 40


class MissingPermissions(NamedTuple):
    """Permissions that the user lacks: commands by name, beginnings of keys, and whether it lacks channels."""

    commands: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    channels: bool = False


NOTHING_MISSING: Final = MissingPermissions()


def missing_permissions(client: redis.Redis) -> MissingPermissions:
    """Try everything that relay and Celery use. Raise RedisError where the server does not answer."""
    key = f"{_KEY}{secrets.token_hex(8)}"
    commands: list[str] = []
    channels = False
    for row in COMMANDS:
        name, *arguments = row.replace("{key}", key).replace("{sha}", _NO_SHA).split(" ")
        what = _denied(client, name, arguments)
        if what == "command":
            commands.append(name.lower())
        channels = channels or what == "channel"
    with suppress(ResponseError):
        client.delete(key)
    keys = tuple(start for start in KEYS if _denied(client, "PEXPIRE", [f"{start}{key}", "1"]) == "key")
    return MissingPermissions(tuple(commands), keys, channels)


def acl_line(client: redis.Redis, missing: MissingPermissions) -> str:
    """Return the command that adds the missing permissions, for the administrator of the server."""
    try:
        user = str(client.acl_whoami())
    except ResponseError:
        user = str(client.connection_pool.connection_kwargs.get("username") or "default")
    words = [*(f"+{name}" for name in missing.commands), *(f"~{start}*" for start in missing.keys)]
    return " ".join(["ACL SETUSER", user, *words, *(["&*"] if missing.channels else [])])


def _denied(client: redis.Redis, name: str, arguments: list[str]) -> str | None:
    """Return what is not permitted: the command, the key or the channel; None when the server would execute it."""
    words = [*name.split("|"), *arguments]
    try:
        if name in _STATEFUL:
            _on_own_connection(client, words)
        else:
            client.execute_command(*words)  # type: ignore[no-untyped-call]
    except NoPermissionError as error:
        return _what(error)
    except ResponseError:
        return None  # permitted: the key only has another type
    return None


def _on_own_connection(client: redis.Redis, words: list[str]) -> None:
    """Send a command that changes the state of its connection on one that is closed afterwards."""
    pool = client.connection_pool
    connection: Any = pool.get_connection()
    try:
        connection.send_command(*words)
        connection.read_response()
    finally:
        connection.disconnect()
        pool.release(connection)


def _what(error: NoPermissionError) -> str:
    text = str(error)
    if "access" not in text:
        return "command"
    return "channel" if "channel" in text else "key"
