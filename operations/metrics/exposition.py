"""The text that Prometheus scrapes, made from the catalogue and one reading of Redis."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from math import isfinite

import redis
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from config.model import Configuration
from config.settings import Settings
from lanes.receipts.archive import archive_kept
from lanes.receipts.blocks import receipts_kept
from operations.alerts.drift.state import read_watches
from operations.match_keys import match_key_days
from operations.metrics import metric
from operations.metrics.catalogue import CATALOGUE
from operations.metrics.histograms import Distribution
from operations.metrics.names import ANSWERS
from operations.metrics.rising import RisingCounters
from operations.metrics.samples import Snapshot
from operations.status.connections import overview
from store.errors import RedisAway
from store.records.counter_batches import read_counts
from store.records.profiles import profile_usage
from store.replication.durability import Durability
from store.server import memory_use

Family = CounterMetricFamily | GaugeMetricFamily | HistogramMetricFamily


def exposition(
    settings: Settings,
    client: redis.Redis,
    read: Callable[[], Configuration] | None = None,
    durability: Durability | None = None,
    counters: RisingCounters | None = None,
) -> bytes:
    """Return all metrics as Prometheus text; while Redis is away, only that it is. Takes 3 s at most.

    With RELAY_CELL every metric has the label `cell`.

    `read` is for who has read the configuration file already, as in `overview`. `durability` was read before, and
    `counters` know what was exposed before.
    """
    registry = CollectorRegistry(auto_describe=False)
    snapshot = replace(_read(settings, client, read), durability=durability, wanted=settings.durability)
    registry.register(_Reading(snapshot, settings.cell, counters or RisingCounters()))
    return generate_latest(registry)


def _read(settings: Settings, client: redis.Redis, read: Callable[[], Configuration] | None) -> Snapshot:
    try:
        seen = overview(settings, client, read)
        keys = match_key_days(client, [status.id for status in seen.statuses], 1, seen.reading.now_ms)
        counts, kept = read_counts(client, ANSWERS), receipts_kept(client)
        archive = archive_kept(client) if settings.archive else None
        return Snapshot(
            seen,
            memory_use(client),
            counts,
            receipts=kept,
            archive=archive,
            match_keys=keys,
            sources=seen.sources,
            drift=read_watches(client),
            profiles=profile_usage(client),
        )
    except RedisAway:
        return Snapshot()


class _Reading(Collector):
    """One snapshot, as the library wants it."""

    def __init__(self, snapshot: Snapshot, cell: str, counters: RisingCounters) -> None:
        self._snapshot, self._cell, self._counters = snapshot, {"cell": cell} if cell else {}, counters

    def collect(self) -> Iterator[Metric]:
        """Yield a metric family for each row that has samples."""
        for row in CATALOGUE:
            family = _family(row, (*self._cell, *row.labels))
            for labels, value in row.samples(self._snapshot):
                risen = value if row.kind == "gauge" else self._counters.rising(row.name, labels, value)
                _add(family, (*self._cell.values(), *labels), risen)
            if family.samples:
                yield family


def _family(row: metric.Metric, labels: tuple[str, ...]) -> Family:
    match row.kind:
        case "counter":
            return CounterMetricFamily(row.name, row.help, labels=labels)
        case "gauge":
            return GaugeMetricFamily(row.name, row.help, labels=labels)
        case "histogram":
            return HistogramMetricFamily(row.name, row.help, labels=labels)


def _add(family: Family, labels: tuple[str, ...], value: float | Distribution) -> None:
    match family, value:
        case HistogramMetricFamily(), Distribution(buckets, total):
            family.add_metric(
                labels, [(str(bound) if isfinite(bound) else "+Inf", count) for bound, count in buckets], total
            )
        case ((CounterMetricFamily() | GaugeMetricFamily()), (int() | float())):
            family.add_metric(labels, value)
        case _:
            raise AssertionError(f"{family.name} is no histogram, or has none")
