"""Connections that are kept between commands: one for each command under way, opened again once they are closed."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from redis.exceptions import ResponseError
from redis.exceptions import TimeoutError as LateReply

from store.client import connect_async
from store.idle_connections import IdleConnections, packed

ID = packed("CLIENT", "ID")


def run_on_loop(url: str, ask: Callable[[IdleConnections], Awaitable[Any]]) -> Any:
    """Return what `ask` returns, on an event loop of its own."""

    async def run() -> Any:
        client = connect_async(url)
        try:
            return await ask(IdleConnections(client))
        finally:
            await client.aclose()

    return asyncio.run(run())


@given(st.lists(st.binary() | st.text(st.characters(codec="utf-8")) | st.integers(), min_size=1))
def test_a_command_is_packed_as_the_client_packs_it(words: list[bytes | str | int]) -> None:
    """Whatever its words are."""
    pool: Any = connect_async("redis://127.0.0.1:1/0").connection_pool
    connection = pool.make_connection()
    assert packed("EVALSHA", *words) == b"".join(connection.pack_command("EVALSHA", *words))


def test_commands_one_after_another_use_one_connection(redis_url: str) -> None:
    """Also after one that Redis refused."""

    async def ask(connections: IdleConnections) -> set[int]:
        ids = {await connections.ask(ID)}
        with pytest.raises(ResponseError):
            await connections.ask(packed("EVAL", "redis.call('SET', 'a', 1) return redis.call('LPOP', 'a')", 0))
        return ids | {await connections.ask(ID)}

    assert len(run_on_loop(redis_url, ask)) == 1


def test_commands_at_once_have_a_connection_each(redis_url: str) -> None:
    """No reply is another command's."""

    async def ask(connections: IdleConnections) -> Any:
        return await asyncio.gather(*(connections.ask(packed("ECHO", number)) for number in range(20)))

    assert run_on_loop(redis_url, ask) == [b"%d" % number for number in range(20)]


def test_a_connection_that_the_server_closed_is_opened_again(redis_url: str) -> None:
    """The next command does not fail."""

    async def ask(connections: IdleConnections) -> tuple[int, int]:
        first = await connections.ask(ID)
        async with connect_async(redis_url) as other:
            await other.client_kill_filter(_id=first)
        assert await connections._idle[0]._reader.read() == b""  # the end has arrived
        return first, await connections.ask(ID)

    first, second = run_on_loop(redis_url, ask)
    assert first != second


def test_a_late_reply_is_never_read_as_another_commands(redis_url: str) -> None:
    """Its connection is closed."""

    async def ask(connections: IdleConnections) -> Any:
        with pytest.raises(LateReply):
            await connections.ask(packed("BLPOP", "empty", 0))
        return await connections.ask(packed("ECHO", "second"))

    assert run_on_loop(redis_url, ask) == b"second"
