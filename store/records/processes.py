"""The processes of this Redis: each reports every few seconds that it runs, and a configuration that it refuses."""

import os
import socket
import time
from collections.abc import Iterable
from contextlib import suppress
from typing import Final, cast

import msgspec
import redis

from store.clocks import now_ms
from store.diagnosis.trouble import translate_errors
from store.errors import RedisAway, RedisFull

KEY: Final = "alerts:processes"
REPORT_EVERY_S: Final = 2.0
"""How often a process compares its report with the last one."""
REPEAT_EVERY_S: Final = 6.0
"""How often a process writes an unchanged report again."""
FRESH_MS: Final = 20_000
"""A process whose last report is older has ended, or is cut off."""
FAILED_START_MS: Final = 600_000
"""How long the report of a process that could not start stays."""


class ProcessReport(msgspec.Struct):
    """One process such as `worker host:17`. `problem` is a sentence with file, line and what is wrong.

    A process that refuses its file and has not `started` has ended; one that has runs with its former file.
    """

    process: str
    at_ms: int
    since_ms: int
    cell: str = ""
    tiktok_url: str = ""
    """RELAY_TIKTOK_URL, a scheme and a host."""
    problem: str | None = None
    started: bool = True

    @property
    def place(self) -> str:
        """The process without its id: `worker host`."""
        return self.process.rpartition(":")[0]


_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder(ProcessReport).decode


class Announcement:
    """The reports of one process, with its cell and its URL of TikTok; none is written while Redis is away."""

    def __init__(self, kind: str, client: redis.Redis, cell: str, tiktok_url: str) -> None:
        """`kind`: the command of the process, such as `worker`."""
        self._process, self._client = f"{kind} {socket.gethostname()}:{os.getpid()}", client
        self._cell, self._tiktok_url = cell, tiktok_url
        self._since_ms, self._repeat_at = 0, 0.0
        self._last_problem: str | None = None

    def step(self, problem: str | None) -> None:
        """Write the report with Redis's time, if it is new or REPEAT_EVERY_S old.

        `problem`: why the process refuses its file; None if it does not.
        """
        if problem == self._last_problem and time.monotonic() < self._repeat_at:
            return
        with suppress(RedisAway, RedisFull):
            now = now_ms(self._client)
            self._since_ms = self._since_ms or now
            self._write(self._process, self._report(now, problem))
            self._last_problem, self._repeat_at = problem, time.monotonic() + REPEAT_EVERY_S

    def end(self) -> None:
        """Remove the report: the process ends."""
        with suppress(RedisAway, RedisFull), translate_errors:
            self._client.hdel(KEY, self._process)

    def fail_start(self, problem: str) -> None:
        """Write that the process cannot start, in place of what its last attempt on this host wrote."""
        with suppress(RedisAway, RedisFull):
            now = now_ms(self._client)
            report = msgspec.structs.replace(self._report(now, problem), since_ms=now, started=False)
            self._write(report.place, report)

    def _report(self, now: int, problem: str | None) -> ProcessReport:
        return ProcessReport(self._process, now, self._since_ms, self._cell, self._tiktok_url, problem)

    def _write(self, field: str, report: ProcessReport) -> None:
        with translate_errors:
            self._client.hset(KEY, field, _encode(report))


def read_processes(client: redis.Redis) -> list[ProcessReport]:
    """Return the processes that run, and those that could not start; remove old reports. Raise RedisAway.

    A process that could not start is omitted once another one of its kind has started on its host.
    """
    now = now_ms(client)
    with translate_errors:
        stored = cast("dict[bytes, bytes]", client.hgetall(KEY))
        reports = {field: report for field, value in stored.items() if (report := _report_of(value)) is not None}
        old = [field for field, report in reports.items() if abs(now - report.at_ms) > _kept_ms(report)]
        if old:
            client.hdel(KEY, *old)
    fresh = [report for field, report in reports.items() if field not in old]
    return sorted((each for each in fresh if not _is_superseded(each, fresh)), key=lambda report: report.process)


def _report_of(stored: bytes) -> ProcessReport | None:
    """Return the report; None for one that another version of relay wrote."""
    try:
        return _decode(stored)
    except msgspec.MsgspecError:
        return None


def _kept_ms(report: ProcessReport) -> int:
    return FRESH_MS if report.started else FAILED_START_MS


def _is_superseded(report: ProcessReport, others: Iterable[ProcessReport]) -> bool:
    return not report.started and any(
        other.started and other.place == report.place and other.since_ms > report.at_ms for other in others
    )
