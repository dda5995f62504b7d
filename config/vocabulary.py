"""The words that a configuration file may use, as tables (C, N and M of docs/mapping.md; TikTok's event names)."""

from collections.abc import Mapping
from typing import get_args

from config.model import ContentType, EventSourceType, EventType, InvalidTtclid, Platform

PLATFORMS: tuple[Platform, ...] = get_args(Platform)
EVENT_SOURCE_TYPES: tuple[EventSourceType, ...] = get_args(EventSourceType)
EVENT_SOURCE_TYPE_ALIASES = {"offline": "feed"}  # C2
CONTENT_TYPES: tuple[ContentType, ...] = get_args(ContentType)
INVALID_TTCLID: tuple[InvalidTtclid, ...] = get_args(InvalidTtclid)
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

# What `field:` and `product:` of a parameter may name.
EVENT_FIELDS = (
    "currency_code",
    "total_amount",
    "tax_amount",
    "shipping_amount",
    "transaction_id",
    "coupon_code",
    "affiliation",
    "event_name",
)
PRODUCT_FIELDS = ("id", "name", "category", "brand", "variant", "price", "quantity", "position", "coupon_code")
PROMOTION_FIELDS = ("id", "name", "creative", "position")

# What `field:` and `batch:` of a condition may name.
KIND_FIELDS = ("event_type", "action", "custom_event_type")
"""The words that say what kind of event it is."""
BATCH_FIELDS = ("environment", "app_name", "app_version", "package", "os", "ccpa_opt_out", "limits_tracking")

# M2: the parameters of each TikTok event. CONTENT_PARAMETERS build `contents` (M2b).
CONTENT_PARAMETERS = frozenset({"price", "quantity", "content_id", "content_name", "content_category"})
NUMBER_PARAMETERS = frozenset({"price", "quantity", "value"})
_ANY = frozenset({"description"})
_MONEY = _ANY | {"currency", "value"}
_COMMERCE = _MONEY | CONTENT_PARAMETERS
_SEARCH = _ANY | {"query"}

WEB_EVENTS: Mapping[str, frozenset[str]] = {
    "AddPaymentInfo": _COMMERCE,
    "AddToCart": _COMMERCE,
    "AddToWishlist": _COMMERCE,
    "CompletePayment": _COMMERCE,
    "InitiateCheckout": _COMMERCE,
    "PlaceAnOrder": _COMMERCE,
    "Purchase": _COMMERCE,
    "ViewContent": _COMMERCE,
    "Search": _SEARCH,
    "StartTrial": _MONEY,
    "Subscribe": _MONEY,
    "ApplicationApproval": _ANY,
    "ClickButton": _ANY,
    "CompleteRegistration": _ANY,
    "Contact": _ANY,
    "CustomizeProduct": _ANY,
    "Download": _ANY,
    "FindLocation": _ANY,
    "Lead": _ANY,
    "Schedule": _ANY,
    "SubmitApplication": _ANY,
    "SubmitForm": _ANY,
}

# TikTok's own names for app events, with its capitals; only app connections may use these too.
APP_EVENTS: Mapping[str, frozenset[str]] = {
    "Checkout": _COMMERCE,
    "AchieveLevel": _ANY,
    "CompleteTutorial": _ANY,
    "CreateGroup": _ANY,
    "CreateRole": _ANY,
    "GenerateLead": _ANY,
    "InAppADClick": _ANY,
    "InAppADImpr": _ANY,
    "InstallApp": _ANY,
    "JoinGroup": _ANY,
    "LaunchAPP": _ANY,
    "LoanApplication": _ANY,
    "LoanApproval": _ANY,
    "LoanDisbursal": _ANY,
    "Login": _ANY,
    "Rate": _ANY,
    "Registration": _ANY,
    "SpendCredits": _ANY,
    "UnlockAchievement": _ANY,
}

TIKTOK_EVENTS: Mapping[str, frozenset[str]] = {**WEB_EVENTS, **APP_EVENTS}

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
