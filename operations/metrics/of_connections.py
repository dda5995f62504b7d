"""The metrics of connections: rows of the catalogue."""

from typing import Final

from delivery.outcome_names import WITHHELD
from lanes.ledger import ENDED, RECEIVED
from operations.metrics.histograms import ANSWER, DELIVERY, REQUEST_BYTES, REQUEST_EVENTS
from operations.metrics.metric import Metric
from operations.metrics.samples import (
    DEAD,
    PHONES,
    REQUESTS,
    by,
    each,
    histogram,
    ledger,
    measures,
    missing,
    of_drift,
    of_match_keys,
    removed_dead_letters,
    states,
)

ONE: Final = ("connection",)
OF_CONNECTIONS: Final = (
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
        "Delivered events of today (UTC) that were sent with a match key; match_key is all for all delivered events.",
        of_match_keys(lambda counts: [(("all",), counts.events), *(((code,), n) for code, n in counts.sent.items())]),
    ),
    Metric(
        "relay_match_key_filled_events",
        "gauge",
        ("connection", "tiktok_event", "match_key"),
        "Those of them whose match key came from the user's profile.",
        of_match_keys(lambda counts: [((code,), n) for code, n in counts.filled.items()]),
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
)
