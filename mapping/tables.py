"""The tables E, U, P, X, A, T, V and L of docs/mapping.md: each value's field and rule.

They are the complete list of fields. `plan.compile_plan` turns the rows of a route into functions, once for each
connection.
"""

from typing import NamedTuple

from config.additional_fields import ADDITIONAL_FIELDS, ADDITIONAL_PARAMETERS, PROPERTIES, AdditionalField
from config.dead_letter_reasons import INTERNAL_ERROR, MISSING_LEAD_ID
from config.routes import RouteName
from mapping.fields.additional import item_count, locale, rule_of
from mapping.fields.consent import advertising_id_hash, att_status, limited, permitted_idfa, permitted_idfv
from mapping.fields.rules import (
    PerConnection,
    Rule,
    app_id,
    click_id,
    click_id_or_the_pages,
    email_hashes,
    event_time,
    external_id_hashes,
    identifier,
    meaningful,
    name_hash,
    phone_hashes,
    plain_city,
    plain_country,
    plain_state,
    user_ip,
    zip_code_hash,
)
from mapping.fields.web import MISSING_PAGE, MISSING_URL, ttp, web_url, web_url_or_page
from mapping.incoming.flags import CALLBACK, REFERRER, URL
from mapping.results import OmitField, RejectEvent
from mapping.sources import (
    APP_OF_EVENT,
    ATT_ANSWER,
    CLICK,
    EVENT_ID,
    IDFA_ASKED_FOR,
    IDFV_ASKED_FOR,
    LEAD_EVENT_SOURCE,
    LEAD_ID,
    LOCALE,
    MOMENT,
    OPT_OUT,
    PAGE,
    TIKTOK_EVENT,
    Source,
    action,
    address,
    advertising,
    application,
    attribute,
    connection_setting,
    contents,
    device,
    event,
    event_attribute,
    flag,
    identity,
    partner,
    product,
    quantities,
)
from mapping.values import currency, descriptive, number, quantity, text, truth

EVERY: frozenset[RouteName] = frozenset({"legacy", "web", "app", "offline", "crm"})
CRM: frozenset[RouteName] = frozenset({"crm"})  # takes what TikTok documents for CRM events, and no more
TRACK: frozenset[RouteName] = EVERY - {"legacy"}  # Events API 2.0
SEEN: frozenset[RouteName] = EVERY - CRM  # events that a browser, an app or a till saw
SEEN_TRACK: frozenset[RouteName] = SEEN - {"legacy"}
PAGES: frozenset[RouteName] = frozenset({"legacy", "web"})  # events that happen on a page
WEB: frozenset[RouteName] = frozenset({"web"})
APP: frozenset[RouteName] = frozenset({"app"})


class Row(NamedTuple):
    """One row. `track` and `legacy` are the field's paths in the two APIs; None where an API has no such field."""

    id: str
    source: Source
    track: str | None
    legacy: str | None
    rule: Rule | PerConnection
    routes: frozenset[RouteName] = EVERY
    missing: RejectEvent | OmitField | None = None
    """What happens to an event without the value: RejectEvent or OmitField; None: nothing."""
    needs_setting: str | None = None
    """The connection's setting that must be on; the row then replaces any row before it with the same path."""
    additional: bool = False
    """Whether the field is sent only where `also_send` names it. Then a value that is refused is only omitted."""


ATT = "att_withholds_idfa"
FROM_URL = "ttclid_from_url"
OWN_PAGE = "page_url_fallback"
NO_ID = RejectEvent(INTERNAL_ERROR.code, "is missing, and ingest generated no id: a defect of relay, please report it")
NO_LEAD_ID = RejectEvent(
    MISSING_LEAD_ID.code,
    "is missing, and the user attribute of that name too: TikTok takes no CRM event without the id of its lead. "
    "Send it, or name the attribute that holds it with lead_id_attribute",
)
NO_APP_ID = OmitField(
    "absent, and TikTok's documentation requires it of app events, so TikTok may refuse this one: "
    "have the app's batches carry application_info.package, or set app_id"
)

ADDRESS = Row("E4", address("ip"), "user.ip", "context.ip", user_ip, SEEN)

FIELDS = (
    Row("E1", TIKTOK_EVENT, "event", "event", text),
    Row("E2", EVENT_ID, "event_id", "event_id", text, missing=NO_ID),
    Row("E3", MOMENT, "event_time", "timestamp", event_time),
    ADDRESS,
    Row("E5", device("http_header_user_agent"), "user.user_agent", "context.user_agent", meaningful, SEEN),
    Row("E6", flag(URL), "page.url", "context.page.url", web_url, PAGES, MISSING_URL),
    Row("E6", PAGE, "page.url", "context.page.url", web_url_or_page, PAGES, MISSING_PAGE, needs_setting=OWN_PAGE),
    Row("E6", flag(URL), "page.url", None, web_url, SEEN - PAGES),
    Row("E7", flag(REFERRER), "page.referrer", "context.page.referrer", descriptive, SEEN),
    Row("E8", flag(CALLBACK), "user.ttclid", "context.ad.callback", click_id, SEEN - APP),
    Row("E8", flag(CALLBACK), "ad.callback", None, click_id, APP),
    Row("E9", identity("email_identity_type"), "user.email[]", "context.user.email", email_hashes),
    Row("E9", identity("external_identity_type"), "user.external_id[]", "context.user.external_id", external_id_hashes),
    Row("E9", identity("phone_identity_type"), "user.phone[]", "context.user.phone_number", phone_hashes),
    Row("E10", advertising("android_advertising_id"), "user.gaid", None, advertising_id_hash, SEEN_TRACK),
    Row("E10", advertising("ios_advertising_id"), "user.idfa", None, advertising_id_hash, SEEN_TRACK),
    Row("E11", partner("tiktok_cookie_id"), "user.ttp", "context.user.ttp", ttp, PAGES),
    Row("E12", application("package"), "app.app_id", None, meaningful, APP, NO_APP_ID),
    Row("E12", APP_OF_EVENT, "app.app_id", None, app_id, APP, NO_APP_ID, needs_setting="app_id"),
    Row("E12", application("package"), "app.app_id", None, meaningful, SEEN_TRACK - APP),
    Row("E12", application("application_name"), "app.app_name", None, meaningful, SEEN_TRACK),
    Row("E12", application("application_version"), "app.app_version", None, meaningful, SEEN_TRACK),
    Row("U1", attribute("$FirstName"), "user.first_name", None, name_hash, WEB),
    Row("U2", attribute("$LastName"), "user.last_name", None, name_hash, WEB),
    Row("U3", attribute("$City"), "user.city", None, plain_city, WEB),
    Row("U4", attribute("$State"), "user.state", None, plain_state, WEB),
    Row("U5", attribute("$Country"), "user.country", None, plain_country, WEB),
    Row("U6", attribute("$Zip"), "user.zip_code", None, zip_code_hash, WEB),
    Row("U7", attribute("campaignId"), "ad.campaign_id", None, identifier, WEB),
    Row("U8", attribute("adId"), "ad.ad_id", None, identifier, WEB),
    Row("U9", attribute("creativeId"), "ad.creative_id", None, identifier, WEB),
    Row("U10", attribute("isRetargeting"), "ad.is_retargeting", None, truth, WEB),
    Row("U11", attribute("attributed"), "ad.attributed", None, truth, WEB),
    Row("U12", attribute("attributionType"), "ad.attribution_type", None, meaningful, WEB),
    Row("U13", attribute("attributionProvider"), "ad.attribution_provider", None, meaningful, WEB),
    Row("X1", OPT_OUT, "limited_data_use", None, limited, WEB | APP, needs_setting="ccpa_limited_data_use"),
    Row("X3", IDFA_ASKED_FOR, "user.idfa", None, permitted_idfa, SEEN_TRACK, needs_setting=ATT),
    Row("X3", ATT_ANSWER, "user.att_status", None, att_status, APP, needs_setting=ATT),
    Row("X4", CLICK, "user.ttclid", "context.ad.callback", click_id_or_the_pages, SEEN - APP, needs_setting=FROM_URL),
    Row("X4", CLICK, "ad.callback", None, click_id_or_the_pages, APP, needs_setting=FROM_URL),
    Row("A1", LOCALE, "user.locale", None, locale, WEB | APP, additional=True),
    Row("A2", IDFV_ASKED_FOR, "user.idfv", None, permitted_idfv, APP, additional=True),
    Row("A3", ATT_ANSWER, "user.att_status", None, att_status, APP, additional=True),
    Row("A4", attribute("campaignId"), "ad.campaign_id", None, identifier, APP, additional=True),
    Row("A5", attribute("adId"), "ad.ad_id", None, identifier, APP, additional=True),
    Row("A6", attribute("creativeId"), "ad.creative_id", None, identifier, APP, additional=True),
    Row("A7", attribute("isRetargeting"), "ad.is_retargeting", None, truth, APP, additional=True),
    Row("A8", attribute("attributed"), "ad.attributed", None, truth, APP, additional=True),
    Row("A9", attribute("attributionType"), "ad.attribution_type", None, meaningful, APP, additional=True),
    Row("A10", attribute("attributionProvider"), "ad.attribution_provider", None, meaningful, APP, additional=True),
    Row("L1", LEAD_ID, "lead.lead_id", None, identifier, CRM, NO_LEAD_ID),
    Row("L2", LEAD_EVENT_SOURCE, "lead.lead_event_source", None, meaningful, CRM),
)

CONTENT = "properties.contents[]"

# The fields of a native event; a custom mapping lists its own (M2b).
COMMERCE = (
    Row("P1", event("currency_code"), "properties.currency", "properties.currency", currency),
    Row("P2", action("total_amount"), "properties.value", "properties.value", number),
    Row("P3", product("price"), f"{CONTENT}.price", f"{CONTENT}.price", number),
    Row("P4", product("quantity"), f"{CONTENT}.quantity", f"{CONTENT}.quantity", quantity),
    Row("P5", product("id"), f"{CONTENT}.content_id", f"{CONTENT}.content_id", text),
    Row("P6", product("category"), f"{CONTENT}.content_category", f"{CONTENT}.content_category", descriptive),
    Row("P7", product("name"), f"{CONTENT}.content_name", f"{CONTENT}.content_name", descriptive),
)

# Sent with every event that has contents, native or mapped.
CONTENT_TYPE = Row("P8", connection_setting("content_type"), "properties.content_type", f"{CONTENT}.content_type", text)

# Sent with every event that has contents, or a product action with a transaction; native or mapped. Each id once.
IDS = contents("content_id")
CONTENT_IDS = Row("X5", IDS, "properties.content_ids", None, text, TRACK, needs_setting="send_content_ids")
ORDER_ID = Row("X7", action("transaction_id"), "properties.order_id", None, text, TRACK, needs_setting="send_order_id")

BRAND = Row("A11", product("brand"), f"{CONTENT}.brand", None, descriptive, TRACK, additional=True)
NUM_ITEMS = Row("A12", quantities(), "properties.num_items", None, item_count, TRACK, additional=True)


def _additional(field: AdditionalField) -> Row:
    """Return the row of a field that the event attribute of its name fills."""
    source = event_attribute(field.parameter, whole=field.form in ("list", "range"))
    legacy = field.path if "legacy" in field.routes else None
    return Row(field.id, source, field.path, legacy, rule_of(field), field.routes, additional=True)


# Sent with every event, native or mapped, where `also_send` names them.
OF_ATTRIBUTES = tuple(
    _additional(field)
    for field in ADDITIONAL_FIELDS.values()
    if field.path.startswith(PROPERTIES) and field.path not in (BRAND.track, NUM_ITEMS.track)
)


class ParameterRow(NamedTuple):
    """The field and the rule of a custom mapping's parameter (M2), on `routes`.

    `needs_setting`: the connection's setting that must be on (X6); None: always. A parameter that is `additional` never
    costs the event: a value that is refused is only omitted. One that `takes_list` reads a list as it is.
    """

    name: str
    path: str
    rule: Rule
    needs_setting: str | None = None
    routes: frozenset[RouteName] = EVERY
    additional: bool = False
    takes_list: bool = False


PARAMETERS = (
    ParameterRow("price", f"{CONTENT}.price", number),
    ParameterRow("quantity", f"{CONTENT}.quantity", quantity),
    ParameterRow("content_id", f"{CONTENT}.content_id", text),
    ParameterRow("content_name", f"{CONTENT}.content_name", descriptive),
    ParameterRow("content_category", f"{CONTENT}.content_category", descriptive),
    ParameterRow("currency", "properties.currency", currency),
    ParameterRow("value", "properties.value", number),
    ParameterRow("query", "properties.query", text),
    ParameterRow("query", "properties.search_string", text, needs_setting="send_search_string", routes=TRACK),
    ParameterRow("description", "properties.description", descriptive),
    *(
        ParameterRow(name, field.path, rule_of(field), None, field.routes, True, field.form in ("list", "range"))
        for name, field in ADDITIONAL_PARAMETERS.items()
    ),
)
