"""What TikTok demands of a request, as rows (docs: tiktok-api.md §1 for event/track, §2.2 for pixel/batch).

Written from TikTok's documents alone: nothing here comes from the mapping that it judges.
"""

from typing import NamedTuple

from sandbox.checks import (
    NOT_HASHED,
    Check,
    boolean,
    currency,
    event_name,
    filled,
    forbidden,
    hashed,
    hashed_ones,
    http_url,
    iso_8601,
    number,
    one_of,
    public_ip,
    seconds,
    string,
    strings,
    ttclid,
    unhashed,
)

PARAM_ERROR = 40002
INVALID_BATCH_SIZE = 40061
PII_NOT_HASHED = 40062

WEB = frozenset({"web"})
APP = frozenset({"app"})
OFFLINE = frozenset({"offline"})
CRM = frozenset({"crm"})
EVERY_SOURCE = WEB | APP | OFFLINE | CRM


class Row(NamedTuple):
    """One demand on one value."""

    path: str
    """From the event (or the request) down; `contents[].price` is the price of every item."""
    check: Check
    required: bool = False
    sources: frozenset[str] = EVERY_SOURCE
    """Which event sources it holds for; the legacy API has one."""
    option: str | None = None
    """The rule holds only where the sandbox was started with this option."""


STANDARD_EVENTS = (
    *("AddPaymentInfo", "AddToCart", "AddToWishlist", "ApplicationApproval", "CompleteRegistration", "Contact"),
    *("CustomizeProduct", "Download", "FindLocation", "InitiateCheckout", "Lead", "Purchase", "Schedule", "Search"),
    *("StartTrial", "SubmitApplication", "Subscribe", "ViewContent", "PageView", "Pageview"),
    *("CompletePayment", "SubmitForm", "PlaceAnOrder", "ClickButton"),  # older names, still taken
)
_CONTENT_TYPE = one_of("product", "product_group")

_PROPERTIES = (
    Row("properties.value", number),
    Row("properties.currency", currency),
    Row("properties.content_type", _CONTENT_TYPE),
    Row("properties.content_ids", strings),
    Row("properties.num_items", number),
    Row("properties.query", string),
    Row("properties.search_string", string),
    Row("properties.description", string),
    Row("properties.order_id", string),
    Row("properties.shop_id", string),
    Row("properties.status", string),
    Row("properties.contents[].content_id", string),
    Row("properties.contents[].content_type", _CONTENT_TYPE),
    Row("properties.contents[].content_name", string),
    Row("properties.contents[].content_category", string),
    Row("properties.contents[].brand", string),
    Row("properties.contents[].price", number),
    Row("properties.contents[].quantity", number),
)

TRACK_EVENT = (
    Row("event", event_name, required=True),
    Row("event", one_of(*STANDARD_EVENTS, says="must be a standard event"), sources=OFFLINE),
    Row("event_time", seconds, required=True),
    Row("event_id", string),
    Row("user.email", hashed_ones),
    Row("user.phone", hashed_ones),
    Row("user.external_id", hashed_ones),
    Row("user.first_name", hashed),
    Row("user.last_name", hashed),
    Row("user.zip_code", hashed),
    Row("user.gaid", hashed),  # TikTok takes these two raw as well; relay promises to hash them
    Row("user.idfa", hashed),
    Row("user.city", unhashed),
    Row("user.state", unhashed),
    Row("user.country", unhashed),
    Row("user.ttclid", ttclid),
    Row("user.ttp", unhashed),
    Row("user.ip", public_ip),
    Row("user.user_agent", string),
    Row("user.locale", string),
    Row("user.idfv", string),
    Row(
        "user.att_status",
        one_of("AUTHORIZED", "DENIED", "NOT_DETERMINED", "RESTRICTED", "NOT_APPLICABLE"),
    ),
    Row("page.url", http_url),
    Row("page.url", http_url, required=True, sources=WEB),
    Row("page.referrer", string),
    # TikTok documents it as required; batches from servers often name no app, so it is demanded on request only.
    Row("app.app_id", filled, required=True, sources=APP, option="require_app_id"),
    Row("app.app_id", string),
    Row("app.app_name", string),
    Row("app.app_version", string),
    Row("ad.callback", ttclid),
    Row("ad.campaign_id", string),
    Row("ad.ad_id", string),
    Row("ad.creative_id", string),
    Row("ad.is_retargeting", boolean),
    Row("ad.attributed", boolean),
    Row("ad.attribution_type", string),
    Row("ad.attribution_provider", string),
    Row("limited_data_use", boolean),
    Row("lead.lead_id", filled, required=True, sources=CRM),
    *_PROPERTIES,
    Row("context", forbidden),
    Row("timestamp", forbidden),
    Row("pixel_code", forbidden),
    Row("event_source", forbidden),
    Row("event_source_id", forbidden),
    Row("test_event_code", forbidden),  # TikTok passes it over, and the test counts as a real event
)

TRACK_REQUEST = (
    Row("pixel_code", forbidden),
    Row("batch", forbidden),
    Row("context", forbidden),
    Row(
        "event_source",
        one_of("web", "app", "offline", "crm", says="must be web, app or offline"),
        required=True,
    ),
    Row("event_source_id", filled, required=True),
    Row("test_event_code", filled),
    Row("partner_name", filled),
)

LEGACY_EVENT = (
    Row("type", one_of("track"), required=True),
    Row("event", event_name, required=True),
    Row("event_id", string),
    Row("timestamp", iso_8601),
    Row("context.page.url", http_url, required=True),
    Row("context.page.referrer", string),
    Row("context.ad.callback", ttclid),
    Row("context.user.email", hashed),
    Row("context.user.phone_number", hashed),
    Row("context.user.external_id", hashed),
    Row("context.user.ttp", unhashed),
    Row("context.ip", public_ip),
    Row("context.user_agent", string),
    *_PROPERTIES,
    Row("user", forbidden),
    Row("page", forbidden),
    Row("event_time", forbidden),
    Row("pixel_code", forbidden),
    Row("event_source", forbidden),
    Row("event_source_id", forbidden),
    Row("test_event_code", forbidden),
)

LEGACY_REQUEST = (
    Row("event_source", forbidden),
    Row("event_source_id", forbidden),
    Row("data", forbidden),
    Row("pixel_code", filled, required=True),
    Row("test_event_code", filled),
    Row("partner_name", filled),
)


class Endpoint(NamedTuple):
    """One of TikTok's two APIs."""

    path: str
    events: str
    """The field that holds the events."""
    source: str
    """The field that names the event source."""
    max_events: int
    request: tuple[Row, ...]
    event: tuple[Row, ...]


TRACK = Endpoint("/open_api/v1.3/event/track/", "data", "event_source_id", 1000, TRACK_REQUEST, TRACK_EVENT)
LEGACY = Endpoint("/open_api/v1.3/pixel/batch/", "batch", "pixel_code", 50, LEGACY_REQUEST, LEGACY_EVENT)
ENDPOINTS = (TRACK, LEGACY)


def code_of(complaint: str) -> int:
    """The code that TikTok answers a complaint with."""
    return PII_NOT_HASHED if complaint == NOT_HASHED else PARAM_ERROR
