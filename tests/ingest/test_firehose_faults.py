"""Redis is killed between an append of Firehose's and the answer: it may double the events, never lose them."""

import threading
from base64 import b64encode
from contextlib import suppress
from pathlib import Path

import httpx
import redis
from support.consuming import CONNECTION
from support.events import as_json, batch
from support.nodes import Nodes
from support.plant import Process
from support.product import RELAY
from support.server import free_port
from support.waiting import until

from lanes.chunk import ChunkCodec
from lanes.names import LANES_PER_CONNECTION

WITHOUT_ID = as_json(batch({"event_type": "commerce_event", "data": {"product_action": {"action": "purchase"}}}))
BODY = as_json({"requestId": "r-1", "timestamp": 1, "records": [{"data": b64encode(WITHOUT_ID).decode()}]})
HEADERS = {"X-Amz-Firehose-Request-Id": "r-1", "X-Amz-Firehose-Access-Key": "key:secret"}


def ids(client: redis.Redis) -> list[str | None]:
    """Return the ids of the events that wait."""
    lanes = [client.lrange(f"lane:shop:{number}", 0, -1) for number in range(LANES_PER_CONNECTION)]
    chunks = [ChunkCodec().decode(stored) for lane in lanes for stored in lane]
    return [entry.event_id for chunk in chunks for part in chunk.batches for entry in part.entries]


def test_the_answer_is_a_failure_as_firehose_takes_it_and_the_request_comes_again_with_the_same_ids(
    nodes: Nodes, tmp_path: Path
) -> None:
    node, port = nodes.nodes[0], free_port()
    file = tmp_path / "relay.yaml"
    file.write_text(CONNECTION)
    environment = {"RELAY_REDIS_URL": node.url, "RELAY_CONFIG": str(file), "TOKEN": "t", "RELAY_PORT": str(port)}
    ingest = Process("ingest", [str(RELAY), "ingest"], environment, tmp_path / "ingest.log")
    url, answers = f"http://127.0.0.1:{port}", []

    def ready() -> bool:
        with suppress(httpx.HTTPError):
            return httpx.get(f"{url}/health/ready", trust_env=False).status_code == 200
        return False

    def post() -> None:
        answers.append(httpx.post(f"{url}/v2/firehose", content=BODY, headers=HEADERS, timeout=60, trust_env=False))

    try:
        until(ready)
        node.proxy.lag_s["client"] = 0.25  # so the append is made well before its reply arrives
        posting = threading.Thread(target=post)
        posting.start()
        until(lambda: ids(node.client) or answers)
        node.die()
        posting.join()
        node.proxy.lag_s.clear()
        node.come_back()
        until(ready)
        until(lambda: post() or answers[-1].status_code == 200)
    finally:
        ingest.stop()
    assert answers[0].status_code == 503
    said = answers[0].json()
    assert (said["requestId"], said["errorMessage"][:29]) == ("r-1", "Redis did not take the events")
    assert len(set(ids(node.client))) == 1
