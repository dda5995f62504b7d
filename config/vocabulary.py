"""The words a configuration file may use, as tables (product.md C, N, M; spec of TikTok's event names)."""

from collections.abc import Mapping

PLATFORMS = ("web", "ios", "android", "feed")
EVENT_SOURCE_TYPES = ("web", "feed", "app", "legacy_pixel_batch_web")
EVENT_SOURCE_TYPE_ALIASES = {"offline": "feed"}  # C2
CONTENT_TYPES = ("product", "product_group")
INVALID_TTCLID = ("dead_letter", "drop_field")
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
"""mParticle's own id of a user may be the external id: anonymous web users have no other."""

# N1–N5: what a product action becomes when no custom mapping takes the event.
NATIVE_EVENTS: Mapping[str, str] = {
    "add_to_cart": "AddToCart",
    "add_to_wishlist": "AddToWishlist",
    "purchase": "PlaceAnOrder",
    "checkout": "InitiateCheckout",
    "view_detail": "ViewContent",
}

EVENT_TYPES = ("commerce_event", "custom_event", "screen_view")
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
# mParticle's clients write both; the first spelling becomes the second.
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

# M2: what a target may carry. CONTENT parameters build `contents` (M2b).
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

# TikTok's own names for app events, odd capitals included; only app connections may use these besides the ones above.
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

# Events that TikTok takes until some time in 2027 and converts to no newer name (N3), and what to do instead.
# `{payment}` stands for the payment event of the connection's kind.
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
