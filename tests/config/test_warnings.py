"""Warnings: what is probably not meant is reported once, with its line, and the file is used all the same."""

import re
from pathlib import Path

import pytest

from config.file import load
from config.vocabulary import APP_EVENTS as NAMES_OF_APP_EVENTS
from config.vocabulary import APP_NAMES, NATIVE_EVENTS, TIKTOK_EVENTS

# Line 5 begins the connection; settings follow from line 9 on.
HEAD = """\
inputs:
  - {id: in, platform: PLATFORM, api_key: k, api_secret: s}
# nothing
connections:
  - id: shop
    inputs: [in]
    access_token: ${TOKEN}
    event_source_id: ID
"""
APP_QUIET = 'native_events: {purchase: Purchase, checkout: Checkout}\n    app_id: {ios: "123456789"}'
QUIET = ("native_events: {purchase: CompletePayment}", "enable_web_migration: true")
PURCHASES = "- {tiktok_event: CompletePayment, match: {event_type: commerce_event, MORE}}"


def warnings(tmp_path: Path, *settings: str, platform: str = "web", event_source_id: str = "PIXEL1") -> list[str]:
    """Return the warnings of a file, without the path."""
    head = HEAD.replace("PLATFORM", platform).replace("ID\n", f"{event_source_id}\n")
    return of_text(tmp_path, head + "".join(f"    {setting}\n" for setting in settings))


def of_text(tmp_path: Path, text: str) -> list[str]:
    path = tmp_path / "relay.yaml"
    path.write_text(text)
    return [warning.removeprefix(f"{path}:") for warning in load(path, {"TOKEN": "t"}).warnings]


def test_a_good_connection_gets_no_warning(tmp_path: Path) -> None:
    """A connection as it should be gets no warning."""
    assert warnings(tmp_path, *QUIET) == []


@pytest.mark.parametrize(
    ("settings", "platform", "line", "words"),
    [
        (
            QUIET[:1],
            "web",
            5,
            "legacy pixel batch API, which TikTok will remove: migrate to Events API 2.0 with `enable_web",
        ),
        (QUIET[:1], "feed", 5, "migrate to Events API 2.0 with `event_source_type: web`"),
        ((*QUIET, "event_source_type: web"), "web", 11, "`event_source_type` has no effect: only feed inputs read it"),
        ((*QUIET[:1], "event_source_type: web", "enable_web_migration: no"), "feed", 11, "only web inputs read it"),
        ((*QUIET[:1], "event_source_type: web", "peer_ip_fallback: no"), "feed", 11, "only android, ios, web inputs"),
        (QUIET[1:], "web", 5, "sends PlaceAnOrder: TikTok retires it during 2027"),
        ((*QUIET[1:], "native_events: {checkout: Contact}"), "web", 10, "sends PlaceAnOrder"),
        (
            ("native_events: {purchase: ClickButton}", QUIET[1]),
            "web",
            9,
            "sends ClickButton: TikTok retires it during 2027",
        ),
    ],
    ids=["legacy web", "legacy feed", "source type", "migration", "peer", "purchase", "another native", "click"],
)
def test_a_setting_is_warned_about(
    settings: tuple[str, ...], platform: str, line: int, words: str, tmp_path: Path
) -> None:
    """One warning for the connection, with its line."""
    (warning,) = warnings(tmp_path, *settings, platform=platform)
    assert warning.startswith(f"{line}: ")
    assert words in warning


@pytest.mark.parametrize(
    ("more", "warned"),
    [
        ("action: purchase", False),
        ('name: "eCommerce - Purchase"', False),
        ("action: purchase, attributes: {section: shop}", True),
        ("action: checkout", True),
        ("action: purchase, only_if: [{attribute: a, is: b}]", True),
        ("action: purchase, never_if: [{attribute: a, is: b}]", True),
        ("name: Orders", True),
    ],
)
def test_only_a_mapping_that_matches_every_purchase_ends_the_warning(more: str, warned: bool, tmp_path: Path) -> None:
    """N3: purchases that no custom mapping matches are still sent as PlaceAnOrder."""
    found = warnings(tmp_path, QUIET[1], f"custom_mappings: [{PURCHASES[2:].replace('MORE', more)}]")
    assert bool(found) == warned, found


NEEDS_2_0 = ("att_withholds_idfa", "ccpa_limited_data_use", "send_content_ids", "send_order_id", "send_search_string")


@pytest.mark.parametrize("setting", NEEDS_2_0)
def test_a_setting_of_events_api_2_0_is_warned_about_on_legacy(setting: str, tmp_path: Path) -> None:
    """The legacy API has no field for it; on a web connection of Events API 2.0 it has its effect."""
    assert warnings(tmp_path, *QUIET, f"{setting}: true") == []
    found = [warning for warning in warnings(tmp_path, QUIET[0], f"{setting}: true") if setting in warning]
    assert found == [
        f"10: `{setting}` has no effect: it is for "
        + ("web and app events" if setting == "ccpa_limited_data_use" else "events")
        + " of Events API 2.0, and this connection sends none"
    ]


def test_limited_data_use_is_warned_about_on_offline_events(tmp_path: Path) -> None:
    """TikTok has that field for web and app events only."""
    settings = (QUIET[0], "event_source_type: feed", "ccpa_limited_data_use: true")
    (warning,) = warnings(tmp_path, *settings, platform="feed", event_source_id="71234567890123456")
    assert warning.startswith("11: `ccpa_limited_data_use` has no effect")


@pytest.mark.parametrize(
    ("written", "named", "events"),
    [("user.locale", "user.locale", "app and web"), ("travel", "travel", "web"), ("ad.ad_id", "ad.ad_id", "app")],
)
def test_a_field_without_its_route_is_warned_about(written: str, named: str, events: str, tmp_path: Path) -> None:
    """A whole set is one warning."""
    assert warnings(tmp_path, *QUIET, "also_send: [user.locale, travel, properties.num_items]") == []
    found = warnings(tmp_path, QUIET[0], f"also_send: [{written}]", "event_source_type: feed", platform="feed",
                     event_source_id="71234567890123456")  # fmt: skip
    assert found == [
        f"10: `{named}` in `also_send` has no effect: it is for {events} events, and this connection sends none"
    ]


@pytest.mark.parametrize("setting", ["lead_id_attribute: tt_lead", "lead_event_source: HubSpot"])
def test_a_setting_of_crm_events_is_warned_about_on_others(setting: str, tmp_path: Path) -> None:
    """R8: a CRM Event Set is another source; on its own route each is silent."""
    name = setting.partition(":")[0]
    (warning,) = warnings(tmp_path, *QUIET, setting)
    assert warning == f"11: `{name}` has no effect: it is for CRM events, and this connection sends none"
    crm = ("native_events: {purchase: CompletePayment}", "event_source_type: crm", setting)
    assert warnings(tmp_path, *crm, platform="feed", event_source_id="71234567890123456") == []


def test_a_mapping_to_a_retiring_event_is_warned_about(tmp_path: Path) -> None:
    """The line is the mapping's; two mappings to it are one warning."""
    mapping = "      - {tiktok_event: ClickButton, match: {name: click}}"
    (warning,) = warnings(tmp_path, *QUIET, "custom_mappings:", mapping, mapping.replace("name: click", "name: tap"))
    assert warning.startswith("13: `shop` sends ClickButton")


@pytest.mark.parametrize(("name", "hint"), [("Quiz_Done", ""), ("AddToCarts", ". Did you mean `AddToCart`?")])
def test_a_custom_event_is_warned_about(name: str, hint: str, tmp_path: Path) -> None:
    """Once for each name, at its first mapping; a typing error of a standard name is probably one."""
    mapping = f"      - {{custom_event: {name}, match: {{name: click}}}}"
    (warning,) = warnings(tmp_path, *QUIET, "custom_mappings:", mapping, mapping.replace("click", "tap"))
    words = f"{name} is a custom event: TikTok counts it, and no campaign can optimise for it"
    assert warning == f"12: {words}{hint}"


# tiktok-api.md §6.3
OF_APPS = {*NAMES_OF_APP_EVENTS, "AddPaymentInfo", "AddToCart", "AddToWishlist", "Purchase", "Search", "ViewContent"}
APP_EVENTS = [
    ((), ("purchase: Purchase", "checkout: Checkout")),
    (("native_events: {purchase: CompletePayment}",), ("purchase: Purchase", "checkout: Checkout")),
    (("native_events: {purchase: Purchase}",), ("checkout: Checkout",)),
    (("native_events: {purchase: Purchase, checkout: Checkout}",), ()),
    (
        ("custom_mappings: [{tiktok_event: CompletePayment, match: {action: purchase}}]",),
        ("tiktok_event: Purchase", "checkout: Checkout"),
    ),
]


@pytest.mark.parametrize("platform", ["ios", "android"])
@pytest.mark.parametrize(("settings", "advice"), APP_EVENTS, ids=str)
def test_app_connections_are_advised_of_the_names_of_app_events(
    settings: tuple[str, ...], advice: tuple[str, ...], platform: str, tmp_path: Path
) -> None:
    """N: they are advised to use TikTok's names for app events."""
    found = warnings(tmp_path, *settings, 'app_id: {ios: "1"}', platform=platform, event_source_id="71234567890123456")
    assert len(found) == len(advice)
    assert all(any(words in warning for warning in found) for words in advice), found
    assert not any("{purchase: CompletePayment}" in warning for warning in found)


@pytest.mark.parametrize("event", TIKTOK_EVENTS)
def test_no_name_is_advised_that_apps_do_not_have(event: str, tmp_path: Path) -> None:
    """N: only for events that TikTok's list of app events has under another name."""
    native = f"native_events: {{purchase: {event}, checkout: Checkout}}"
    found = warnings(tmp_path, native, "app_id: {ios: '1'}", platform="ios", event_source_id="71234567890123456")
    advised = [name for warning in found for name in re.findall(r"purchase: (\w+)", warning)]
    assert set(advised) <= OF_APPS
    assert bool(advised) is (event in {*APP_NAMES, "PlaceAnOrder"})


@pytest.mark.parametrize(
    ("platform", "app_id", "warned"),
    [("ios", "{android: com.shop}", True), ("ios", '{ios: "1"}', False), ("android", "{}", False)],
)
def test_an_ios_connection_without_the_store_id_is_warned_about(
    platform: str, app_id: str, warned: bool, tmp_path: Path
) -> None:
    """E12: without it the bundle id is sent, which TikTok does not know."""
    quiet = APP_QUIET.partition("\n")[0]
    found = warnings(tmp_path, quiet, f"app_id: {app_id}", platform=platform, event_source_id="71234567890123456")
    assert ["App Store id" in warning for warning in found] == [True] * warned


def test_a_token_in_plain_text_is_warned_about_and_not_shown(tmp_path: Path) -> None:
    """C1: it works, and the warning names the command that encrypts it."""
    text = HEAD.replace("PLATFORM", "ios").replace("${TOKEN}", "hidden").replace("ID\n", "7123456789012345678\n")
    (warning,) = of_text(tmp_path, f"{text}    {APP_QUIET}\n")
    assert warning.startswith("7: ")
    assert "`relay secrets encrypt`" in warning
    assert "hidden" not in warning


@pytest.mark.parametrize(
    ("platform", "more", "event_source_id", "kind"),
    [
        ("web", QUIET[1], "7123456789012345678", "Pixel ID"),
        ("ios", "enabled: true", "CUSG5HBC77UD11VVRQEG", "App ID"),
        ("feed", "event_source_type: feed", "CUSG5HBC77UD11VVRQEG", "Offline Event Set ID"),
    ],
)
def test_the_wrong_kind_of_id_is_warned_about(
    platform: str, more: str, event_source_id: str, kind: str, tmp_path: Path
) -> None:
    """TikTok answers only 40002, so an unusual form gets a warning."""
    quiet = APP_QUIET if platform == "ios" else QUIET[0]
    (warning,) = warnings(tmp_path, quiet, more, platform=platform, event_source_id=event_source_id)
    assert warning.startswith("8: ")
    assert f"has to be the {kind}" in warning


def test_two_connections_that_send_the_same_events_are_warned_about(tmp_path: Path) -> None:
    """Same input, same event source: TikTok sees each event twice. Another event source is fine."""
    head = HEAD.replace("PLATFORM", "ios").replace("ID\n", "71234567890123456\n") + f"    {APP_QUIET}\n"
    second = head[head.index("  - id: shop") :].replace("id: shop", "id: twin")
    (warning,) = of_text(tmp_path, head + second)
    assert warning.startswith("14: `twin` sends the events of in to the same event source as `shop`: TikTok sees each")
    assert of_text(tmp_path, head + second.replace("7123", "9123")) == []
    *_, last = of_text(tmp_path, head + second + second.replace("twin", "third"))
    assert "as `shop` and `twin`: TikTok sees" in last


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("forward: {only_if: [{attribute: a, is: x}]}", "forward: {never_if: [{attribute: a, in: [x, y]}]}"),
        ("forward: {never_if: [{attribute: a, is: x}]}", "forward: {only_if: [{attribute: a, is: x}]}"),
        ("forward: {only_if: [{batch: os, is: ios}]}", "forward: {only_if: [{batch: os, is: android}]}"),
        ("forward: {never_if: [{attribute: a, exists: true}]}", "forward: {never_if: [{attribute: a, exists: false}]}"),
        ("gdpr_purpose: ads", "forward: {only_if: [{gdpr_consent: ads, is: false}]}"),
        ("environments: [production]", "environments: [development]"),
        ("enabled: true", "enabled: false"),
    ],
)
def test_connections_whose_rules_divide_the_events_are_no_warning(tmp_path: Path, first: str, second: str) -> None:
    head = HEAD.replace("PLATFORM", "ios").replace("ID\n", "71234567890123456\n") + f"    {APP_QUIET}\n"
    other = head[head.index("  - id: shop") :].replace("id: shop", "id: twin")
    assert of_text(tmp_path, f"{head}    {first}\n{other}    {second}\n") == []
    assert len(of_text(tmp_path, f"{head}    {first}\n{other}    {first}\n")) == 1


def test_connections_that_divide_the_native_events_are_no_warning(tmp_path: Path) -> None:
    head = HEAD.replace("PLATFORM", "web").replace("ID\n", "PIXEL1\n") + "    enable_web_migration: true\n"
    other = head[head.index("  - id: shop") :].replace("id: shop", "id: twin")
    others = ", ".join(f"{action}: off" for action in NATIVE_EVENTS if action != "view_detail")
    shop, twin = (f"    native_events: {{{of}}}\n" for of in (others, "view_detail: off, purchase: CompletePayment"))
    assert of_text(tmp_path, head + shop + other + twin) == []
    assert len(of_text(tmp_path, head + twin + other + twin)) == 1


def test_an_input_without_a_connection_is_warned_about(tmp_path: Path) -> None:
    """Its batches are accepted, but their events go nowhere."""
    text = HEAD.replace("PLATFORM", "web").replace("ID\n", "PIXEL1\n").replace(
        "# nothing", "  - {id: spare, platform: ios, api_key: k2, api_secret: s}"
    ) + "".join(f"    {setting}\n" for setting in QUIET)
    (warning,) = of_text(tmp_path, text)
    assert warning.startswith("3: no connection takes the events of `spare`")


TWO = "custom_mappings:"
TO_ONE_EVENT = [
    ("by action", "{action: purchase}", "{action: purchase}", True),
    ("by action and by name", "{action: purchase}", '{name: "eCommerce - Purchase"}', True),
    ("one takes all commerce events", "{event_type: commerce_event}", "{action: refund}", True),
    ("an attribute of one only", "{action: purchase}", "{action: purchase, attributes: {section: shop}}", True),
    ("a value in common", "{name: x, attributes: {a: [b, c]}}", "{name: x, attributes: {a: [C, d]}}", True),
    ("other actions", "{action: purchase}", "{action: refund}", False),
    ("an action and another's name", "{action: purchase}", '{name: "eCommerce - Refund"}', False),
    ("other types", "{event_type: screen_view, name: x}", "{event_type: custom_event, name: x}", False),
    ("a screen and an action", "{event_type: screen_view}", "{action: refund}", False),
    ("other names", "{name: x}", "{name: y}", False),
    ("other custom types", "{custom_event_type: search}", "{custom_event_type: media}", False),
    ("other values", "{name: x, attributes: {a: b}}", "{name: x, attributes: {a: c}}", False),
    (
        "other amounts",
        "{only_if: [{field: total_amount, less: 10}]}",
        "{only_if: [{field: total_amount, greater: 10}]}",
        False,
    ),
    ("what the other refuses", "{name: x, attributes: {a: b}}", "{name: x, never_if: [{attribute: a, is: B}]}", False),
    ("what the other refuses in part", "{name: x}", "{name: x, never_if: [{attribute: a, is: b}]}", True),
    ("several values of products", "{only_if: [{product: id, is: a}]}", "{only_if: [{product: id, is: b}]}", True),
]


@pytest.mark.parametrize(("first", "second", "warned"), [c[1:] for c in TO_ONE_EVENT], ids=[c[0] for c in TO_ONE_EVENT])
def test_two_mappings_of_one_event_to_one_event_are_warned_about(
    tmp_path: Path, first: str, second: str, warned: bool
) -> None:
    """Both are sent, under one name and one id, which TikTok counts once."""
    mappings = [f"  - {{tiktok_event: Contact, match: {match}}}" for match in (first, second)]
    other = "  - {tiktok_event: Download, match: {action: purchase}}"
    found = warnings(tmp_path, *QUIET, TWO, *mappings, other)
    expected = (
        "13: one event can become Contact twice, by this mapping and by that of line 12: both have its id, "
        "and TikTok counts two events of one name and id once"
    )
    assert found == ([expected] if warned else [])


@pytest.mark.parametrize(("category", "warned"), [("pens", False), ("hats", True)])
def test_events_of_different_products_have_different_ids(tmp_path: Path, category: str, warned: bool) -> None:
    """With `for_each`, the ids differ by the product's place."""
    mapping = "  - {tiktok_event: Contact, match: {action: refund}, for_each: product, products: {only_if: [X]}}"
    conditions = ("{product: category, is: hats}", f"{{product: category, in: [{category}]}}")
    found = warnings(tmp_path, *QUIET, TWO, *(mapping.replace("X", condition) for condition in conditions))
    assert ["one event can become Contact twice" in warning for warning in found] == [True] * warned
