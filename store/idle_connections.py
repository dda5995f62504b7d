"""Connections of an event loop that are kept between commands: taking one from a pool costs more than its use."""

import asyncio
from typing import Any

import redis.asyncio
from redis.exceptions import TimeoutError as LateReply

from store.client import SOCKET_TIMEOUT_S


class IdleConnections:
    """Connections from the pool of a client, one for each command that is under way; the client closes them.

    One command after another goes down the same connection, so what `SCRIPT LOAD` loads is where `EVALSHA` looks.
    """

    def __init__(self, client: redis.asyncio.Redis) -> None:
        self._pool: Any = client.connection_pool
        self._idle: list[Any] = []

    async def ask(self, command: bytes) -> Any:
        """Send a packed command and return its reply. Raise what a client raises."""
        connection = self._idle.pop() if self._idle else None
        try:
            async with asyncio.timeout(SOCKET_TIMEOUT_S):
                if connection is None:
                    connection = await self._pool.get_connection()
                    connection.socket_timeout = None  # redis-py would send in a task of its own
                elif not connection.is_connected or await connection.can_read():
                    await self._pool.ensure_connection(connection)
                await connection.send_packed_command(command, check_health=False)
                return await connection.read_response()  # closes the connection if it fails
        except TimeoutError:
            raise LateReply("Timeout reading from Redis") from None
        finally:
            if connection is not None:
                self._idle.append(connection)


def packed(*words: bytes | str | int) -> bytes:
    """Return a command as Redis's protocol has it."""
    parts = [b"*%d\r\n" % len(words)]
    for word in words:
        content = word if isinstance(word, bytes) else str(word).encode()
        parts += (b"$%d\r\n" % len(content), content, b"\r\n")
    return b"".join(parts)
