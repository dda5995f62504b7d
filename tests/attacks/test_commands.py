"""Operators' commands beside senders, over large dead letters and a large backlog: none delays a sender, or grows."""

import base64
import os
import random
import statistics
import subprocess
import threading
import time
from collections.abc import Sequence
from typing import Any, NamedTuple, Self

import httpx
import pytest
from support.attack import SHORT, Attack, Start
from support.events import batch, purchase
from support.product import RELAY
from support.sender import answers_in, summary

SECONDS = 8 if SHORT else 20
LARGE = 40 if SHORT else 150
"""Events of 700 KB that become dead letters, and as many that wait."""
COMMAND_BYTES = 200 << 20
REDIS_BYTES = 16 << 20
"""How much more Redis may hold while commands read: a portion for each of them, and the honest sender's events."""
BAD_URL = {"TikTok.URL": "www.shop.example/x"}
CONNECTIONS = """
connections:
  - {id: refused, inputs: [web], access_token: "${TOKEN}", event_source_id: CUSG5HBC77UD11VVRQEG}
  - {id: waits, inputs: [web], access_token: "${TOKEN}", event_source_id: CWAITS00000000000000}
"""
COMMANDS = {
    "status": ["status"],
    "dead-letters list": ["dead-letters", "list"],
    "dead-letters count": ["dead-letters", "count"],
    "dead-letters export": ["dead-letters", "export", "--all", "--reveal"],
    "forget": ["forget", "--identity", "email=no.customer@shop.example"],
}

IN_SHORT = ("dead-letters export",)


class Run(NamedTuple):
    """One run of a command."""

    code: int
    seconds: float
    bytes: int


@pytest.mark.parametrize(
    "command", [pytest.param(name, marks=[] if name in IN_SHORT else [pytest.mark.long]) for name in COMMANDS]
)
def test_commands_neither_delay_senders_nor_grow(attacked: Start, command: str) -> None:
    """Two operators repeat the command without pause: the median answer takes at most 50 ms longer."""
    with attacked(connections=CONNECTIONS, maxmemory="1gb") as relay:
        relay.relay("connections", "pause", "waits").check_returncode()
        send_large_events(relay)
        relay.wait_for(lambda: dead_letters(relay) == LARGE, "the dead letters", 300)
        alone, before = answers_in(relay, SECONDS / 2), used_memory(relay)
        with Operators(relay, COMMANDS[command]) as operators:
            beside = answers_in(relay, SECONDS)
        runs = operators.runs
        relay.figure("runs", len(runs))
        relay.figure("slowest run, s", round(max(run.seconds for run in runs), 1))
        relay.figure("command, MiB RSS", max(run.bytes for run in runs) >> 20)
        relay.figure("redis, MiB more", (operators.redis_bytes - before) >> 20)
        relay.figure("answers alone, ms", summary(alone))
        relay.figure("answers beside, ms", summary(beside))
        assert {run.code for run in runs} == {0}
        assert statistics.median(beside) < statistics.median(alone) + 50
        assert max(run.bytes for run in runs) <= COMMAND_BYTES
        assert operators.redis_bytes - before <= REDIS_BYTES


class Operators:
    """Two operators who repeat a command until the end of `with`, each at least once, and the most Redis held."""

    def __init__(self, relay: Attack, arguments: Sequence[str]) -> None:
        self._relay, self._arguments = relay, arguments
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._repeat, daemon=True) for _ in range(2)]
        self._threads.append(threading.Thread(target=self._watch_redis, daemon=True))
        self.runs: list[Run] = []
        self.redis_bytes = 0

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join(300)

    def _repeat(self) -> None:
        while not (self._over.is_set() and self.runs):
            self.runs.append(self._run())

    def _run(self) -> Run:
        began = time.monotonic()
        environment = {**os.environ, **self._relay.environment}
        command = [str(RELAY), *self._arguments]
        process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        return Run(process.returncode, time.monotonic() - began, usage.ru_maxrss << 10)

    def _watch_redis(self) -> None:
        while not self._over.wait(0.02):
            self.redis_bytes = max(self.redis_bytes, used_memory(self._relay))


def send_large_events(relay: Attack) -> None:
    """Events that cannot be mapped, of text that cannot be compressed; both connections want each."""
    chance = random.Random(1)
    with httpx.Client(auth=("key", "secret"), trust_env=False, timeout=60) as http:
        for number in range(LARGE):
            event: dict[str, Any] = purchase(number, custom_flags=BAD_URL)
            event["data"]["custom_attributes"] = {"text": base64.b64encode(chance.randbytes(520_000)).decode()}
            http.post(f"{relay.url}/v2/events", json=batch(event, user=number)).raise_for_status()


def dead_letters(relay: Attack) -> int:
    with relay.client() as client:
        return int(client.hlen("dead_letters:refused"))


def used_memory(relay: Attack) -> int:
    with relay.client() as client:
        return int(client.info("memory")["used_memory"])
