"""A request that arrives whole is answered without a task of its own, exactly as one that arrives in parts."""

import re
from inspect import signature
from types import SimpleNamespace
from typing import Any

import pytest
from support.raw_requests import ONE, REQUESTS, answers, request
from support.site import Site
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from ingest.coalescer import Coalescer
from ingest.door import Door
from ingest.http.request_cycle import RequestCycle
from store.errors import LATE, RedisAway, RedisFull


@pytest.mark.parametrize("name", REQUESTS)
def test_the_answer_is_that_to_a_request_in_parts(name: str, site: Site) -> None:
    """The parts are head and body, and an arbitrary cut of both."""
    sent, status = REQUESTS[name]
    whole = answers(site, sent)
    assert whole.startswith(b"HTTP/1.1 %d " % status)
    head, _, body = sent.partition(b"\r\n\r\n")
    assert answers(site, head + b"\r\n\r\n", body) == whole
    assert answers(site, sent[:20], sent[20 : len(head) + 30], sent[len(head) + 30 :]) == whole


def test_a_whole_request_needs_no_task(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """The usual path is not taken, and Redis has the event."""
    monkeypatch.setattr(Door, "__call__", _never)
    assert answers(site, request(ONE)).startswith(b"HTTP/1.1 202 ")
    [chunk] = site.chunks("shop")
    assert chunk.weight == 1


async def _never(*_: Any) -> None:
    raise AssertionError("no application runs for this request")


def test_pipelined_requests_are_answered_in_their_order(site: Site) -> None:
    """The second of them waits for the first, and both are accepted."""
    received = answers(site, request(ONE) + request(b"{") + request(ONE), count=3)
    assert re.findall(rb"HTTP/1.1 (\d+)", received) == [b"202", b"400", b"202"]
    assert sum(chunk.weight for chunk in site.chunks("shop")) == 2


@pytest.mark.parametrize(
    ("failure", "status"), [(RedisAway(LATE), b"503"), (RedisFull("Redis"), b"429"), (KeyError(), b"500")]
)
def test_a_failed_append_is_answered(
    failure: Exception, status: bytes, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the same status and body as for a request in parts."""

    async def fail(*_: object) -> None:
        raise failure

    monkeypatch.setattr(Coalescer, "_write", fail)
    whole = answers(site, request(ONE))
    assert whole.startswith(b"HTTP/1.1 " + status)
    head, _, body = request(ONE).partition(b"\r\n\r\n")
    assert answers(site, head + b"\r\n\r\n", body) == whole


def test_the_cycle_of_a_request_has_all_that_uvicorns_has() -> None:
    """It is built without uvicorn's own constructor, so a newer uvicorn must not set more."""
    connection: Any = SimpleNamespace(
        transport=None, flow=None, logger=None, access_logger=None, server_state=SimpleNamespace(default_headers=[])
    )
    ours = RequestCycle(connection, {}, b"")
    arguments: dict[str, Any] = dict.fromkeys(list(signature(RequestResponseCycle).parameters))
    assert [name for name in vars(RequestResponseCycle(**arguments)) if not hasattr(ours, name)] == []
