"""What each `relay consume` does with each source: its processes write it every few seconds, and anyone reads it."""

from collections import defaultdict
from typing import Final, Literal, cast

import msgspec
import redis
import redis.asyncio

from store.diagnosis.trouble import translate_errors

KEY: Final = "sources:states"
FRESH_MS: Final = 20_000
"""A process whose last report is older has ended, or is cut off."""
REMOVED_AFTER_MS: Final = 3_600_000

State = Literal["connecting", "taking", "waiting_for_redis", "unavailable"]


class SourceState(msgspec.Struct, omit_defaults=True):
    """One process and the source called `name`; `problem` and `what_to_do` are sentences where it takes nothing."""

    name: str
    process: str
    state: State = "connecting"
    problem: str = ""
    what_to_do: str = ""
    backlog: int | None = None
    at_ms: int = 0
    dead_lettered_in_a_row: int | None = None
    """The messages without a batch since the last one that had any; None before the first message."""


_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder(SourceState).decode


def _field(state: SourceState) -> str:
    return f"{state.name} {state.process}"


async def write_states(client: redis.asyncio.Redis, states: list[SourceState], gone: list[SourceState]) -> None:
    """Write these states with Redis's time, and remove `gone`. Raise RedisAway or RedisFull."""
    with translate_errors:
        seconds, micros = await client.time()
        for state in states:
            state.at_ms = seconds * 1000 + micros // 1000
        if states:
            await client.hset(KEY, mapping={_field(state): _encode(state) for state in states})
        if gone:
            await client.hdel(KEY, *map(_field, gone))


def read_states(client: redis.Redis) -> dict[str, list[SourceState]]:
    """Return the fresh states by source, in the order of processes; remove very old ones. Raise RedisAway."""
    with translate_errors:
        seconds, micros = client.time()
        stored = cast("dict[bytes, bytes]", client.hgetall(KEY))
        now_ms = seconds * 1000 + micros // 1000
        states = {field: _decode(value) for field, value in stored.items()}
        if old := [field for field, state in states.items() if abs(now_ms - state.at_ms) > REMOVED_AFTER_MS]:
            client.hdel(KEY, *old)
    found: dict[str, list[SourceState]] = defaultdict(list)
    for state in sorted(states.values(), key=lambda each: each.process):
        if abs(now_ms - state.at_ms) <= FRESH_MS:  # a clock may have been set back
            found[state.name].append(state)
    return dict(found)
