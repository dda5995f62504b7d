"""`relay consume` as a process, on real queues: what it takes is in Redis before the queue lets go of it."""

import base64
import gzip
import json
import signal
from pathlib import Path

from support.bench import Bench
from support.consuming import consuming, declare, log_of, source_lines
from support.events import as_json, batch, purchase
from support.queues import Queue
from support.waiting import until


def events(first: int, number: int) -> bytes:
    """Return a batch with this many events, numbered from `first`."""
    return as_json(batch(*(purchase(first + place) for place in range(number))))


def accepted(bench: Bench) -> int:
    return bench.count("accepted")[0]


def test_every_form_of_message_arrives_and_is_acknowledged(queue: Queue, bench: Bench, tmp_path: Path) -> None:
    """Of the eight messages, two are no batch: each becomes a dead letter that says why, and none comes again."""
    declare(bench, source_lines(queue))
    two = [json.loads(events(10, 1)), json.loads(events(20, 2))]
    queue.publish(
        [
            events(1, 3),
            as_json(two),
            events(30, 1) + b"\n" + events(40, 1),
            base64.b64encode(gzip.compress(events(50, 1))),
            as_json({"requestId": "r", "records": [{"data": base64.b64encode(events(60, 1)).decode()}]}),
            as_json(batch()),
            b"no batch at all",
            b'{"task": "not ours"}',
        ]
    )
    with consuming(tmp_path, bench.url):
        until(lambda: accepted(bench) == 12 and queue.ready() == 0)
    bench.drain_all()
    assert bench.count("accepted", "delivered", "dead_lettered", "waiting") == (12, 10, 2, 0)
    assert {letter.reason for letter in bench.dead_letters()} == {"invalid_batch"}
    messages = sorted(letter.message for letter in bench.dead_letters())
    assert messages[0].startswith("A batch must be a JSON object")
    assert messages[1].startswith("This JSON object has no `events`")
    declare(bench, source_lines(queue))
    with consuming(tmp_path, bench.url):
        until(lambda: log_of(tmp_path).count('"source_connected"') == 2)
    assert accepted(bench) == 12


def test_many_messages_share_an_append(queue: Queue, bench: Bench, tmp_path: Path) -> None:
    """So there are far fewer chunks than messages."""
    queue.publish([events(10 * number, 1) for number in range(60)])
    declare(bench, source_lines(queue))
    with consuming(tmp_path, bench.url):
        until(lambda: accepted(bench) == 60)
    chunks = sum(bench.redis.llen(key) for key in bench.redis.scan_iter("lane:*"))
    assert chunks <= 12


def test_a_header_chooses_the_input(queue: Queue, bench: Bench, tmp_path: Path) -> None:
    by_header = "input_by: {header: app, inputs: {shop: web}, otherwise: other}"
    text = source_lines(queue, "batches", by_header)
    declare(bench, text)
    whole = bench.path.read_text().replace(
        "connections:", "  - {id: other, platform: web, api_key: k2, api_secret: s2}\nconnections:"
    )
    bench.path.write_text(whole)
    queue.publish([events(1, 1)], app="shop")
    queue.publish([events(2, 2)], app="else")
    queue.publish([events(3, 4)])

    def of_input(name: str) -> int:
        return int(bench.redis.hget(f"ledger:input:{name}", "accepted") or 0)

    with consuming(tmp_path, bench.url):
        until(lambda: (of_input("web"), of_input("other")) == (1, 6))


def test_sources_follow_the_file(queue: Queue, bench: Bench, tmp_path: Path) -> None:
    """A source that appears, changes or goes needs no restart; a disabled one takes nothing."""
    declare(bench)
    queue.publish([events(1, 1)])
    with consuming(tmp_path, bench.url):
        until(lambda: accepted(bench) == 0)
        declare(bench, source_lines(queue))
        until(lambda: accepted(bench) == 1)
        declare(bench, source_lines(queue, "batches", "input: web", "enabled: false"))
        until(lambda: bench.redis.hlen("sources:states") == 0)
        queue.publish([events(2, 1)])
        declare(bench, source_lines(queue, "other"))
        until(lambda: accepted(bench) == 2)


def test_it_ends_when_it_is_asked_to(queue: Queue, bench: Bench, tmp_path: Path) -> None:
    """With nothing taken and not acknowledged, and with exit code 0."""
    declare(bench, source_lines(queue))
    queue.publish([events(number, 1) for number in range(20)])
    with consuming(tmp_path, bench.url) as (process,):
        until(lambda: '"source_connected"' in log_of(tmp_path))
        process.signal(signal.SIGTERM)
        assert process.wait() == 0
    assert accepted(bench) + queue.ready() == 20


def test_nothing_is_taken_while_redis_is_full(queue: Queue, bench: Bench, tmp_path: Path) -> None:
    """The queue keeps the messages, and they come once there is room."""
    bench.redis.setrange("filler", 50_000_000, b"x")
    bench.redis.config_set("maxmemory", int(int(bench.redis.info("memory")["used_memory"]) / 0.95))
    try:
        declare(bench, source_lines(queue))
        queue.publish([events(1, 1)])
        with consuming(tmp_path, bench.url):
            until(lambda: '"source_waiting"' in log_of(tmp_path))
            assert queue.ready() == 1
            bench.redis.delete("filler")
            until(lambda: accepted(bench) == 1 and queue.ready() == 0)
    finally:
        bench.redis.config_set("maxmemory", 0)
