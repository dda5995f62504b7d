"""Connections of an event loop that are kept between commands: taking one from a pool costs more than its use."""

import asyncio
from math import inf
from typing import Any, Final

import redis.asyncio
from redis.exceptions import ResponseError
from redis.exceptions import TimeoutError as LateReply

from store.client import SOCKET_TIMEOUT_S

UNUSED_FOR_S: Final = 30.0
"""A connection that was not used for this long is opened again: what lies between may have forgotten it silently."""
NEVER: Final = -inf


class IdleConnections:
    """Connections from the pool of a client, one for each command that is under way; the client closes them.

    One command after another goes down the same connection, so what `SCRIPT LOAD` loads is where `EVALSHA` looks.
    """

    def __init__(self, client: redis.asyncio.Redis) -> None:
        self._pool: Any = client.connection_pool
        self._idle: list[tuple[Any, float]] = []

    async def ask(self, command: bytes) -> Any:
        """Send a packed command and return its reply. Raise what a client raises."""
        (reply,) = await self.ask_together(command)
        if isinstance(reply, ResponseError):
            raise reply
        return reply

    async def ask_together(self, *commands: bytes) -> list[Any]:
        """Send packed commands down one connection and return their replies; one that Redis refused has its error."""
        now = asyncio.get_running_loop().time
        connection, used_at = self._idle.pop() if self._idle else (None, NEVER)
        try:
            async with asyncio.timeout(SOCKET_TIMEOUT_S) as limit:
                if connection is None:
                    connection = await self._pool.get_connection()
                    connection.socket_timeout = None  # redis-py would send in a task of its own
                elif not await _is_usable(connection, now() - used_at):
                    await connection.disconnect(nowait=True)
                    await self._pool.ensure_connection(connection)
                await connection.send_packed_command(commands, check_health=False)
                replies = [await _reply(connection)]
                for _ in commands[1:]:
                    limit.reschedule(now() + SOCKET_TIMEOUT_S)  # each reply has its time, as in a client's pipeline
                    replies.append(await _reply(connection))
                return replies
        except TimeoutError:
            raise LateReply("Timeout reading from Redis") from None
        finally:
            if connection is not None:
                self._idle.append((connection, now()))

    def reopen(self) -> None:
        """Open each connection again before its next use; a client of Sentinels then learns where the primary is."""
        self._idle = [(connection, NEVER) for connection, _ in self._idle]


async def _reply(connection: Any) -> Any:
    """Return the next reply, or the error with which Redis refused a command. Anything else closes the connection."""
    try:
        return await connection.read_response()
    except ResponseError as refused:
        return refused


async def _is_usable(connection: Any, unused_s: float) -> bool:
    """Return whether to send a command there: the connection is open, was used lately, and shows no sign of its end."""
    if not connection.is_connected or unused_s >= UNUSED_FOR_S:
        return False
    was_reset = connection._reader.exception() is not None  # noqa: SLF001 - redis-py finds that out by a lost command
    return not (was_reset or await connection.can_read())


def packed(*words: bytes | str | int) -> bytes:
    """Return a command as Redis's protocol has it."""
    parts = [b"*%d\r\n" % len(words)]
    for word in words:
        content = word if isinstance(word, bytes) else str(word).encode()
        parts += (b"$%d\r\n" % len(content), content, b"\r\n")
    return b"".join(parts)
