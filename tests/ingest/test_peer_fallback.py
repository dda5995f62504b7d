"""I1, `peer_ip_fallback`: the address of the sender is stored with a batch, if a connection uses it."""

from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path

import pytest
from support.events import batch, purchase
from support.site import APP, WEB, Site, running_site

from ingest.packing import pack
from ingest.sorting import SortedRequest, Wanted
from lanes.chunk import Batch, ChunkCodec, Entry

CONFIGURATION = """
inputs:
  - {id: web, platform: web, api_key: web-key, api_secret: web-secret}
  - {id: app, platform: ios, api_key: app-key, api_secret: "s:ecret"}
  - {id: feed, platform: feed, api_key: feed-key, api_secret: feed-secret}
connections:
  - id: shop
    inputs: [web, feed]
    access_token: token
    event_source_id: PIXEL1
    enable_web_migration: true
    event_source_type: web
    peer_ip_fallback: true
  - {id: game, inputs: [app], access_token: token, event_source_id: "7000000000000000001"}
"""
FEED = ("feed-key", "feed-secret")
USER, OTHER = "203.0.113.9", "198.51.100.4"


@pytest.fixture
def proxied(redis_url: str, tmp_path: Path) -> Iterator[Site]:
    """Run an ingest that trusts this test as a proxy."""
    with running_site(tmp_path, redis_url, CONFIGURATION, trusted_proxies=(ip_network("127.0.0.0/8"),)) as site:
        yield site


def post(site: Site, number: int, auth: tuple[str, str], user: str = USER) -> None:
    answer = site.post(batch(purchase(number)), auth=auth, headers={"X-Forwarded-For": user})
    assert answer.status_code == 202


def test_the_sender_is_kept_with_the_batch(proxied: Site) -> None:
    """Batches of different senders are in different chunks."""
    post(proxied, 1, WEB)
    post(proxied, 2, WEB, OTHER)
    assert sorted(chunk.peer_ip for chunk in proxied.chunks("shop")) == [OTHER, USER]


def test_a_feed_has_no_sender(proxied: Site) -> None:
    """A server posts feeds, so its address is no user's, whatever the connection says."""
    post(proxied, 1, FEED)
    assert [chunk.peer_ip for chunk in proxied.chunks("shop")] == [""]


def test_without_the_setting_no_sender_is_stored(proxied: Site) -> None:
    """An address that no connection uses is not stored."""
    post(proxied, 1, APP)
    assert [chunk.peer_ip for chunk in proxied.chunks("game")] == [""]


def test_a_header_without_a_trusted_proxy_is_ignored(redis_url: str, tmp_path: Path) -> None:
    """Without a trusted proxy the peer itself is the sender."""
    with running_site(tmp_path, redis_url, CONFIGURATION) as site:
        post(site, 1, WEB)
        assert [chunk.peer_ip for chunk in site.chunks("shop")] == ["127.0.0.1"]


def test_every_chunk_of_a_request_has_its_sender() -> None:
    """Also where the events of one request fill several."""
    codec = ChunkCodec()
    request = SortedRequest(
        "web", 1, {"shop": Wanted([Batch(b"{}", [Entry(n, None, b"{}") for n in range(1200)])])}, 1200
    )
    request.peer_ip = USER
    chunks = [share.chunk for arrival in pack([request], codec) for share in arrival.shares.values()]
    assert [codec.decode(chunk).peer_ip for chunk in chunks if chunk] == [USER] * len(chunks)
    assert len(chunks) > 1
