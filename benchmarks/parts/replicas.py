"""Measure what RELAY_REPLICAS=1 costs senders: two ingests on one server with a replica, one of which waits for it."""

from statistics import median
from typing import Final

from benchmarks.report.figures import figure
from benchmarks.report.result import Result
from benchmarks.support.bed import Bed
from benchmarks.support.data import batches
from benchmarks.support.load import Outcome, drive

MOST_MS: Final = 1.0
"""What a lone sender may pay."""
LEAST_SHARE: Final = 0.9
"""What 64 senders must keep of their rate."""
NOTE: Final = "in turn; a server with appendfsync always and one replica of it, all on the same cores"


def run(quick: bool) -> list[Result]:
    """Drive both ingests in turn, with one sender and with 64."""
    rounds, seconds = (3, 1.0) if quick else (9, 3.0)
    bodies = batches(500 if quick else 5_000, 1)
    with Bed() as bed:
        bed.replica()
        urls = [bed.ingest({"RELAY_REPLICAS": replicas})[1] for replicas in ("0", "1")]
        alone = [_in_turn(urls, bodies, 1, seconds) for _ in range(rounds)]
        many = [_in_turn(urls, bodies, 64, seconds) for _ in range(rounds)]
    more_ms = [waits.median_ms - plain.median_ms for plain, waits in alone]
    shares = [waits.rate / plain.rate for plain, waits in many]
    medians = " and ".join(f"{median(each.median_ms for each in side):.2f} ms" for side in zip(*alone, strict=True))
    rates = " and ".join(f"{median(each.rate for each in side):,.0f}/s" for side in zip(*many, strict=True))
    return [
        figure("replicas", "1 sender: median answer, more", "ms", more_ms, better="less", target=MOST_MS, note=medians),
        figure("replicas", "64 senders: rate", "× without", shares, better="more", target=LEAST_SHARE, note=rates),
        figure("replicas", "64 senders: median answer", "ms", [each.median_ms for _, each in many], better="less"),
        figure("replicas", "64 senders: p99 answer", "ms", [each.p99_ms for _, each in many], better="less", note=NOTE),
    ]


def _in_turn(urls: list[str], bodies: list[bytes], senders: int, seconds: float) -> list[Outcome]:
    """Drive one after the other. Redis is not emptied: ingest would make again what it kept."""
    return [drive(url, "/v2/events", bodies, senders, seconds) for url in urls]
