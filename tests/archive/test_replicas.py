"""With RELAY_REPLICAS no file is begun before replicas know of its portion, so that a failover repeats the file."""

from pathlib import Path

import pytest
import redis
from support.archive import HOUR_MS, rows_of, sha256
from support.nodes import Nodes

from delivery.receipt import ReceiptFields
from lanes.receipts.archive import Piece, archive_kept, close_portion
from operations.archive.storage import ArchiveError, Storage
from operations.archive.write import write_next
from operations.receipts.writer import ReceiptWriter
from store.client import connect

BUDGET = 64 << 20


def end(client: redis.Redis, event_id: str) -> None:
    """Put a receipt of an hour that is over where scripts put it."""
    content = ReceiptWriter(b"", 0, BUDGET).write([(ReceiptFields("shop", "web", "delivered"), [event_id])]).content
    piece = Piece(5 * HOUR_MS, content[:32], content[40:])
    stored = piece.at_ms.to_bytes(8, "big") + (1).to_bytes(4, "big") + piece.ids + piece.body
    client.rpush("archive:pieces", stored)
    client.hset("archive:kept", mapping={"receipts": 1, "bytes": len(stored) + 32, "open": len(stored) + 32})


def test_without_its_replica_no_file_is_begun(redis_url: str, tmp_path: Path) -> None:
    """The portion stays closed, and is written as it is when the replica is back."""
    storage = Storage(f"file://{tmp_path}")
    with connect(redis_url) as client:
        end(client, "e1")
        with pytest.raises(ArchiveError, match="fewer replicas of Redis than RELAY_REPLICAS asks for"):
            write_next(client, storage, BUDGET, replicas=1)
        assert rows_of(storage) == []
        portion = close_portion(client, BUDGET)
        assert portion is not None
        assert write_next(client, storage, BUDGET, replicas=0) is not None
        assert [row["event_id_sha256"] for row in rows_of(storage)] == [sha256("e1")]


def test_a_replica_that_becomes_primary_knows_the_portion(nodes: Nodes, tmp_path: Path) -> None:
    """So its first file has the name and the rows of the one that was written before the failover."""
    storage = Storage(f"file://{tmp_path}")
    primary, replica = (node.client for node in nodes.nodes)
    end(primary, "e1")
    file = write_next(primary, storage, BUDGET, replicas=1)
    assert file is not None
    assert archive_kept(primary).archived == 1
    assert replica.hget("archive:kept", "portion") == b"1"
