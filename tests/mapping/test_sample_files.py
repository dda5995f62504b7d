"""Every sample of a real sender, event by event: what it becomes, or why nothing (captures of SDKs, documents)."""

import pytest
from support.samples import SAMPLES, batches_of

from mapping.incoming.batch import generate_id, head, split_batch
from mapping.results import Mapped, Rejected, Result

RECEIVED_MS = 1_800_000_000_000


def described(result: Result) -> str:
    """A result in a few words."""
    match result:
        case Mapped(tiktok_event=name):
            return name
        case Rejected(reason=reason, field=field):
            return f"{reason} {field}"
        case _:
            return getattr(result, "what", None) or getattr(result, "why", "")


LIFE = ["user_attribute_change", "session_start", "user_identity_change", "application_state_transition", "session_end"]
DEVICE = ["session_start", "application_state_transition", "crash_report", "breadcrumb", "custom_event", "screen_view"]
DEVICE_END = ["push_registration", "network_performance"]
SDK = ["PlaceAnOrder", "custom_event", "screen_view"]

# For an app: what each event of each file becomes; names of TikTok events, or what kind of unsupported event it is.
ON_APP = {
    "SYNTHETIC_outgoing_webhook_batch.json": ["PlaceAnOrder"],
    "docs_01_json_reference_master_sample.json": [
        *("session_start", "application_state_transition", "crash_report", "session_end"),
    ],
    "docs_02_inbound_schema_sample_2023.json": [*LIFE, *DEVICE, *DEVICE_END, "PlaceAnOrder"],
    "docs_03_inbound_schema_sample_2026.json": [*LIFE, *DEVICE, *DEVICE_END, "PlaceAnOrder"],
    "docs_04_segment_migration_custom_and_purchase.json": ["custom_event", "PlaceAnOrder"],
    "docs_05_profiles_customerid_alias.json": ["custom_event"],
    "docs_06_adjust_feed_attribution.json": ["custom_event"],
    "docs_07_ncr_aloha_custom_mapping_input.json": ["custom_event"],
    "docs_08_http_quickstart.json": ["custom_event"],
    "docs_09_outgoing_s3_ndjson_two_batches.json": ["custom_event", "custom_event"],
    "docs_10_outgoing_kinesis_firehose_record.json": ["custom_event"],
    "docs_11_outgoing_media_event_string_int64.json": ["custom_event"],
    "sdk_python_0.16.1_bulkevents_2_batches.json": SDK * 2,
    "sdk_python_0.16.1_bulkevents_empty_list_zero_byte_body.json": [],  # ingest answers 400
    "sdk_python_0.16.1_events_commerce_custom_screen.json": SDK,
    "sdk_python_0.16.1_events_crashreport_bug.json": ["commerce_event without product action"],
    "sdk_python_0.16.1_events_decimal_as_string_no_environment.json": ["PlaceAnOrder"],
    "sdk_python_0.16.1_events_minimal.json": [],  # a batch without events
    "sdk_python_0.16.1_events_plain_dict_partner_identities.json": ["AddToWishlist"],
}
# The files whose purchases name no page: web inputs would have to send one.
WITHOUT_PAGE = ("docs_02", "docs_03", "docs_04", "sdk_python_0.16.1_events_plain_dict")
TIKTOK_EVENTS = ("PlaceAnOrder", "AddToWishlist")


def test_every_sample_is_explained():
    """No file is passed over."""
    assert ON_APP.keys() == {path.name for path in SAMPLES.glob("*.json")}


@pytest.mark.parametrize("route", ["app", "offline", "web", "legacy"])
@pytest.mark.parametrize("name", ON_APP)
def test_sample_becomes(bench, name, route):
    """Every event of every sample, on every route."""
    plan = bench.plan(route, environments=frozenset({"production", "development"}))
    found = []
    for raw in batches_of(name):
        split = split_batch(raw)
        mapper = plan.batch(split.shared, RECEIVED_MS)
        for position, event in enumerate(split.events):
            generated_id = generate_id("in", split, raw, position, head(event), RECEIVED_MS)
            found += [described(result) for result in mapper.map(bytes(event), generated_id)]
    expected = ON_APP[name]
    if route in ("web", "legacy") and name.startswith(WITHOUT_PAGE):
        expected = ["missing_url TikTok.URL" if one in TIKTOK_EVENTS else one for one in expected]
    assert found == expected
