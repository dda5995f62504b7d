"""`forward`, switches and `omit` in a file: what is read, what is refused with its line, what is warned about."""

import pytest

from config.errors import ConfigurationError
from config.file import check_text
from config.model import Condition, Connection, Forward

# The settings of a case follow from line 9 on.
FILE = """\
inputs:
  - {id: in, platform: PLATFORM, api_key: k, api_secret: s}
connections:
  - id: shop
    inputs: [in]
    access_token: ${TOKEN}
    event_source_id: PIXEL1
    enable_web_migration: true
"""


def text_with(settings: str, platform: str = "web") -> str:
    lines = "".join(f"    {line}\n" for line in settings.splitlines())
    purchases = "" if "native_events" in settings else "    native_events: {purchase: CompletePayment}\n"
    return FILE.replace("PLATFORM", platform) + lines + purchases


def read(settings: str) -> Connection:
    return check_text(text_with(settings), "relay.yaml").connections["shop"]


def test_the_names_of_the_issue_are_read() -> None:
    connection = read(
        "forward:\n"
        "  only_if: [{attribute: channel, in: [web, shop]}]\n"
        '  never_if: [{user_attribute: internal, is: "true"}]\n'
        "  logged_in_only: false\n"
        "  sample: 25%\n"
        "native_events: {view_detail: off, purchase: CompletePayment}\n"
        "omit: [user.ip, page.referrer, 'properties.contents[].price']\n"
    )
    assert connection.forward == Forward(
        only_if=(Condition("attribute", "channel", "in", ("web", "shop")),),
        never_if=(Condition("user_attribute", "internal", "is", ("true",)),),
        sample_ppm=250_000,
    )
    assert connection.native_events == {"view_detail": None, "purchase": "CompletePayment"}
    assert connection.omit == ("user.ip", "page.referrer", "properties.contents.price")


@pytest.mark.parametrize("off", ["off", "OFF", "false", "no"])
def test_a_native_event_is_off_in_every_spelling_of_yaml(off: str) -> None:
    assert (
        read(f"native_events: {{view_detail: {off}, purchase: CompletePayment}}").native_events["view_detail"] is None
    )


@pytest.mark.parametrize(
    ("share", "ppm"), [("25%", 250_000), ("0.5%", 5_000), ("99.9999%", 999_999), ("0.0001%", 1), ("100%", None)]
)
def test_a_sample_is_a_share_in_percent(share: str, ppm: int | None) -> None:
    assert read(f"forward: {{sample: {share}}}").forward.sample_ppm == ppm


REFUSED = [
    ("forward: {sample: 25}", 9, "`sample` is `25`: allowed is a share of the users from 0.0001% to 100%, such as 25%"),
    ("forward: {sample: 101%}", 9, "from 0.0001% to 100%"),
    ("forward: {sample: 0%}", 9, "would withhold every event: write `enabled: false`"),
    (
        "forward: {only: []}",
        9,
        "`only` is no setting of `forward`. Did you mean `only_if`? Allowed are only_if, never_if, logged_in_only, s",
    ),
    ("forward: {never_iff: []}", 9, "Did you mean `never_if`?"),
    ("forward:\n  never_if:\n    - {atribute: a, is: b}", 11, "Did you mean `attribute`?"),
    ("forward:\n  never_if:\n    - {attribute: a, is: b}\n    - {attribute: a}", 12, "the condition has no operator"),
    ("forward:\n  only_if:\n    - attribute: a\n      greter: 5", 12, "Did you mean `greater`?"),
    ("forward: {logged_in_only: maybe}", 9, "allowed are true and false"),
    ("forward: [a]", 9, "`forward` must be a mapping, such as {only_if:"),
    ("forward: {only_if: {attribute: a, is: b}}", 9, "`only_if` must be a list, such as [{attribute: channel"),
    ("native_events: {view_detail: of}", 9, "Did you mean `off`?"),
    ("native_events: {veiw_detail: off}", 9, "Did you mean `view_detail`?"),
    (
        "omit: [user.id]",
        9,
        "`omit` names `user.id`, which relay never sends. Did you mean `user.idfv`? Allowed are event, event_id",
    ),
    ("omit: ['user.ip[]']", 9, "`omit` names `user.ip[]`, and `user.ip` is no list: write `user.ip`"),
    ("omit: ['user[].email']", 9, "`omit` names `user[].email`, and `user` is no list: write `user.email`"),
    ("omit: ['user.email[][]']", 9, "and `user.email[]` is no list: write `user.email`"),
    ("omit: ['properties.contents[].price[]']", 9, "and `properties.contents[].price` is no list"),
    ("omit: ['[]user.ip']", 9, "is no list: write `user.ip`"),
    ("omit: ['us[]er.ip']", 9, "and `us` is no list: write `user.ip`"),
    ("omit: [context.ip]", 9, "Did you mean `user.ip`?"),
    ("omit: [usr.email]", 9, "Did you mean `user.email`?"),
    ("omit: [contents.price]", 9, "Did you mean `properties.contents.price`?"),
    ("omit:\n  - user.ip\n  - page.url", 11, "`page.url` cannot be omitted from web events of this connection: TikTok"),
    ("omit: [page]", 9, "`page.url` cannot be omitted from web events"),
    ("omit: [event_id]", 9, "`event_id` cannot be omitted from web events"),
    ("omit: [limited_data_use]", 9, "`limited_data_use` cannot be omitted"),
]


@pytest.mark.parametrize(("settings", "line", "words"), REFUSED)
def test_a_mistake_is_refused_with_its_line(settings: str, line: int, words: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        check_text(text_with(settings), "relay.yaml")
    [problem] = refused.value.problems
    assert (problem.line, words in problem.message) == (line, True), problem


@pytest.mark.parametrize(
    ("platform", "path", "accepted"),
    [("web", "page.url", False), ("ios", "page.url", True), ("web", "app.app_id", True), ("ios", "app.app_id", False)],
)
def test_whether_a_field_can_be_omitted_depends_on_the_route(platform: str, path: str, accepted: bool) -> None:
    try:
        check_text(text_with(f"omit: [{path}]", platform), "relay.yaml")
    except ConfigurationError:
        assert not accepted
    else:
        assert accepted


CHECKOUTS = "custom_mappings: [{tiktok_event: InitiateCheckout, match: {action: checkout}}]"
SEARCHES = "custom_mappings: [{tiktok_event: Search, match: {name: x}, parameters: {query: {static: a}}}]"
NOTHING = "`shop` sends nothing because of this rule: "
WARNED = [
    (
        "forward:\n  only_if:\n  - {batch: os, is: ios}\n  - {batch: os, is: android}",
        12,
        f"{NOTHING}it never holds together with that of line 11",
    ),
    (
        "forward:\n  only_if:\n  - {attribute: a, exists: false}\n  - {attribute: a, is: x}",
        12,
        "it never holds together with that of line 11",
    ),
    (
        "forward:\n  only_if:\n  - {field: event_type, is: custom_event}\n  - {field: action, is: purchase}",
        12,
        "it never holds together with that of line 11",
    ),
    (
        "forward:\n  only_if:\n  - {field: total_amount, greater: 10}\n  - {field: total_amount, less: 5}",
        12,
        "it never holds together with that of line 11",
    ),
    (
        "forward:\n  only_if:\n  - {batch: app_version, greater: 3.2}\n  - {batch: app_version, less: 3.2.0}",
        12,
        "it never holds together with that of line 11",
    ),
    (
        "forward:\n  only_if:\n  - {field: total_amount, is: 5}\n  - {field: total_amount, greater: 10}",
        12,
        "it never holds together with that of line 11",
    ),
    (
        "forward:\n  only_if:\n  - {field: event_name, is: Search}\n  - {field: event_name, starts_with: Quiz}",
        12,
        "it never holds together with that of line 11",
    ),
    (
        "forward:\n  only_if:\n  - {field: event_type, is: screen_view}\n  - {product: id, is: a}",
        12,
        "it never holds together with that of line 11",
    ),
    (
        "forward:\n  only_if:\n  - {field: total_amount, is: 20}\n  - {field: total_amount, greater: 10}",
        12,
        "this rule of `only_if` has no effect: that of line 11 decides the same",
    ),
    (
        "forward:\n  only_if: [{attribute: a, is: X}]\n  never_if:\n  - {attribute: a, in: [x, y]}",
        12,
        f"{NOTHING}it withholds all that `only_if` of line 10 lets through",
    ),
    (
        "forward: {only_if: [{batch: environment, is: development}]}",
        9,
        f"{NOTHING}`environments` lets only production through",
    ),
    (
        "forward:\n  never_if:\n  - {attribute: a, contains: min}\n  - {attribute: a, is: admin}",
        12,
        "this rule of `never_if` has no effect: that of line 11 decides the same",
    ),
    (
        "forward:\n  never_if:\n  - {attribute: a, is: admin}\n  - {attribute: a, starts_with: adm}",
        11,
        "this rule of `never_if` has no effect: that of line 12 decides the same",
    ),
    (
        "forward:\n  never_if:\n  - {batch: app_version, less: 4.0}\n  - {batch: app_version, less: 3.10}",
        12,
        "that of line 11 decides the same",
    ),
    (
        "forward:\n  only_if:\n  - {attribute: a, is: x}\n  - {attribute: a, exists: true}",
        12,
        "this rule of `only_if` has no effect: that of line 11 decides the same",
    ),
    (
        "forward:\n  only_if: [{batch: os, is: ios}]\n  never_if: [{batch: os, is: android}]",
        11,
        "`only_if` of line 10 lets no such event through",
    ),
    (
        "forward: {never_if: [{batch: environment, is: development}]}",
        9,
        "`environments` lets no such event through",
    ),
    (
        f"native_events: {{checkout: off, purchase: CompletePayment}}\n{CHECKOUTS}",
        9,
        "`checkout: off` has no effect: a custom mapping takes every such event",
    ),
    (
        "native_events: {add_to_cart: off, add_to_wishlist: off, checkout: off, view_detail: off, purchase: off}",
        9,
        "`shop` sends nothing: every native event is off, and there is no custom mapping",
    ),
    ("omit: [ad.callback]", 9, "omitting `ad.callback` has no effect: no event of this connection has it"),
    ("omit:\n- user.ip\n- user.ip", 11, "omitting `user.ip` has no effect: an earlier path omits it"),
    ("enrich_ip_address: true\nomit: [user.ip]", 9, "`enrich_ip_address` has no effect: `omit` names user.ip"),
    (
        "gdpr_purpose: Marketing\nforward: {only_if: [{gdpr_consent: marketing, is: true}]}",
        10,
        "this rule of `only_if` has no effect: `gdpr_purpose` decides the same",
    ),
    (
        "gdpr_purpose: marketing\nforward: {never_if: [{gdpr_consent: marketing, exists: true}]}",
        10,
        f"{NOTHING}it withholds all that `gdpr_purpose` lets through",
    ),
    (
        "forward: {never_if: [{batch: environment, in: [production, unknown]}]}",
        9,
        f"{NOTHING}it withholds all that `environments` lets through",
    ),
    (
        "send_order_id: true\nomit: [properties.order_id]",
        9,
        "`send_order_id` has no effect: `omit` names properties.order",
    ),
    ("ttclid_from_url: true\nomit: [user.ttclid]", 9, "`ttclid_from_url` has no effect: `omit` names user.ttclid"),
    ("also_send: [user.locale]\nomit: [user.locale]", 9, "`user.locale` in `also_send` has no effect: `omit` names it"),
    (
        f"omit: [properties]\n{SEARCHES}",
        10,
        "`query` of the custom mapping to Search has no effect: `omit` names its field",
    ),
    (
        "forward:\n  logged_in_only: true\n  only_if: [{identity: email, matches: shop}]",
        10,
        "`logged_in_only` has no effect: the rule of line 11 lets known users only through",
    ),
    (
        "forward:\n  never_if: [{identity: customer_id, exists: false}]\n  logged_in_only: true",
        11,
        "`logged_in_only` has no effect: the rule of line 10 lets known users only through",
    ),
    (
        """\
forward:
  only_if: [{identity: email, exists: false}]
  never_if: [{identity: customer_id, exists: true}]
  logged_in_only: true""",
        12,
        f"{NOTHING}the rules of lines 11 and 10 let no known user through",
    ),
    ("omit: [user]", 9, "`shop` omits every field of `user`: TikTok can match its events with no person"),
]


@pytest.mark.parametrize(("settings", "line", "words"), WARNED)
def test_a_rule_without_effect_is_a_warning_with_its_line(settings: str, line: int, words: str) -> None:
    [warning] = check_text(text_with(settings), "relay.yaml").warnings
    assert warning.startswith(f"relay.yaml:{line}: ")
    assert words in warning


QUIET = [
    "forward: {only_if: [{attribute: a, is: x}, {attribute: a, is: y}]}",  # a list has both
    "forward: {only_if: [{product: category, is: x}, {product: category, is: y}]}",
    "forward: {only_if: [{product: category, is: x}, {product: category, is_not: y}]}",  # one of each
    "forward: {only_if: [{product: category, is: x}], never_if: [{product: category, is_not: y}]}",
    "forward: {never_if: [{attribute: a, is_not: y}, {attribute: a, is: x}]}",
    "forward: {never_if: [{attribute: a, is: x}, {attribute: b, is: x}, {attribute: a, matches: ^y}]}",
    "forward: {only_if: [{batch: app_version, greater: 3.9}, {batch: app_version, less: 3.10}]}",
    "forward: {only_if: [{gdpr_consent: ads, is: true}], never_if: [{batch: ccpa_opt_out, is: true}]}",
    "forward: {never_if: [{batch: environment, is: unknown}]}\nenvironments: [production, unknown]",
    "forward: {logged_in_only: true, never_if: [{identity: email, exists: true}]}",  # by customer id
    "forward: {logged_in_only: true, never_if: [{identity: email, contains: '@shop.example'}]}",
    "forward: {logged_in_only: false, only_if: [{identity: email, exists: true}]}",
    "native_events: {view_detail: off, purchase: CompletePayment}",
    "also_send: [travel]\nomit: [properties.city]",
    f"omit: [properties.query]\n{SEARCHES}",  # search_string is sent
    "omit: [user.ip, ad.campaign_id, properties.contents]",
]


@pytest.mark.parametrize("settings", QUIET)
def test_rules_that_have_an_effect_are_no_warning(settings: str) -> None:
    assert check_text(text_with(settings), "relay.yaml").warnings == ()
