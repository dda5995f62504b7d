"""Valid configuration files: the example, every setting, how scalars are read, and the defaults."""

import dataclasses
import re
from pathlib import Path

import pytest

import config
from config.file import load
from config.model import Connection, CustomMapping, Match, Parameter
from config.secrets import Keyring

ENVIRON = {"WEB_KEY": "key", "WEB_SECRET": "secret", "TIKTOK_TOKEN": "token"}
CONTACT = CustomMapping("Contact", Match(name="x"))
EXAMPLE = Path(config.__file__).with_name("relay.example.yaml")

# The whole surface, as the design shows it, without the settings that are not available yet.
FULL = """\
inputs:
  - id: web
    platform: web                      # web | ios | android | feed
    api_key: ${WEB_KEY}
    api_secret: ${WEB_SECRET}
connections:
  - id: shop-web
    inputs: [web]
    access_token: ${TIKTOK_TOKEN}
    event_source_id: CUSG5HBC77UD11VVRQEG
    event_source_type: legacy_pixel_batch_web      # read for feed inputs only
    enable_web_migration: true
    email_identity_type: email
    external_identity_type: customer_id
    phone_identity_type: mobile_number
    content_type: product
    enrich_ip_address: true                        # [false]
    enabled: true                                  # [true]
    environments: [production]                     # [production]
    default_region: US                             # [none] for phone numbers without a country code
    invalid_ttclid: drop_field                     # [dead_letter]
    test_event_code: TEST12345                     # [none]
    native_events: {purchase: CompletePayment}     # [none] one-line override of N1–N5
    max_events_per_request: 1000                   # [1000, legacy 50]
    peer_ip_fallback: true                         # [false]
    custom_mappings:
      - tiktok_event: CompletePayment
        match: {event_type: commerce_event, action: purchase}       # or name: "eCommerce - Purchase"
        parameters:
          value: {field: total_amount, type: number, required: true}
          currency: {field: currency_code, default: USD}
          content_id: {product: id}
          price: {product: price}
          description: {static: "web order"}
      - tiktok_event: Search
        match: {event_type: custom_event, name: Site Search, attributes: {section: [shop, sale]}}
        parameters: {query: {attribute: term, required: true}}
"""


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "relay.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def connection(tmp_path: Path, *settings: str, platform: str = "web", event_source_id: str = "P") -> Connection:
    """Return the connection of a file with these settings besides the four required ones."""
    text = (
        f"inputs:\n  - {{id: in, platform: {platform}, api_key: k, api_secret: s}}\n"
        "connections:\n  - id: out\n    inputs: [in]\n    access_token: t\n"
    )
    text += "".join(f"    {setting}\n" for setting in (f"event_source_id: {event_source_id}", *settings))
    return load(written(tmp_path, text), {}).connections["out"]


def test_the_example_loads_without_a_warning() -> None:
    """An operator can copy the shipped file and use it."""
    loaded = load(EXAMPLE, ENVIRON)
    assert [*loaded.connections] == ["shop-web"]
    assert loaded.warnings == ()


def test_every_setting_stands_in_the_example() -> None:
    """The example names every setting that this version has."""
    text = EXAMPLE.read_text(encoding="utf-8")
    for field in dataclasses.fields(Connection):
        assert f"{field.name.removesuffix('_s')}:" in text


def test_the_commented_mapping_of_the_example_is_valid(tmp_path: Path) -> None:
    """It shows everything that a mapping can say, so it must be what the reader accepts."""
    before, comment, shown = EXAMPLE.read_text(encoding="utf-8").partition("      # Everything that a mapping can say")
    assert comment
    mapping = re.sub(r"^      # ", "      ", shown.partition("\n")[2], flags=re.MULTILINE)
    loaded = load(written(tmp_path, before + mapping), ENVIRON)
    (*_, wide) = loaded.connections["shop-web"].custom_mappings
    assert (wide.tiktok_event, wide.for_each, len(wide.match.only_if)) == ("Big_Hat_Order", "product", 2)


def test_the_whole_surface_is_read(tmp_path: Path) -> None:
    """Every setting arrives in the model, typed; values that compare without case are folded (M5)."""
    loaded = load(written(tmp_path, FULL), ENVIRON)
    shop = loaded.connections["shop-web"]
    assert (loaded.inputs["web"].api_key, loaded.inputs["web"].api_secret, shop.access_token) == (
        "key",
        "secret",
        "token",
    )
    assert shop.native_events == {"purchase": "CompletePayment"}
    payment, search = shop.custom_mappings
    assert payment.match == Match(event_type="commerce_event", action="purchase")
    assert payment.parameters == {
        "value": Parameter("field", "total_amount", type="number", required=True),
        "currency": Parameter("field", "currency_code", default="USD"),
        "content_id": Parameter("product", "id"),
        "price": Parameter("product", "price"),
        "description": Parameter("static", "web order"),
    }
    assert search.match.name == "site search"
    assert search.match.attributes == {"section": frozenset({"shop", "sale"})}


def test_an_absent_setting_has_the_documented_default(tmp_path: Path) -> None:
    """A file with only the required keys gets the model's defaults (C)."""
    assert connection(tmp_path) == Connection(id="out", inputs=("in",), access_token="t", event_source_id="P")


@pytest.mark.parametrize(
    ("written_as", "text"),
    [
        ("0123", "0123"),
        ("'0123'", "0123"),
        ("1e3", "1e3"),
        ("7123456789012345678", "7123456789012345678"),
        ("yes", "yes"),
        ("0x1F", "0x1F"),
        ("2026-01-01", "2026-01-01"),
        ("1_000", "1_000"),
    ],
)
def test_an_event_source_id_is_always_the_text_as_written(written_as: str, text: str, tmp_path: Path) -> None:
    """C3: it is never read as a number, date or boolean, quoted or not."""
    assert connection(tmp_path, event_source_id=written_as).event_source_id == text


@pytest.mark.parametrize("written_as", ["true", "True", "TRUE", "yes", "Yes", "'true'", '"yes"'])
def test_accepted_spellings_of_true(written_as: str, tmp_path: Path) -> None:
    """true and yes, in any case, quoted or not."""
    assert connection(tmp_path, f"enable_web_migration: {written_as}").enable_web_migration is True


@pytest.mark.parametrize("written_as", ["false", "No", "'no'"])
def test_accepted_spellings_of_false(written_as: str, tmp_path: Path) -> None:
    """false and no, in any case, quoted or not."""
    assert connection(tmp_path, f"enabled: {written_as}").enabled is False


@pytest.mark.parametrize(
    ("setting", "field", "value"),
    [
        ("environments: [Production, DEVELOPMENT]", "environments", frozenset({"production", "development"})),
        ("default_region: de", "default_region", "DE"),
        ("event_source_type: offline", "event_source_type", "feed"),
        ("event_source_type: OFFLINE", "event_source_type", "feed"),
        ("max_events_per_request: '50'", "max_events_per_request", 50),
        ("content_type: Product_Group", "content_type", "product_group"),
        ("external_identity_type: other_id_10", "external_identity_type", "other_id_10"),
        ("custom_mappings: []", "custom_mappings", ()),
        ("native_events: {}", "native_events", {}),
        ("gdpr_purpose: Marketing", "gdpr_purpose", "marketing"),
        *((f"{name}: yes", name, True) for name in ("ccpa_limited_data_use", "att_withholds_idfa", "ttclid_from_url")),
        *((f"{name}: yes", name, True) for name in ("send_content_ids", "send_search_string", "send_order_id")),
    ],
)
def test_a_setting_is_read_as(setting: str, field: str, value: object, tmp_path: Path) -> None:
    """Words compare without case; aliases become the words that they map to (C2)."""
    assert getattr(connection(tmp_path, setting, platform="feed"), field) == value


SETTINGS_OF_THE_PAGE = [
    ("C1", "access_token", "t", "${TOKEN}", "from-the-environment"),
    ("C2", "event_source_type", "legacy_pixel_batch_web", "app", "app"),
    ("C3", "event_source_id", "P", "0123", "0123"),
    ("C4", "email_identity_type", "email", "other", "other"),
    ("C5", "external_identity_type", "customer_id", "other_id_2", "other_id_2"),
    ("C6", "phone_identity_type", "mobile_number", "phone_number_3", "phone_number_3"),
    ("C7", "enable_web_migration", False, "true", True),
    ("C8", "content_type", "product", "product_group", "product_group"),
    ("C9", "enrich_ip_address", False, "true", True),
    ("C10", "custom_mappings", (), "[{tiktok_event: Contact, match: {name: X}}]", (CONTACT,)),
]


@pytest.mark.parametrize(
    ("name", "default", "written_as", "value"),
    [case[1:] for case in SETTINGS_OF_THE_PAGE],
    ids=[f"{case[0]} {case[1]}" for case in SETTINGS_OF_THE_PAGE],
)
def test_a_documented_setting_has_its_default_and_its_value(
    name: str, default: object, written_as: str, value: object, tmp_path: Path
) -> None:
    """C: its value when absent (a required key has the value of the minimal file), and when written."""
    given = {"event_source_id": "P", "access_token": "t"}
    assert getattr(connection_of(tmp_path, given), name) == default
    assert getattr(connection_of(tmp_path, {**given, name: written_as}), name) == value


def connection_of(tmp_path: Path, settings: dict[str, str]) -> Connection:
    """Return the connection of a feed with these settings."""
    lines = "".join(f"    {name}: {value}\n" for name, value in settings.items())
    text = (
        "inputs: [{id: in, platform: feed, api_key: k, api_secret: s}]\nconnections:\n  - id: out\n    inputs: [in]\n"
    )
    return load(written(tmp_path, text + lines), {"TOKEN": "from-the-environment"}).connections["out"]


@pytest.mark.parametrize(("written_as", "seconds"), [("7d", 604_800), ("36h", 129_600), ("90m", 5_400)])
def test_an_age_is_read_in_seconds(written_as: str, seconds: int, tmp_path: Path) -> None:
    """Days, hours and minutes."""
    assert connection(tmp_path, f"max_event_age: {written_as}").max_event_age_s == seconds


@pytest.mark.parametrize(("written_as", "seconds"), [("30d", 2_592_000), ("24h", 86_400), ("forever", None)])
def test_dead_letters_are_kept_as_long_as_configured(written_as: str, seconds: int | None, tmp_path: Path) -> None:
    """By default for 90 days."""
    assert connection(tmp_path, f"dead_letter_retention: {written_as}").dead_letter_retention_s == seconds
    assert connection(tmp_path).dead_letter_retention_s == 90 * 86_400


def test_a_legacy_connection_takes_no_test_code(tmp_path: Path) -> None:
    """TikTok's batch API has no field for it; Events API 2.0 has one."""
    assert connection(tmp_path, "test_event_code: TEST1", platform="ios").test_event_code == "TEST1"
    with pytest.raises(config.errors.ConfigurationError, match="cannot be used on a legacy connection"):
        connection(tmp_path, "test_event_code: TEST1")


def test_an_app_connection_may_use_the_names_of_app_events(tmp_path: Path) -> None:
    """M2: TikTok's app names are accepted where the event source is an app, beside the others."""
    settings = ["native_events: {checkout: Checkout, purchase: Purchase}", "custom_mappings:"]
    settings += ["  - {tiktok_event: LaunchAPP, match: {event_type: screen_view, name: Home}}"]
    assert connection(tmp_path, *settings, platform="android").custom_mappings[0].tiktok_event == "LaunchAPP"


def test_both_spellings_of_an_action_are_one(tmp_path: Path) -> None:
    """mParticle's clients write remove_from_wishlist and remove_from_wish_list."""
    rows = [f"  - {{tiktok_event: Contact, match: {{action: remove_from_{w}}}}}" for w in ("wishlist", "wish_list")]
    first, other = connection(tmp_path, "custom_mappings:", *rows).custom_mappings
    assert first == other


def test_credentials_come_from_variables_files_and_encrypted_values(tmp_path: Path) -> None:
    """Each of the three ways, an encrypted value in a variable or file, and a final newline in a file (C1)."""
    keyring = Keyring([Keyring.new_key()])
    (tmp_path / "secret").write_text("from-file\n")
    (tmp_path / "encrypted").write_text(f"enc:{keyring.encrypt_text('from-encrypted-file')}\n")
    environ = {"ENCRYPTED": f"enc:{keyring.encrypt_text('from-encrypted-variable')}"}
    text = (
        f"inputs:\n  - {{id: in, platform: ios, api_key: 'enc:{keyring.encrypt_text('from-cipher')}', "
        f"api_secret: 'file:{tmp_path}/secret'}}\n"
        "connections:\n"
        f"  - {{id: a, inputs: [in], access_token: 'file:{tmp_path}/encrypted', event_source_id: 71234567890123}}\n"
        "  - {id: b, inputs: [in], access_token: '${ENCRYPTED}', event_source_id: 71234567890124}\n"
    )
    loaded = load(written(tmp_path, text), environ, keyring)
    assert (loaded.inputs["in"].api_key, loaded.inputs["in"].api_secret) == ("from-cipher", "from-file")
    assert [c.access_token for c in loaded.connections.values()] == ["from-encrypted-file", "from-encrypted-variable"]


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm(tmp_path: Path) -> None:
    """Files edited on Windows load as they are."""
    path = tmp_path / "relay.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + FULL.replace("\n", "\r\n").encode())
    assert load(path, ENVIRON).connections == load(written(tmp_path, FULL), ENVIRON).connections
