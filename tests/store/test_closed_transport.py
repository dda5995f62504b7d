"""A transport that the event loop has closed already: an append answers as for any connection that breaks."""

import asyncio
from typing import Any

import pytest
import uvloop

from lanes.appends.arrivals import Append, Arrival
from store.client import connect_async
from store.diagnosis.probe import AsyncProbe
from store.errors import RedisAway


class _ClosedInBetween:
    """The connections of a client lose their transport after they were found fit and before they are written to."""

    def __init__(self, client: Any) -> None:
        pool = client.connection_pool

        class Closing(pool.connection_class):  # type: ignore[misc]
            async def send_packed_command(self, *arguments: Any, **options: Any) -> None:
                if self.is_connected and self.closes:
                    self._writer.transport.abort()
                    await asyncio.sleep(0)
                    await asyncio.sleep(0)
                await super().send_packed_command(*arguments, **options)

            closes = False

        pool.connection_class = self.connections = Closing


async def _on_closed_transport(url: str, what: str) -> Any:
    client = connect_async(url)
    connections: Any = _ClosedInBetween(client).connections
    append, probe = Append(client), AsyncProbe(client)
    await append.append([Arrival("web", 1)])
    connections.closes = True
    try:
        return await (append.append([Arrival("web", 1)]) if what == "append" else probe.trouble())
    finally:
        connections.closes = False
        await client.aclose()


def test_an_append_on_a_closed_transport_is_redis_away(redis_url: str) -> None:
    """Before: uvloop's RuntimeError went through, and the request was answered 500."""
    with pytest.raises(RedisAway) as away:
        uvloop.run(_on_closed_transport(redis_url, "append"))
    assert away.value.trouble.code == "connection"


def test_a_probe_on_a_closed_transport_reports_trouble(redis_url: str) -> None:
    """Readiness is answered 503 then."""
    assert uvloop.run(_on_closed_transport(redis_url, "probe")).code == "connection"
