"""What operators see of sources: status, metrics, check, and check --deep, which takes nothing away."""

import json
import subprocess
from pathlib import Path

from support.bench import Bench
from support.consuming import consuming, declare, source_lines, status
from support.events import as_json, batch, purchase
from support.product import RELAY
from support.queues import Queue, RabbitQueue
from support.rabbitmq import RabbitMq
from support.waiting import until

from config.settings import Settings
from operations.metrics.exposition import exposition
from operations.status.connections import overview
from operations.status.sources import SourceStatus


def source_of(bench: Bench) -> SourceStatus:
    settings = Settings(config=bench.path, redis_url=bench.url)  # type: ignore[arg-type]
    (source,) = overview(settings, bench.redis).sources
    return source


def test_status_and_metrics_show_a_source(queue: Queue, bench: Bench, tmp_path: Path) -> None:
    """Before, while and after a process takes its messages."""
    declare(bench, source_lines(queue))
    assert source_of(bench).state == "not_running"
    assert source_of(bench).what_to_do == "run `relay consume`"
    queue.publish([as_json(batch(purchase(1), purchase(2))), b"no batch"])
    with consuming(tmp_path, bench.url):
        until(lambda: source_of(bench).counts["acknowledged"] == 2 and source_of(bench).state == "taking")
        source = source_of(bench)
        assert (source.processes, source.counts["received"], source.counts["redelivered"]) == (1, 2, 0)
        assert source.counts["invalid"] == 1
        until(lambda: source_of(bench).backlog is not None or queue.source.address.kind == "pubsub")
        shown = status("status").stdout
        assert "batches" in shown
        assert "taking" in shown
        (as_json_,) = json.loads(status("status", "--json").stdout)["sources"]
        assert (as_json_["id"], as_json_["state"], as_json_["acknowledged"]) == ("batches", "taking", 2)
        settings = Settings(config=bench.path, redis_url=bench.url)  # type: ignore[arg-type]
        text = exposition(settings, bench.redis).decode()
        assert 'relay_source_messages_total{source="batches",what="acknowledged"} 2.0' in text
        assert 'relay_source_taking{source="batches"} 1.0' in text
    assert source_of(bench).state == "not_running"


def test_a_source_out_of_reach_says_what_to_do(rabbitmq: RabbitMq, bench: Bench, tmp_path: Path) -> None:
    queue = RabbitQueue(rabbitmq)
    declare(bench, source_lines(queue).replace(f"queue: {queue.source.queue}", "queue: elsewhere"))
    with consuming(tmp_path, bench.url):
        until(lambda: source_of(bench).state == "unavailable")
        assert "has no queue elsewhere" in (source_of(bench).problem or "")
        assert "has no queue elsewhere" in " ".join(status("status").stdout.split())
    checked = status("check", "--json")
    (found,) = [row for row in json.loads(checked.stdout) if row["check"] == "source batches"]
    assert found["status"] == "wrong"
    assert "has no queue elsewhere" in found["found"]
    assert found["remedy"].startswith("declare the queue")


def test_a_queue_without_batches_is_seen(rabbitmq: RabbitMq, bench: Bench, tmp_path: Path) -> None:
    """Status counts the messages without a batch, until one has any."""
    queue = RabbitQueue(rabbitmq)
    declare(bench, source_lines(queue))
    queue.publish([as_json(batch(purchase(1))), *[b"no batch"] * 7])
    with consuming(tmp_path, bench.url):
        until(lambda: source_of(bench).dead_lettered_in_a_row == 7)
        assert "the last 7 messages had no batch" in " ".join(status("status").stdout.split())
        queue.publish([as_json([7, batch(purchase(2))])])
        until(lambda: source_of(bench).dead_lettered_in_a_row == 0)


def test_check_looks_at_a_message_and_gives_it_back(queue: Queue, bench: Bench) -> None:
    """Only with --deep; it shows nothing of the message but its form."""
    declare(bench, source_lines(queue))
    queue.publish([as_json(batch(purchase(1), purchase(2)))])
    rows = findings("--json")
    assert len(rows) == 1
    assert "1 message waiting" in rows[0]["found"] or queue.source.address.kind == "pubsub"
    deep = findings("--json", "--deep")
    assert [row["status"] for row in deep] == ["ok", "ok"]
    assert deep[1]["found"] == "the next message has 2 events, of input web; it was given back"
    until(lambda: queue.ready() == 1)


def test_check_says_what_would_become_a_dead_letter(rabbitmq: RabbitMq, bench: Bench) -> None:
    queue = RabbitQueue(rabbitmq)
    declare(bench, source_lines(queue))
    queue.publish([b"jane@shop.example"])
    deep = findings("--json", "--deep")[1]
    assert deep["status"] == "warning"
    assert "is no batch: A batch must be a JSON object" in deep["found"]
    assert "jane" not in str(deep)
    until(lambda: queue.ready() == 1)


def findings(*options: str) -> list[dict[str, str]]:
    rows = json.loads(status("check", *options).stdout)
    return [row for row in rows if row["check"].startswith("source")]


def test_tail_shows_what_a_queue_brought_and_no_connection_wants(
    rabbitmq: RabbitMq, bench: Bench, tmp_path: Path
) -> None:
    """As it shows what ingest withholds: relay consume learns within a second that someone watches."""
    queue = RabbitQueue(rabbitmq)
    declare(bench, source_lines(queue))
    withheld = as_json({**batch(purchase(7)), "environment": "development"})
    with consuming(tmp_path, bench.url):
        tail = subprocess.Popen([RELAY, "tail", "--json", "--number", "1"], stdout=subprocess.PIPE, text=True)

        def ended() -> bool:
            queue.publish([withheld])
            return tail.poll() is not None

        try:
            until(ended)
        finally:
            tail.kill()
            shown, _ = tail.communicate()
    event = json.loads(shown)
    assert (event["event_id"], event["outcome"], event["connection"]) == ("e7", "withheld", "shop")
