"""`relay demo`: run a complete relay with a stand-in for TikTok, post batches, and show how every event ended."""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import click
import httpx
from rich.console import Console
from rich.text import Text

from cli.demo.environment import WEB_SOURCE, DemoEnvironment, make_environment
from cli.demo.outcome import Outcome, events_posted
from cli.demo.posts import Post, demo_posts
from cli.demo.report import report, write
from cli.local.local_stack import running
from cli.send import post as send_post
from cli.terminal.output import GOOD, MUTED, console
from lanes.dead_letters import iterate_dead_letters
from lanes.ledger import Reading, read_ledger
from operations.dead_letters.store import decoded, with_tiktok_message
from operations.errors import OperatorError
from operations.format import plural
from sandbox.client import SandboxClient
from store.client import connect
from store.errors import RedisAway

READY_WITHIN_S: Final = 90.0
END_WITHIN_S: Final = 60.0
POLL_S: Final = 0.05
LAST_LINES: Final = 30

REFUSED_ID: Final = "order-2042"
REFUSED_EVENTS: Final = (("shop-web", "CompletePayment", REFUSED_ID),)
"""Events that the stand-in refuses on demand, as (connection, TikTok event, event id)."""


class Stopped(Exception):
    """A signal asked to stop."""


def demo(*, keep: bool, save: Path | None) -> None:
    """Run a complete relay on this machine, post sample batches, and show how every event ended."""
    out = console(record=save is not None)
    with TemporaryDirectory(prefix="relay-demo-") as directory:
        try:
            asyncio.run(DemoRun(make_environment(Path(directory)), out).run(keep=keep))
        except Stopped:
            raise click.Abort from None
    if save is not None:
        write(out, save)


class DemoRun:
    """One run of the demo: start everything, post, wait, show, stop."""

    def __init__(self, environment: DemoEnvironment, out: Console) -> None:
        self._environment, self._out = environment, out
        self._lines: deque[str] = deque(maxlen=LAST_LINES)
        self._sandbox = SandboxClient(environment.sandbox_url)
        self._stop_request = asyncio.Event()

    async def run(self, *, keep: bool) -> Outcome:
        """Return what became of every event. Raise Stopped, and OperatorError when a step takes too long."""
        began = time.monotonic()
        demo = self._environment
        async with running(demo.programs, demo.environ, demo.data, self._keep_line) as self._stop_request:
            with closing(self._sandbox):
                outcome = await asyncio.to_thread(self._journey, began)
            if keep:
                self._print_addresses()
                await self._stop_request.wait()
        return outcome

    def _journey(self, began: float) -> Outcome:
        """Do everything between start and stop, in order."""
        self._wait(self._is_ready, READY_WITHIN_S, "the processes did not start")
        self._done(f"Redis, ingest, a worker and a stand-in for TikTok are running{self._since(began)}")
        self._sandbox.fault("refuse_event", event_id=REFUSED_ID, event_source_id=WEB_SOURCE)
        posts = demo_posts(time.time_ns() // 1_000_000)
        self._post(posts)
        began = time.monotonic()
        self._wait(lambda: self._all_ended(posts), END_WITHIN_S, "events did not end")
        self._done(f"everything delivered or dead-lettered{self._since(began)}")
        outcome = self._outcome()
        self._out.print(report(outcome, self._environment.configuration))
        return outcome

    def _is_ready(self) -> bool:
        try:
            ready = httpx.get(f"{self._environment.ingest_url}/health/ready", trust_env=False, timeout=2.0)
            self._sandbox.summary()
        except httpx.HTTPError:
            return False
        return ready.is_success

    def _post(self, posts: list[Post]) -> None:
        for post in posts:
            answer = send_post(
                post.file, self._environment.configuration.inputs[post.input], self._environment.ingest_url
            )
            if answer.status_code != httpx.codes.ACCEPTED:
                raise OperatorError(f"ingest answered {answer.status_code} to {post.file.name}: {answer.text[:500]}")
        batches = sum(len(post.file.batches) for post in posts)
        events = events_posted(posts).total()
        self._done(
            f"{plural(len(posts), 'request')} with {batches} batches and {events} events posted, each answered 202"
        )

    def _all_ended(self, posts: list[Post]) -> bool:
        try:
            reading = self._read()
        except RedisAway:
            return False
        accepted = {each.id: each.counts.get("accepted", 0) for each in reading.inputs}
        return accepted == events_posted(posts) and not any(each.waiting for each in reading.connections)

    def _read(self) -> Reading:
        configuration = self._environment.configuration
        with connect(self._environment.redis_url) as client:
            return read_ledger(client, list(configuration.connections), list(configuration.inputs))

    def _outcome(self) -> Outcome:
        keyring = self._environment.keyring
        with connect(self._environment.redis_url) as client:
            dead_letters = [
                with_tiktok_message(decoded(stored, dead_letter_id), keyring)
                for connection in self._environment.configuration.connections
                for dead_letter_id, stored in iterate_dead_letters(client, connection)
            ]
        return Outcome(self._sandbox.events(), dead_letters, self._read())

    def _wait(self, condition: Callable[[], bool], seconds: float, failure: str) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            if self._stop_request.is_set():
                raise Stopped
            if time.monotonic() > deadline:
                raise OperatorError(
                    f"{failure} within {seconds:.0f} s. The last lines of the processes:\n" + "\n".join(self._lines)
                )
            time.sleep(POLL_S)

    def _keep_line(self, name: str, line: str) -> None:
        """Keep the last lines of the processes, to show them when a step fails."""
        self._lines.append(f"{name:<7} | {line}")

    def _done(self, text: str) -> None:
        self._out.print(Text.assemble(("✓ ", f"bold {GOOD}"), text))

    def _since(self, began: float) -> str:
        """Return the seconds it took; nothing in a picture, which must be the same at each run."""
        return "" if self._out.record else f" ({time.monotonic() - began:.1f} s)"

    def _print_addresses(self) -> None:
        demo = self._environment
        web = demo.configuration.inputs["web"]
        environment = f"RELAY_CONFIG={demo.environ['RELAY_CONFIG']} RELAY_DATA_DIR={demo.environ['RELAY_DATA_DIR']}"
        rows = (
            ("ingest", f"{demo.ingest_url}/v2/events and /v2/bulkevents"),
            ("received", f"{demo.sandbox_url}/_sandbox/events"),
            ("send", f"curl -i -u {web.api_key}:{web.api_secret} --json @batch.json {demo.ingest_url}/v2/events"),
            ("status", f"env {environment} relay status --watch"),
        )
        self._out.print(Text("\nEverything keeps running until Ctrl-C.", style="bold"))
        for name, what in rows:
            self._out.print(Text.assemble((f"{name:<12}", MUTED), what), soft_wrap=True)
