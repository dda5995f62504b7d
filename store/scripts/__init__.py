"""The Lua scripts: each atomic, each on Redis's own clock; `common.lua` opens with the glossary of keys."""

from functools import cache
from importlib.resources import files
from typing import Any, Final

import msgspec
from redis.exceptions import RedisError

from store.errors import RedisAway, RedisFull
from store.trouble import diagnose

COMMON: Final = ("common", "checks", "dead_letters", "claims")
_NEEDED: Final = {"claim": 4, "settle": 4, "amend": 3, "amend_part": 3, "discard": 3, "replay": 3}
"""How many of the common parts a script needs; two where it is not named."""
_encoder = msgspec.msgpack.Encoder()


@cache
def script_text(name: str) -> str:
    """Return the text of a script, after the common parts that it needs: each run of it defines their functions."""
    folder = files(__package__)
    return "\n".join((folder / f"{part}.lua").read_text(encoding="utf-8") for part in (*parts_of(name), name))


def parts_of(name: str) -> tuple[str, ...]:
    """Return the common parts that a script needs."""
    return COMMON[: _NEEDED.get(name, 2)]


def pack(argument: Any) -> bytes:
    """A script's structured argument, as `cmsgpack.unpack` reads it; it knows no bytes, so those go beside it."""
    return _encoder.encode(argument)


def refusal(error: RedisError) -> RedisFull | RedisAway:
    """What an error of Redis means to whoever asked: memory is full, or Redis is not to be had now."""
    trouble = diagnose(error)
    return RedisFull(trouble.problem) if trouble.code == "oom" else RedisAway(trouble)
