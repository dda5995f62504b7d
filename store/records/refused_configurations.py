"""The processes that refuse the changed configuration file: each writes its reason to Redis every few seconds."""

import os
import socket
from contextlib import suppress
from typing import Final, cast

import msgspec
import redis

from store.clocks import now_ms
from store.diagnosis.trouble import translate_errors
from store.errors import RedisAway, RedisFull

KEY: Final = "alerts:refused_configurations"
REPORT_EVERY_S: Final = 2.0
FRESH_MS: Final = 20_000
"""A process whose last report is older has ended, or is cut off."""


class RefusedConfiguration(msgspec.Struct):
    """One process such as `worker host:17`, and a sentence with file, line and problem."""

    process: str
    problem: str
    at_ms: int


_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder(RefusedConfiguration).decode


class RefusalReport:
    """Writes for one process why it refuses its file; a process that refuses none asks Redis nothing."""

    def __init__(self, kind: str, client: redis.Redis) -> None:
        """`kind`: the command of the process, such as `worker`."""
        self._process, self._client = f"{kind} {socket.gethostname()}:{os.getpid()}", client
        self._is_written = False

    def step(self, problem: str | None) -> None:
        """Write the problem with Redis's time, or remove it. While Redis cannot be used, do nothing."""
        with suppress(RedisAway, RedisFull):
            if problem is not None:
                report = RefusedConfiguration(self._process, problem, now_ms(self._client))
                with translate_errors:
                    self._client.hset(KEY, self._process, _encode(report))
                self._is_written = True
            elif self._is_written:
                with translate_errors:
                    self._client.hdel(KEY, self._process)
                self._is_written = False


def read_refusals(client: redis.Redis) -> list[RefusedConfiguration]:
    """Return the fresh reports in the order of processes; remove the others. Raise RedisAway."""
    now = now_ms(client)
    with translate_errors:
        stored = cast("dict[bytes, bytes]", client.hgetall(KEY))
        reports = {field: _decode(value) for field, value in stored.items()}
        if old := [field for field, report in reports.items() if now - report.at_ms > FRESH_MS]:
            client.hdel(KEY, *old)
    fresh = [report for field, report in reports.items() if field not in old]
    return sorted(fresh, key=lambda report: report.process)
