"""TikTok's rules for requests as rows (tiktok-api.md §1 for event/track, §2.2 for pixel/batch).

The rows come from TikTok's documents alone, not from the mapping whose requests they judge.
"""

from typing import NamedTuple

from sandbox.checks import (
    NOT_HASHED,
    boolean,
    device_id,
    event_name,
    filled,
    forbidden,
    hash_or_hashes,
    hashed,
    http_url,
    iso_8601,
    locale,
    one_of,
    public_ip,
    seconds,
    string,
    ttclid,
    unhashed,
)
from sandbox.field_rule import APP, CRM, OFFLINE, WEB, FieldRule
from sandbox.property_rules import PROPERTIES

PARAM_ERROR = 40002
INVALID_BATCH_SIZE = 40061
PII_NOT_HASHED = 40062

STANDARD_EVENTS = (
    *("AddPaymentInfo", "AddToCart", "AddToWishlist", "ApplicationApproval", "CompleteRegistration", "Contact"),
    *("CustomizeProduct", "Download", "FindLocation", "InitiateCheckout", "Lead", "Purchase", "Schedule", "Search"),
    *("StartTrial", "SubmitApplication", "Subscribe", "ViewContent", "PageView", "Pageview"),
    *("CompletePayment", "SubmitForm", "PlaceAnOrder", "ClickButton"),  # older names, still accepted
)

TRACK_EVENT = (
    FieldRule("event", event_name, required=True),
    FieldRule("event", one_of(*STANDARD_EVENTS, says="must be a standard event"), sources=OFFLINE),
    FieldRule("event_time", seconds, required=True),
    FieldRule("event_id", string),
    FieldRule("user.email", hash_or_hashes),
    FieldRule("user.phone", hash_or_hashes),
    FieldRule("user.external_id", hash_or_hashes),
    FieldRule("user.first_name", hashed),
    FieldRule("user.last_name", hashed),
    FieldRule("user.zip_code", hashed),
    FieldRule("user.gaid", hashed),  # TikTok accepts these two unhashed as well; relay promises to hash them
    FieldRule("user.idfa", hashed),
    FieldRule("user.city", unhashed),
    FieldRule("user.state", unhashed),
    FieldRule("user.country", unhashed),
    FieldRule("user.ttclid", ttclid),
    FieldRule("user.ttp", unhashed),
    FieldRule("user.ip", public_ip),
    FieldRule("user.user_agent", string),
    FieldRule("user.locale", locale),
    FieldRule("user.idfv", device_id),
    FieldRule(
        "user.att_status",
        one_of("AUTHORIZED", "DENIED", "NOT_DETERMINED", "RESTRICTED", "NOT_APPLICABLE"),
    ),
    FieldRule("page.url", http_url),
    FieldRule("page.url", http_url, required=True, sources=WEB),
    FieldRule("page.referrer", string),
    # TikTok documents it as required, but batches from servers often lack it: the rule is an option.
    FieldRule("app.app_id", filled, required=True, sources=APP, option="require_app_id"),
    FieldRule("app.app_id", string),
    FieldRule("app.app_name", string),
    FieldRule("app.app_version", string),
    FieldRule("ad.callback", ttclid),
    FieldRule("ad.campaign_id", string),
    FieldRule("ad.ad_id", string),
    FieldRule("ad.creative_id", string),
    FieldRule("ad.is_retargeting", boolean),
    FieldRule("ad.attributed", boolean),
    FieldRule("ad.attribution_type", string),
    FieldRule("ad.attribution_provider", string),
    FieldRule("limited_data_use", boolean),
    FieldRule("lead.lead_id", filled, required=True, sources=CRM),
    FieldRule("lead.lead_event_source", filled, sources=CRM),
    *PROPERTIES,
    FieldRule("context", forbidden),
    FieldRule("timestamp", forbidden),
    FieldRule("pixel_code", forbidden),
    FieldRule("event_source", forbidden),
    FieldRule("event_source_id", forbidden),
    FieldRule("test_event_code", forbidden),  # TikTok ignores it here, and the test would count as a real event
)

TRACK_REQUEST = (
    FieldRule("pixel_code", forbidden),
    FieldRule("batch", forbidden),
    FieldRule("context", forbidden),
    FieldRule(
        "event_source",
        one_of("web", "app", "offline", "crm", says="must be web, app or offline"),
        required=True,
    ),
    FieldRule("event_source_id", filled, required=True),
    FieldRule("test_event_code", filled),
    FieldRule("partner_name", filled),
)

LEGACY_EVENT = (
    FieldRule("type", one_of("track"), required=True),
    FieldRule("event", event_name, required=True),
    FieldRule("event_id", string),
    FieldRule("timestamp", iso_8601),
    FieldRule("context.page.url", http_url, required=True),
    FieldRule("context.page.referrer", string),
    FieldRule("context.ad.callback", ttclid),
    FieldRule("context.user.email", hashed),
    FieldRule("context.user.phone_number", hashed),
    FieldRule("context.user.external_id", hashed),
    FieldRule("context.user.ttp", unhashed),
    FieldRule("context.ip", public_ip),
    FieldRule("context.user_agent", string),
    *PROPERTIES,
    FieldRule("user", forbidden),
    FieldRule("page", forbidden),
    FieldRule("event_time", forbidden),
    FieldRule("pixel_code", forbidden),
    FieldRule("event_source", forbidden),
    FieldRule("event_source_id", forbidden),
    FieldRule("test_event_code", forbidden),
)

LEGACY_REQUEST = (
    FieldRule("event_source", forbidden),
    FieldRule("event_source_id", forbidden),
    FieldRule("data", forbidden),
    FieldRule("pixel_code", filled, required=True),
    FieldRule("test_event_code", filled),
    FieldRule("partner_name", filled),
)


class Endpoint(NamedTuple):
    """One of TikTok's two APIs."""

    path: str
    events: str
    """The field that holds the events."""
    source: str
    """The field that names the event source."""
    max_events: int
    request: tuple[FieldRule, ...]
    event: tuple[FieldRule, ...]


TRACK = Endpoint("/open_api/v1.3/event/track/", "data", "event_source_id", 1000, TRACK_REQUEST, TRACK_EVENT)
LEGACY = Endpoint("/open_api/v1.3/pixel/batch/", "batch", "pixel_code", 50, LEGACY_REQUEST, LEGACY_EVENT)
ENDPOINTS = (TRACK, LEGACY)


def code_of(complaint: str) -> int:
    """Return TikTok's code for a message."""
    return PII_NOT_HASHED if complaint == NOT_HASHED else PARAM_ERROR
