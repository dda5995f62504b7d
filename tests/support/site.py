"""A running ingest for tests: its URL, and what it has written to Redis."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import redis
from support.events import as_json

from config.settings import Settings
from ingest.server import serving
from lanes.chunk import Chunk, ChunkCodec
from lanes.names import LANES_PER_CONNECTION
from store.client import connect
from store.records.processes import KEY as PROCESSES

CONFIGURATION = """
inputs:
  - {id: web, platform: web, api_key: web-key, api_secret: web-secret}
  - {id: app, platform: ios, api_key: app-key, api_secret: "s:ecret"}
  - {id: lonely, platform: web, api_key: lonely-key, api_secret: lonely-secret}
connections:
  - {id: shop, inputs: [web], access_token: token, event_source_id: PIXEL1, enable_web_migration: true}
  - {id: mirror, inputs: [web], access_token: token, event_source_id: PIXEL2, enable_web_migration: true}
  - id: searches
    inputs: [web]
    access_token: token
    event_source_id: PIXEL3
    enable_web_migration: true
    custom_mappings:
      - {tiktok_event: Search, match: {event_type: custom_event, name: Site Search}}
  - {id: resting, inputs: [web], access_token: token, event_source_id: PIXEL4, enabled: false}
  - {id: game, inputs: [app], access_token: token, event_source_id: "7000000000000000001"}
"""
WEB = ("web-key", "web-secret")
APP = ("app-key", "s:ecret")
LONELY = ("lonely-key", "lonely-secret")


class Site:
    """A running ingest: how to send to it, and what it has written to Redis."""

    def __init__(self, url: str, redis_url: str, configuration: Path) -> None:
        self.url = url
        self.configuration = configuration
        self.redis: redis.Redis = connect(redis_url)
        self.http = httpx.Client(base_url=url, auth=WEB, trust_env=False, timeout=10)

    def post(self, content: Any, path: str = "/v2/events", **options: Any) -> httpx.Response:
        """Post bytes unchanged, and anything else as JSON."""
        body = content if isinstance(content, bytes) else as_json(content)
        return self.http.post(path, content=body, **options)

    def chunks(self, connection: str) -> list[Chunk]:
        """Return everything that waits in the lanes of a connection."""
        sealed = [
            one for n in range(LANES_PER_CONNECTION) for one in self.redis.lrange(f"lane:{connection}:{n}", 0, -1)
        ]
        return [ChunkCodec().decode(one) for one in sealed]

    def counts(self, name: str) -> dict[str, int]:
        """Return the counters of a connection, or of `input:<id>`."""
        return {field.decode(): int(count) for field, count in self.redis.hgetall(f"ledger:{name}").items()}

    def keys(self) -> set[bytes]:
        """Return every key but counts, which come a second later, and the processes; both have nothing of a request."""
        return {key for key in self.redis.scan_iter() if not key.startswith(b"counts:") and key != PROCESSES.encode()}

    def close(self) -> None:
        """Close both connections."""
        self.http.close()
        self.redis.close()


def refusal_of(response: httpx.Response) -> str:
    """Return the code in mParticle's error body, after checking that the body is one."""
    assert response.headers["content-type"] == "application/json"
    [error] = response.json()["errors"]
    assert error["message"]
    code: str = error["code"]
    return code


@contextmanager
def running_site(
    directory: Path, redis_url: str, configuration: str = CONFIGURATION, **settings: Any
) -> Iterator[Site]:
    """Give an ingest with this configuration, and further settings by their names."""
    path = directory / "relay.yaml"
    path.write_text(configuration, encoding="utf-8")
    with serving(Settings(config=path, redis_url=redis_url, **settings)) as url:
        site = Site(url, redis_url, path)
        try:
            yield site
        finally:
            site.close()
