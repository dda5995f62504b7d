"""Large requests: limits of their size and time, and room for other requests beside them."""

import asyncio
import json
import random
import socket
from base64 import b64encode
from collections.abc import Awaitable, Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from support.events import as_json, batch, purchase
from support.site import CONFIGURATION, WEB, Site, refusal_of, running_site

from config.file import ConfigurationFile
from ingest.active_configuration import compile_configuration
from ingest.answers import TOO_LARGE, UNAVAILABLE, RequestRefused
from ingest.http.large_requests import THREADS, BodyBudget, SideThreads
from ingest.sorting import Limits, TooManyEventsInline, sort
from mapping.incoming.body import many_batches
from mapping.plan import Plan

MIB = 1 << 20
ZEROS = b"[" + b",".join([b'{"events":[' + b",".join([b"0"] * 100) + b"]}"] * 1000) + b"]"
LIMITS = Limits.of(4 * MIB, 500)


@pytest.fixture
def plans(tmp_path: Path) -> tuple[Plan, ...]:
    """Return the plans of the input web."""
    path = tmp_path / "relay.yaml"
    path.write_text(CONFIGURATION, encoding="utf-8")
    return compile_configuration(ConfigurationFile(path).current).plans["web"]


def refused(work: Callable[[], object]) -> RequestRefused:
    """Return the refusal."""
    with pytest.raises(RequestRefused) as caught:
        work()
    return caught.value


def test_a_thousand_batches_of_a_hundred_zeros_are_refused_before_any_is_sorted(plans: tuple[Plan, ...]) -> None:
    """No event has two bytes: a request may have as many as its limit has room for at 100 bytes each."""
    assert refused(lambda: sort("web", plans, many_batches(ZEROS), 1, LIMITS.in_thread())).kind == TOO_LARGE


def test_many_events_are_not_sorted_on_the_event_loop_however_few_bytes_they_have(plans: tuple[Plan, ...]) -> None:
    """In a thread they are."""
    few, many = (b'{"events":[' + b",".join([b"0"] * number) + b"]}" for number in (500, 501))
    assert sort("web", plans, [few], 1, LIMITS).accepted == 500
    with pytest.raises(TooManyEventsInline):
        sort("web", plans, [many], 1, LIMITS)
    assert sort("web", plans, [many], 1, LIMITS.in_thread()).accepted == 501


def test_a_request_too_large_when_stored_is_refused_before_it_is_packed(plans: tuple[Plan, ...]) -> None:
    """640 KB beside tiny events would stand in a chunk for every 500 of them: 126 MB."""
    number = 99_000
    body = b'{"user_attributes":{"x":"' + b"x" * 640_000 + b'"},"events":[' + b",".join([b"0"] * number) + b"]}"
    limits = LIMITS._replace(events=number)
    assert refused(lambda: sort("web", plans, [body], 1, limits.in_thread())).kind == TOO_LARGE
    alone = sort("web", plans, [body.replace(b"x" * 640_000, b"")], 1, limits.in_thread())
    assert alone.accepted == number


def test_batches_that_connections_share_count_once(plans: tuple[Plan, ...]) -> None:
    """Connections that choose the same events share the batch."""
    body = as_json(batch(*[purchase(n, padding="x" * 10_000) for n in range(50)]))
    request = sort("web", plans, [body], 1, LIMITS)
    sizes = [wanted.size for wanted in request.wanted.values() if wanted.batches]
    assert sizes == [request.size] * 3
    assert len(body) < request.size < len(body) + 10_000


@pytest.mark.parametrize("key", [None, "b4Bz9CvTpFeiLwBHqVWMUtBxSCv4FIMQDWWQtWEyBpc="], ids=["no key", "a key"])
def test_four_mib_for_sixteen_connections_are_taken(redis_url: str, tmp_path: Path, key: str | None) -> None:
    """Their chunks are sent to Redis once and stand in the lanes of each."""
    lines = "".join(
        f"  - {{id: c{n}, inputs: [web], access_token: t, event_source_id: PIXEL{n}, enable_web_migration: true}}\n"
        for n in range(16)
    )
    configuration = CONFIGURATION.partition("connections:")[0] + "connections:\n" + lines
    batches: list[bytes] = []
    while sum(map(len, batches)) < 4 * MIB - 100_000:
        batches.append(as_json(batch(*[purchase(len(batches) * 50 + n) for n in range(50)])))
    with running_site(tmp_path, redis_url, configuration, encryption_key=key) as site:
        body = b"[" + b",".join(batches) + b"]"
        assert len(body) > 3.8 * MIB
        assert site.post(body, "/v2/bulkevents").status_code == 202
        accepted = {site.counts(f"c{n}")["accepted"] for n in range(16)}
        assert accepted == {50 * len(batches)}


def test_what_is_too_large_for_one_write_is_413_and_not_503(redis_url: str, tmp_path: Path) -> None:
    """It would always be refused, so the answer must not ask to send it again."""
    noise = random.Random(1)
    events = [
        purchase(n, custom_attributes={"noise": "".join(chr(noise.randrange(0x4E00, 0x9FFF)) for _ in range(11_000))})
        for n in range(28)
    ]
    batches = [json.dumps(batch(event), ensure_ascii=False).encode() for event in events]
    with running_site(tmp_path, redis_url, max_request_bytes=16 * MIB) as site:
        answer = site.post(b"[" + b",".join(batches * 12) + b"]", "/v2/bulkevents")
        assert (answer.status_code, refusal_of(answer)) == (413, "REQUEST_TOO_LARGE")


def test_small_requests_are_answered_beside_large_ones_that_never_end(redis_url: str, tmp_path: Path) -> None:
    """Bodies that stop half-way use the budget; beyond it the oldest is refused."""
    with running_site(tmp_path, redis_url) as site:
        hold_half(site)


def hold_half(site: Site) -> None:
    """Twenty-four bodies without their last byte; then complete requests, small and large."""
    place = urlsplit(site.url)
    held = []
    token = b64encode(":".join(WEB).encode())
    head = b"POST /v2/events HTTP/1.1\r\nhost: relay\r\nauthorization: Basic " + token
    for _ in range(24):
        sender = socket.create_connection((place.hostname, place.port), timeout=30)
        sender.sendall(head + b"\r\ncontent-length: 4194304\r\n\r\n" + b" " * (4 * MIB - 1))
        held.append(sender)
        assert site.post(batch(purchase(1))).status_code == 202
    first = held[0].recv(1 << 16)
    assert first.startswith(b"HTTP/1.1 503"), first
    large = b"[" + b",".join([as_json(batch(purchase(1, padding="x" * 500_000)))] * 6) + b"]"
    assert site.post(large, "/v2/bulkevents").status_code == 202
    for sender in held:
        sender.close()


def run(story: Callable[[], Awaitable[None]]) -> None:
    """Run a test's coroutine."""
    asyncio.run(story())  # type: ignore[arg-type]


def test_one_input_leaves_room_for_another() -> None:
    """One input gets at most half of the bytes that may wait."""

    async def story() -> None:
        beside, go_on = SideThreads(100), asyncio.Event()
        loop = asyncio.get_running_loop()

        def wait() -> None:
            asyncio.run_coroutine_threadsafe(go_on.wait(), loop).result()

        async def outcome(input_id: str, size: int) -> object:
            try:
                return await beside.run(input_id, size, wait)
            except RequestRefused as refused:
                return refused.kind

        tasks = [asyncio.create_task(outcome("greedy", 25)) for _ in range(4)]
        await asyncio.sleep(0)
        other = asyncio.create_task(outcome("other", 40))
        await asyncio.sleep(0)
        go_on.set()
        assert await asyncio.gather(*tasks) == [None, None, UNAVAILABLE, UNAVAILABLE]
        assert await other is None
        assert await outcome("greedy", 1000) is None  # alone, anything goes

    run(story)


def test_work_without_a_free_thread_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Within the promised three seconds."""
    monkeypatch.setattr("ingest.http.large_requests.BEGIN_WITHIN_S", 0.05)

    async def story() -> None:
        beside, go_on = SideThreads(), asyncio.Event()
        loop = asyncio.get_running_loop()
        began = [
            asyncio.create_task(
                beside.run("web", 1, lambda: asyncio.run_coroutine_threadsafe(go_on.wait(), loop).result())
            )
            for _ in range(THREADS)
        ]
        await asyncio.sleep(0)
        with pytest.raises(RequestRefused) as caught:
            await beside.run("web", 1, lambda: None)
        assert caught.value.kind == UNAVAILABLE
        go_on.set()
        await asyncio.gather(*began)
        await beside.run("web", 1, lambda: None)

    run(story)


def test_the_oldest_body_is_refused_first() -> None:
    """Their bytes are free at once."""

    async def story() -> None:
        bodies = BodyBudget(100)

        async def read(*sizes: int) -> str:
            try:
                async with asyncio.timeout(60) as timeout:
                    bodies.begin(timeout)
                    for size in sizes:
                        bodies.add(timeout, size)
                        await asyncio.sleep(0)
                    await asyncio.Event().wait()
            except TimeoutError:
                return "gave way" if not bodies.end(timeout) else "too slow"
            except RequestRefused:
                return "refused"
            return "read"

        oldest, younger = asyncio.create_task(read(40)), asyncio.create_task(read(40))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        newest = asyncio.create_task(read(30))
        assert await oldest == "gave way"
        assert not younger.done()
        assert await asyncio.create_task(read(1, 100)) == "refused"
        assert await younger == "gave way"
        newest.cancel()

    run(story)
