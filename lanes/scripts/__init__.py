"""The Lua scripts: each atomic, each on Redis's own clock; `common.lua` opens with the glossary of keys."""

from functools import cache
from importlib.resources import files
from typing import Any, Final

import msgspec
from redis.exceptions import RedisError

from lanes.errors import RedisAway, RedisFull
from lanes.trouble import diagnose

COMMON: Final = ("common", "checks", "dead_letters", "claims")
_encoder = msgspec.msgpack.Encoder()


@cache
def script_text(name: str) -> str:
    """Return the text of a script, the common parts first."""
    folder = files(__package__)
    return "\n".join((folder / f"{part}.lua").read_text(encoding="utf-8") for part in (*COMMON, name))


def pack(argument: Any) -> bytes:
    """A script's structured argument, as `cmsgpack.unpack` reads it; it knows no bytes, so those go beside it."""
    return _encoder.encode(argument)


def refusal(error: RedisError) -> RedisFull | RedisAway:
    """What an error of Redis means to whoever asked: memory is full, or Redis is not to be had now."""
    trouble = diagnose(error)
    return RedisFull(trouble.problem) if trouble.code == "oom" else RedisAway(trouble)
