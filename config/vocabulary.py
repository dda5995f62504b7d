"""The words that a configuration file may use, as tables (C, N and M of docs/mapping.md; TikTok's event names)."""

from collections.abc import Mapping
from typing import get_args

from config.additional_fields import ADDITIONAL_PARAMETERS
from config.model import (
    ContentType,
    DriftAlert,
    EventSourceType,
    EventType,
    ForEach,
    InvalidTtclid,
    Platform,
    Source,
    Take,
)

PLATFORMS: tuple[Platform, ...] = get_args(Platform)
EVENT_SOURCE_TYPES: tuple[EventSourceType, ...] = get_args(EventSourceType)
EVENT_SOURCE_TYPE_ALIASES = {"offline": "feed"}  # C2
CONTENT_TYPES: tuple[ContentType, ...] = get_args(ContentType)
INVALID_TTCLID: tuple[InvalidTtclid, ...] = get_args(InvalidTtclid)
DRIFT_ALERTS: tuple[DriftAlert, ...] = get_args(DriftAlert)
ENVIRONMENTS = ("production", "development", "unknown")

IDENTITY_TYPES = (
    "customer_id",
    "email",
    "facebook",
    "twitter",
    "google",
    "microsoft",
    "yahoo",
    "alias",
    "facebook_custom_audience_id",
    "other",
    *(f"other_id_{n}" for n in range(2, 11)),
    "mobile_number",
    "phone_number_2",
    "phone_number_3",
)

MPID = "mpid"
LOGIN_IDENTITIES: tuple[str, ...] = ("customer_id", "email")
"""A user who has one of these is known: `logged_in_only`."""
EXTERNAL_IDENTITY_TYPES = (*IDENTITY_TYPES, MPID)
"""mParticle's own id of a user may be the external id, because anonymous web users have no other."""

# N1–N5: the TikTok event for a product action that no custom mapping matches.
NATIVE_EVENTS: Mapping[str, str] = {
    "add_to_cart": "AddToCart",
    "add_to_wishlist": "AddToWishlist",
    "purchase": "PlaceAnOrder",
    "checkout": "InitiateCheckout",
    "view_detail": "ViewContent",
}

EVENT_TYPES: tuple[EventType, ...] = get_args(EventType)
DEFAULT_FOR: tuple[EventType, ...] = ("custom_event", "screen_view")
PRODUCT_ACTIONS = (
    "add_to_cart",
    "remove_from_cart",
    "checkout",
    "checkout_option",
    "click",
    "view_detail",
    "purchase",
    "refund",
    "add_to_wishlist",
    "remove_from_wish_list",
)
# mParticle's clients write both spellings.
PRODUCT_ACTION_ALIASES = {"remove_from_wishlist": "remove_from_wish_list"}
CUSTOM_EVENT_TYPES = (
    "navigation",
    "location",
    "search",
    "transaction",
    "user_content",
    "user_preference",
    "social",
    "other",
    "media",
    "attribution",
    "unknown",
)

# What `field:`, `product:` and `promotion:` of a parameter may name.
EVENT_FIELDS = (
    "currency_code",
    "total_amount",
    "tax_amount",
    "shipping_amount",
    "transaction_id",
    "coupon_code",
    "affiliation",
    "checkout_step",
    "checkout_options",
    "product_action_list",
    "product_list_source",
    "event_name",
    "screen_name",
    "page_url",
)
PRODUCT_FIELDS = (
    *("id", "name", "category", "brand", "variant", "price", "quantity", "position", "coupon_code"),
    "total_product_amount",
)
PROMOTION_FIELDS = ("id", "name", "creative", "position")

# What `field:` and `batch:` of a condition may name.
KIND_FIELDS = ("event_type", "action", "custom_event_type")
"""The words that say what kind of event it is."""
BATCH_FIELDS = ("environment", "app_name", "app_version", "package", "os", "ccpa_opt_out", "limits_tracking")

PRODUCT_SOURCES: frozenset[Source] = frozenset({"product", "product_attribute"})
"""The sources of a parameter that read each product."""
TAKE: tuple[Take, ...] = get_args(Take)
FOR_EACH: tuple[ForEach, ...] = get_args(ForEach)

# M2: the parameters of each TikTok event. CONTENT_PARAMETERS build `contents` (M2b).
_PAGE_CONTENTS = frozenset({"price", "quantity", "content_id", "content_name", "content_category"})
CONTENT_PARAMETERS = _PAGE_CONTENTS | {"brand"}
NUMBER_PARAMETERS = frozenset(
    {"price", "quantity", "value"}
    | {name for name, field in ADDITIONAL_PARAMETERS.items() if field.form in ("number", "whole", "year")}
)
LIST_PARAMETERS = frozenset(name for name, field in ADDITIONAL_PARAMETERS.items() if field.form == "list")
EVERY_PARAMETER = _PAGE_CONTENTS | {"currency", "value", "query", "description", *ADDITIONAL_PARAMETERS}
"""What TikTok documents for standard events; custom events carry the same."""
_ANY = frozenset({"description"})
_COMMERCE = _ANY | {"currency", "value"} | _PAGE_CONTENTS

PAGE_EVENTS: Mapping[str, frozenset[str]] = {
    "AddPaymentInfo": _COMMERCE,
    "AddToCart": _COMMERCE,
    "AddToWishlist": _COMMERCE,
    "CompletePayment": _COMMERCE,
    "InitiateCheckout": _COMMERCE,
    "PlaceAnOrder": _COMMERCE,
    "ViewContent": _COMMERCE,
    "Search": _ANY | {"query"},
    "Subscribe": _ANY | {"currency", "value"},
    "ClickButton": _ANY,
    "Contact": _ANY,
    "Download": _ANY,
}
"""The events of mParticle's page with its parameters; `extra_parameters: true` adds all others."""

WEB_EVENTS: Mapping[str, frozenset[str]] = {
    **PAGE_EVENTS,
    **dict.fromkeys(
        (
            *("ApplicationApproval", "CompleteRegistration", "CustomizeProduct", "FindLocation", "Lead", "PageView"),
            *("Purchase", "Schedule", "StartTrial", "SubmitApplication", "SubmitForm"),
        ),
        EVERY_PARAMETER,
    ),
}

# TikTok's own names for app events, with its capitals; only app connections may use these too.
APP_EVENTS: Mapping[str, frozenset[str]] = dict.fromkeys(
    (
        *("AchieveLevel", "Checkout", "CompleteTutorial", "CreateGroup", "CreateRole", "GenerateLead", "InAppADClick"),
        *("InAppADImpr", "InstallApp", "JoinGroup", "LaunchAPP", "LoanApplication", "LoanApproval", "LoanDisbursal"),
        *("Login", "Rate", "Registration", "SpendCredits", "UnlockAchievement"),
    ),
    EVERY_PARAMETER,
)

TIKTOK_EVENTS: Mapping[str, frozenset[str]] = {**WEB_EVENTS, **APP_EVENTS}


def carried_by(event: str, *, extra: bool = False) -> frozenset[str]:
    """Return the parameters that a TikTok event may carry; `extra` adds those beyond mParticle's page (M2)."""
    return EVERY_PARAMETER if extra else TIKTOK_EVENTS.get(event, EVERY_PARAMETER)


MOST_CUSTOM_EVENTS = 50
"""The most different custom event names of one connection."""


def custom_event_note(event: str) -> str:
    """Return the sentence about a custom event, for check and preview."""
    return f"{event} is a custom event: TikTok counts it, and no campaign can optimise for it"


# Names that TikTok reads as a standard event, so that no custom event may have them (tiktok-api.md §6.2).
RESERVED_NAMES: Mapping[str, str] = {
    "AddBilling": "AddPaymentInfo",
    "Browse": "PageView",
    "Checkout": "PlaceAnOrder",
    "ClickForm": "Lead",
    "ClickInDownloadPage": "ClickButton",
    "ClickToDownload": "Download",
    "Consult": "Contact",
    "ConsultByPhone": "Contact",
    "Registration": "CompleteRegistration",
    "StartCheckout": "InitiateCheckout",
    "ViewConsultationPage": "ViewContent",
    "ViewDownloadPage": "ViewContent",
    "ViewForm": "ViewContent",
}

# Events that TikTok accepts until some time in 2027 and does not convert to a newer name (N3), and what to do instead.
# `{payment}` is the payment event of the connection's kind.
RETIRING_EVENTS: Mapping[str, str] = {
    "PlaceAnOrder": ", and value-based optimisation needs a payment event instead;"
    " send one with `native_events: {{purchase: {payment}}}` or a custom mapping",
    "ClickButton": "; map these events to another",
}
WEB_PAYMENT = "CompletePayment"
APP_PAYMENT = "Purchase"

# TikTok's names for web events that have another name as app events (tiktok-api.md §6.3).
APP_NAMES: Mapping[str, str] = {
    "CompletePayment": APP_PAYMENT,
    "InitiateCheckout": "Checkout",
    "CompleteRegistration": "Registration",
    "Lead": "GenerateLead",
    "SubmitForm": "GenerateLead",
}
