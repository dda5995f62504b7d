"""Each line of the table in docs/control.md, read from the document: its setting withholds or omits what it says."""

import re
import textwrap
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from config.file import check_text
from config.model import Connection
from mapping.plan import compile_plan
from mapping.results import Mapped, Withheld

Json = dict[str, Any]

DOCUMENT = Path(__file__).parents[3] / "docs" / "control.md"
FILE = """\
inputs:
  - {id: web, platform: web, api_key: k, api_secret: s}
connections:
  - id: shop
    inputs: [web]
    access_token: ${TOKEN}
    event_source_id: CUSG5HBC77UD11VVRQEG
    enable_web_migration: true
    custom_mappings:
      - tiktok_event: Search
        match: {event_type: custom_event, name: Site Search}
        parameters: {description: {attribute: path}}
"""
BATCH: Json = {"user_identities": {"customer_id": "c-1", "email": "jane@shop.example"}, "mpid": "7"}
SEARCH: Json = {
    "event_type": "custom_event",
    "data": {
        "event_name": "Site Search",
        "custom_attributes": {"path": "/shop"},
        "custom_flags": {"TikTok.URL": "https://shop.example"},
    },
}
ADMIN: Json = {**SEARCH, "data": {**SEARCH["data"], "custom_attributes": {"path": "/admin/users"}}}


class Line(NamedTuple):
    """An event and its batch that are sent, others that are withheld by a rule; or a field that is omitted."""

    sent: tuple[Json, Json] | None = None
    withheld: tuple[Json, Json] | None = None
    rule: str = ""
    omitted: str = ""


def commerce(action: str = "purchase", **data: Any) -> Json:
    products = {"products": data.pop("products")} if "products" in data else {}
    amount = {"total_amount": data.pop("total_amount")} if "total_amount" in data else {}
    flags = {"custom_flags": {"TikTok.URL": "https://shop.example"}}
    return {
        "event_type": "commerce_event",
        "data": {**flags, **data, "product_action": {"action": action, **amount, **products}},
    }


def attributes(**values: Any) -> Json:
    return commerce(custom_attributes=values)


def product(**values: Any) -> Json:
    return commerce(products=[{"id": "p-1", **values}])


def consent(given: Any) -> Json:
    return {"consent_state": {"gdpr": {"marketing": {"consented": given}}}}


def opted_out(answer: Any) -> Json:
    return {"consent_state": {"ccpa": {"data_sale_opt_out": {"consented": answer}}}}


PROMOTION = commerce(promotion_action={"action": "view", "promotions": [{"id": "summer"}]})
BUY = commerce()
NAMED: Json = {"user_attributes": {"$FirstName": "Jane"}}

LINES: dict[str, Line] = {
    "data filter: a commerce event off": Line(
        (BUY, {}), (commerce("view_detail"), {}), "native_events: view_detail off"
    ),
    "data filter: a custom event off": Line((BUY, {}), (SEARCH, {}), "never_if 1: field event_name in Site Search"),
    "data filter: a user attribute off": Line(sent=(BUY, NAMED), omitted="user.first_name"),
    "data filter: a user identity off": Line(sent=(BUY, {}), omitted="user.email"),
    "data filter: an event attribute off": Line(sent=(SEARCH, {}), omitted="properties.description"),
    "forwarding rule: only where an event attribute has a value": Line(
        (attributes(channel="Shop"), {}), (attributes(channel="app"), {}), "only_if 1: attribute channel in web, shop"
    ),
    "forwarding rule: never where an event attribute has a value": Line(
        (BUY, {}), (attributes(channel="internal"), {}), "never_if 1: attribute channel is internal"
    ),
    "forwarding rule: only where a user attribute has a value": Line(
        (BUY, {"user_attributes": {"tier": "gold"}}), (BUY, {}), "only_if 1: user_attribute tier is gold"
    ),
    "forwarding rule: never where a user attribute has a value": Line(
        (BUY, {}), (BUY, {"user_attributes": {"internal": True}}), "never_if 1: user_attribute internal is true"
    ),
    "forwarding rule: only with consent to a GDPR purpose": Line(
        (BUY, consent(True)), (BUY, consent(False)), "only_if 1: gdpr_consent marketing is true"
    ),
    "forwarding rule: never without consent to a GDPR purpose": Line((BUY, consent(True)), (BUY, {}), "gdpr_purpose"),
    "forwarding rule: never where CCPA data sale is opted out": Line(
        (BUY, opted_out(False)), (BUY, opted_out(True)), "never_if 1: batch ccpa_opt_out is true"
    ),
    "forwarding rule: never where the device limits tracking": Line(
        (BUY, {"device_info": {"limit_ad_tracking": False}}),
        (BUY, {"device_info": {"limit_ad_tracking": True}}),
        "never_if 1: batch limits_tracking is true",
    ),
    "forwarding rule: known users only": Line((BUY, {}), (BUY, {"user_identities": {}}), "logged_in_only"),
    "user sampling": Line((BUY, {"mpid": "8"}), (BUY, {"mpid": "1"}), "sample 25%"),
    "minimum app version": Line(
        (BUY, {"application_info": {"application_version": "3.10"}}),
        (BUY, {"application_info": {"application_version": "3.1.9"}}),
        "only_if 1: batch app_version greater 3.1.9",
    ),
    "environment of a connection": Line((BUY, {}), (BUY, {"environment": "development"}), "environment"),
    "product condition": Line(
        (product(category="Shoes"), {}), (product(category="Hats"), {}), "only_if 1: product category is shoes"
    ),
    "product attribute condition": Line(
        (product(custom_attributes={"size": "XL"}), {}), (BUY, {}), "only_if 1: product_attribute size is xl"
    ),
    "promotion condition": Line((BUY, {}), (PROMOTION, {}), "never_if 1: promotion id is summer"),
    "filter: event property (Segment `!contains`, RudderStack denylist)": Line(
        (SEARCH, {}), (ADMIN, {}), "never_if 1: attribute path contains /admin"
    ),
    "filter: event names (RudderStack allowlist)": Line(
        (BUY, {}), (SEARCH, {}), "only_if 1: field event_name in eCommerce - Purchase"
    ),
    "filter: by pattern (Segment `match`)": Line(
        (BUY, {"user_identities": {"email": "jane@other.example"}}), (BUY, {}), "never_if 1: identity email matches …"
    ),
    "filter: by amount": Line(
        (commerce(total_amount="10.01"), {}),
        (commerce(total_amount=10), {}),
        "only_if 1: field total_amount greater 10",
    ),
    "connection switched off": Line(None, (BUY, {}), "enabled: false"),
}


def documented() -> dict[str, str]:
    """Return the lines of the table: what is had elsewhere, and the setting here."""
    [part] = re.findall(
        r"<!-- control -->(.*?)<!-- end of control -->", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL
    )
    rows = re.findall(r"^\| (.+?) \| `(.+)` \|$", part, re.MULTILINE)
    assert len(rows) == part.count("\n|") - 2
    return dict(rows)


DOCUMENTED = documented()


def connection(setting: str) -> Connection:
    """Return the connection of a file with this setting."""
    setting = setting.replace("\\\\", "\\") if "matches" not in setting else setting
    below = setting.startswith(("only_if", "never_if", "logged_in_only", "sample"))
    line = f"forward: {{{setting}}}" if below else setting
    return check_text(FILE + textwrap.indent(line + "\n", " " * 4), "relay.yaml").connections["shop"]


def test_the_document_has_exactly_these_lines() -> None:
    assert [*DOCUMENTED] == [*LINES]


@pytest.mark.parametrize("name", LINES)
def test_line(name: str, bench: Any) -> None:
    line = LINES[name]
    settings = connection(DOCUMENTED[name])
    source = check_text(FILE, "relay.yaml").inputs["web"]
    plan, without = compile_plan(settings, source), compile_plan(connection("enabled: true"), source)
    if line.sent is not None:
        event, batch = line.sent
        assert isinstance(bench.one(plan, event, **{**BATCH, **batch}), Mapped)
    if line.omitted:
        event, batch = line.sent or (BUY, {})
        found = [bench.body(each, event, **{**BATCH, **batch}) for each in (without, plan)]
        outer, _, field = line.omitted.partition(".")
        assert [field in body.get(outer, {}) for body in found] == [True, False]
    if line.withheld is not None:
        event, batch = line.withheld
        if line.rule != "environment":
            assert isinstance(bench.one(without, event, **{**BATCH, **batch}), Mapped)
        assert rule_of(bench, plan, event, {**BATCH, **batch}) == line.rule


def rule_of(bench: Any, plan: Any, event: Json, batch: Json) -> str:
    """Return the rule by which ingest or the mapping withholds an event; both say the same where ingest can tell."""
    refused = bench.refused(plan, None, **batch)
    if refused is not None and refused.rule == "enabled: false":
        return str(refused.rule)
    result = bench.one(plan, event, **batch)
    assert isinstance(result, Withheld)
    assert refused in (None, result)
    return result.rule
