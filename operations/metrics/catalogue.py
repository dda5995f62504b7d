"""The catalogue of metrics: every one that `/metrics` tells, as a row. docs/metrics.md has the same table."""

from typing import Final, Literal, NamedTuple

from delivery.outcome_names import WITHHELD
from lanes.ledger import ENDED, RECEIVED
from operations.metrics.histograms import ANSWER, DELIVERY, REQUEST_BYTES, REQUEST_EVENTS
from operations.metrics.samples import (
    DEAD,
    PHONES,
    REQUESTS,
    Take,
    by,
    each,
    histogram,
    ledger,
    measures,
    messages_of_sources,
    missing,
    of_archive,
    of_drift,
    of_durability,
    of_input,
    of_match_keys,
    of_memory,
    of_receipts,
    of_sources,
    removed_dead_letters,
    states,
)


class Metric(NamedTuple):
    """One metric: `samples` takes it from a snapshot."""

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    labels: tuple[str, ...]
    help: str
    samples: Take


ONE: Final = ("connection",)
CATALOGUE: Final = (
    Metric(
        "relay_events_in_total",
        "counter",
        ("connection", "how"),
        "Events of a connection: accepted; extra, when one becomes several; replayed dead letters.",
        ledger(*RECEIVED),
    ),
    Metric(
        "relay_events_out_total",
        "counter",
        ("connection", "how"),
        "Events that ended: delivered, dead_lettered, unsupported, withheld, erased or discarded.",
        ledger(*ENDED),
    ),
    Metric(
        "relay_events_waiting",
        "gauge",
        ONE,
        "Events that wait. In minus out is exactly this number.",
        each(lambda one: one.reading.waiting),
    ),
    Metric(
        "relay_oldest_waiting_seconds",
        "gauge",
        ONE,
        "Age of the oldest event that waits; 0 when no event waits.",
        each(lambda one: one.oldest_waiting_s or 0),
    ),
    Metric(
        "relay_connection_state",
        "gauge",
        ("connection", "state"),
        "1 for the state a connection is in: healthy, backing_off, paused, disabled or removed.",
        by(states),
    ),
    Metric(
        "relay_connection_paused",
        "gauge",
        ("connection", "by"),
        "1 while a connection is paused, by what: fault (TikTok reported it), circuit_breaker, operator, dead_letters.",
        by(lambda one: {one.paused_by: 1} if one.paused_by else {}),
    ),
    Metric(
        "relay_lanes_blocked",
        "gauge",
        ONE,
        "Lanes of a connection whose oldest events cannot be read until an operator acts.",
        each(lambda one: one.blocked_lanes),
    ),
    Metric(
        "relay_dead_lettered_total",
        "counter",
        ("connection", "reason"),
        "Events that became dead letters.",
        measures(DEAD),
    ),
    Metric(
        "relay_withheld_total",
        "counter",
        ("connection", "rule"),
        "Events that a setting withheld, by the rule as the configuration has it, such as sample 25%.",
        measures(WITHHELD),
    ),
    Metric(
        "relay_dead_letters",
        "gauge",
        ("connection", "reason"),
        "Dead letters that are kept.",
        by(lambda one: one.reading.labels),
    ),
    Metric(
        "relay_dead_letter_bytes",
        "gauge",
        ONE,
        "Bytes of Redis's memory that a connection's dead letters use; at a quarter of maxmemory it pauses.",
        each(lambda one: one.dead_letter_bytes),
    ),
    Metric(
        "relay_dead_letters_removed_total",
        "counter",
        ("connection", "how"),
        "Dead letters that left the store: replayed, discarded or erased.",
        removed_dead_letters(),
    ),
    Metric(
        "relay_ledger_discrepancy_events",
        "gauge",
        ONE,
        "Events and dead letters by which the ledger does not balance. Anything but 0 is a fault of relay.",
        each(missing),
    ),
    Metric(
        "relay_delivery_seconds",
        "histogram",
        ONE,
        "Time from the 202 to TikTok's answer for each delivered event; for a replayed event from its first 202.",
        histogram(DELIVERY),
    ),
    Metric(
        "relay_tiktok_answer_seconds",
        "histogram",
        ONE,
        "Time of each request to TikTok, answered or not.",
        histogram(ANSWER),
    ),
    Metric("relay_request_events", "histogram", ONE, "Events in a request to TikTok.", histogram(REQUEST_EVENTS)),
    Metric("relay_request_bytes", "histogram", ONE, "Bytes of a request to TikTok.", histogram(REQUEST_BYTES)),
    Metric(
        "relay_requests_total",
        "counter",
        ("connection", "verdict"),
        "Requests to TikTok: delivered, retry_later, split (TikTok refused an event in it) or connection_fault.",
        measures(REQUESTS),
    ),
    Metric(
        "relay_phones_without_country_total",
        "counter",
        ONE,
        "Events sent with a phone number without a country, by connections without default_region.",
        each(lambda one: one.reading.measures.get(PHONES, 0)),
    ),
    Metric(
        "relay_match_key_events",
        "gauge",
        ("connection", "tiktok_event", "match_key"),
        "Delivered events of today (UTC) that carried a match key; match_key is all for all delivered events.",
        of_match_keys(
            lambda counts: [(("all",), counts.events), *(((code,), n) for code, n in counts.carried.items())]
        ),
    ),
    Metric(
        "relay_match_key_lost_events",
        "gauge",
        ("connection", "tiktok_event", "match_key", "why"),
        "Delivered events of today (UTC) that came with a match key and were sent without it.",
        of_match_keys(lambda counts: counts.lost.items()),
    ),
    Metric(
        "relay_drift",
        "gauge",
        ("connection", "detector", "subject"),
        "1 for each event, match key or reason that stopped or changed without an error (docs/drift.md).",
        of_drift,
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
