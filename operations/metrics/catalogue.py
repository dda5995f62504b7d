"""The catalogue of metrics: every one that `/metrics` has, as a row. docs/metrics.md has the same table.

The rows of connections are in `operations/metrics/of_connections.py`.
"""

from typing import Final

from operations.metrics.metric import Metric
from operations.metrics.of_connections import OF_CONNECTIONS
from operations.metrics.samples import (
    messages_of_sources,
    of_archive,
    of_durability,
    of_input,
    of_memory,
    of_profiles,
    of_receipts,
    of_sources,
)

CATALOGUE: Final = (
    *OF_CONNECTIONS,
    Metric(
        "relay_profiles",
        "gauge",
        (),
        "Identities of users that have a profile.",
        of_profiles(lambda usage: usage.names),
    ),
    Metric(
        "relay_profiles_bytes",
        "gauge",
        (),
        "Bytes of Redis's memory that profiles use, at most RELAY_PROFILES_MEMORY.",
        of_profiles(lambda usage: usage.bytes),
    ),
    Metric(
        "relay_profiles_dropped_total",
        "counter",
        (),
        "Profiles that were removed for want of room, before their time.",
        of_profiles(lambda usage: usage.dropped),
    ),
    Metric("relay_receipts", "gauge", (), "Receipts that are kept.", of_receipts(lambda kept: kept.receipts)),
    Metric(
        "relay_receipts_bytes",
        "gauge",
        (),
        "Bytes of Redis's memory that receipts use, at most RELAY_RECEIPTS_MEMORY.",
        of_receipts(lambda kept: kept.bytes),
    ),
    Metric(
        "relay_receipts_since_seconds",
        "gauge",
        (),
        "The time back to which receipts reach, in seconds since 1970.",
        of_receipts(lambda kept: None if kept.since_ms is None else kept.since_ms / 1000),
    ),
    Metric(
        "relay_archived_receipts_total",
        "counter",
        (),
        "Receipts written to the archive.",
        of_archive(lambda a: a.archived),
    ),
    Metric(
        "relay_archive_lost_receipts_total",
        "counter",
        (),
        "Receipts removed unwritten: beyond RELAY_ARCHIVE_MEMORY, or unreadable.",
        of_archive(lambda a: a.lost),
    ),
    Metric(
        "relay_archive_waiting_receipts",
        "gauge",
        (),
        "Receipts that wait for the archive.",
        of_archive(lambda a: a.receipts),
    ),
    Metric(
        "relay_archive_waiting_bytes",
        "gauge",
        (),
        "Bytes of Redis's memory that these use, at most RELAY_ARCHIVE_MEMORY.",
        of_archive(lambda a: a.bytes),
    ),
    Metric(
        "relay_archive_until_seconds",
        "gauge",
        (),
        "When the newest archived receipt was written, in seconds since 1970.",
        of_archive(lambda a: None if a.until_ms is None else a.until_ms / 1000),
    ),
    Metric(
        "relay_archive_failing_since_seconds",
        "gauge",
        (),
        "Since when the archive cannot be written, in seconds since 1970; 0 when it can.",
        of_archive(lambda a: (a.failing_since_ms or 0) / 1000),
    ),
    Metric("relay_input_events_total", "counter", ("input",), "Events that an input sent.", of_input("accepted")),
    Metric(
        "relay_input_unrouted_total",
        "counter",
        ("input",),
        "Events of an input that no connection serves.",
        of_input("unrouted"),
    ),
    Metric(
        "relay_ingest_answers_total",
        "counter",
        ("status",),
        "HTTP answers to batches, of all ingest processes; up to a second late.",
        lambda snapshot: [((status,), count) for status, count in (snapshot.answers or {}).items()],
    ),
    Metric(
        "relay_source_messages_total",
        "counter",
        ("source", "what"),
        "Messages of a queue: received, of these redelivered, acknowledged, given_back; invalid: what was no batch.",
        messages_of_sources,
    ),
    Metric(
        "relay_source_backlog",
        "gauge",
        ("source",),
        "Messages that wait in the queue, where it says so; up to ten seconds late.",
        of_sources(lambda source: source.backlog),
    ),
    Metric(
        "relay_source_processes",
        "gauge",
        ("source",),
        "Processes of relay consume that report on the source.",
        of_sources(lambda source: source.processes),
    ),
    Metric(
        "relay_source_taking",
        "gauge",
        ("source",),
        "1 while every process takes messages of the source.",
        of_sources(lambda source: int(source.state == "taking")),
    ),
    Metric(
        "relay_source_unusable",
        "gauge",
        ("source",),
        "1 while a process cannot use the source's queue, or no process runs.",
        of_sources(lambda source: int(source.is_unusable)),
    ),
    Metric(
        "relay_source_dead_lettered_in_a_row",
        "gauge",
        ("source",),
        "Messages without a batch since the last one that had any.",
        of_sources(lambda source: source.dead_lettered_in_a_row),
    ),
    Metric(
        "relay_redis_up", "gauge", (), "1 while Redis answers.", lambda snapshot: [((), int(bool(snapshot.overview)))]
    ),
    Metric("relay_redis_memory_bytes", "gauge", (), "Memory that Redis uses.", of_memory(lambda memory: memory.used)),
    Metric(
        "relay_redis_memory_limit_bytes",
        "gauge",
        (),
        "Redis's maxmemory; 0 for none.",
        of_memory(lambda memory: memory.limit),
    ),
    Metric(
        "relay_durability_met",
        "gauge",
        (),
        "1 while a 202 means at least RELAY_DURABILITY (docs/two-disks.md).",
        of_durability(lambda found, wanted: int(found.is_enough(wanted))),
    ),
    Metric(
        "relay_redis_replicas",
        "gauge",
        (),
        "Replicas of Redis that follow closely.",
        of_durability(lambda found, _: len(found.following)),
    ),
    Metric(
        "relay_redis_replicas_required",
        "gauge",
        (),
        "RELAY_REPLICAS: with fewer replicas, requests are answered 503.",
        of_durability(lambda found, _: found.replicas),
    ),
    Metric(
        "relay_configuration_refused",
        "gauge",
        (),
        "1 while the configuration file is refused; the former one stays in force.",
        lambda snapshot: [((), int(bool(snapshot.overview.refused)))] if snapshot.overview else [],
    ),
)
