"""The live page's stream: server-sent events of what ends, within bounds, as long as the session lasts."""

from collections.abc import Iterator

import httpx
import pytest
from support.bench import Bench
from support.console_client import ConsoleClient, visible_text
from support.events import purchase

from console.pages.live import MOST_STREAMS
from operations.live.feed import LiveFeed

BAD_URL = {"TikTok.URL": "www.no-scheme.example"}


def lines_until(lines: Iterator[str], kind: str) -> str:
    """Return the data of the next server-sent event of this kind, as one text."""
    for line in lines:
        if line == f"event: {kind}":
            break
    data = []
    for line in lines:
        if not line:
            return " ".join(data)
        data.append(line.removeprefix("data: "))
    raise AssertionError(f"the stream ended before {kind}")


def deliver(bench: Bench) -> None:
    """Deliver a good and a bad event while someone watches."""
    bench.runtime.live = LiveFeed(bench.url)
    bench.runtime.live.step()
    bench.put([purchase(1), purchase(2, custom_flags=BAD_URL)])
    bench.drain()
    bench.runtime.live.step()


def begun(answer: httpx.Response) -> Iterator[str]:
    """Return the lines of a stream that watches already."""
    lines = answer.iter_lines()
    for line in lines:
        if line.startswith(":"):
            return lines
    raise AssertionError("the stream ended")


def test_what_ends_is_shown_masked_with_tiktoks_answer(bench: Bench, operator: ConsoleClient) -> None:
    """Only what the query wants, as a part of a page, under the console's headers."""
    with operator.http.stream("GET", "/console/live/stream?outcome=delivered") as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.headers["cache-control"] == "no-store"
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        lines = begun(answer)
        deliver(bench)
        row = lines_until(lines, "ended")
    [received] = bench.sandbox.events()
    assert received["request_id"] in row
    assert "e1" in row
    assert "user@example.com" not in row


def test_the_stream_ends_with_the_session(operator: ConsoleClient) -> None:
    """With a sentence."""
    with operator.http.stream("GET", "/console/live/stream") as answer:
        lines = begun(answer)
        other = ConsoleClient(operator.url)
        other.http.cookies = operator.http.cookies
        other.csrf = operator.csrf
        assert other.post("/console/logout").status_code == 303
        assert "Sign in again" in lines_until(lines, "end")
        other.close()


def test_without_a_session_there_is_no_stream(anonymous: ConsoleClient) -> None:
    """The browser is led to the login page."""
    assert anonymous.get("/console/live/stream").status_code == 303


def test_only_so_many_streams_are_open(operator: ConsoleClient, bench: Bench) -> None:
    """A further one ends at once, and says what to do."""
    streams = [operator.http.stream("GET", "/console/live/stream") for _ in range(MOST_STREAMS)]
    lines = [begun(stream.__enter__()) for stream in streams]
    with operator.http.stream("GET", "/console/live/stream") as answer:
        assert "Close one" in lines_until(answer.iter_lines(), "end")
    assert bench.redis.hlen("live:watches") == MOST_STREAMS
    for stream, _ in zip(streams, lines, strict=True):
        stream.__exit__(None, None, None)


@pytest.mark.parametrize("name", ["connection", "event", "outcome"])
def test_the_page_keeps_what_was_chosen(operator: ConsoleClient, name: str) -> None:
    """Its stream has the same query."""
    page = operator.get(f"/console/live?{name}=shop")
    assert f'data-stream="/console/live/stream?{name}=shop"' in page.text
    assert "relay tail" in visible_text(page)
