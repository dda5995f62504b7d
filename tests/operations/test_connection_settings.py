"""A connection's settings in words, and what two configurations have differently."""

from pathlib import Path

from config.file import check_text
from config.model import Configuration
from operations.connection_settings import SettingChange, changes, settings_of

FILE = """
inputs:
  - {id: web, platform: web, api_key: k1, api_secret: s}
  - {id: ios, platform: ios, api_key: k2, api_secret: s}
connections:
  - id: shop
    inputs: [web]
    access_token: a-secret-token
    event_source_id: PIXEL1
    enable_web_migration: true
    native_events: {purchase: CompletePayment}
    max_event_age: 7d
  - {id: app, inputs: [ios], access_token: a-secret-token, event_source_id: "700"}
"""


def read(text: str) -> Configuration:
    """Return the configuration of the text."""
    return check_text(text, str(Path("relay.yaml")))


def test_settings_are_shown_in_words_and_credentials_never() -> None:
    """Values that are not the default are marked."""
    settings = list(settings_of(read(FILE).connections["shop"]))
    assert {setting.name: setting.value for setting in settings if not setting.is_default} == {
        "event_source_id": "PIXEL1",
        "enable_web_migration": "true",
        "native_events": "purchase → CompletePayment",
        "max_event_age (s)": "604800",
    }
    assert {setting.name: setting.value for setting in settings}["environments"] == "production"
    assert "a-secret-token" not in repr(settings)


def test_rules_are_shown_by_their_names() -> None:
    """As previews and counts name them; a native event that is off, and omitted fields."""
    rules = (
        "forward: {only_if: [{attribute: channel, in: [web, shop]}], never_if: [{identity: email, is: a@b.example}],"
        " logged_in_only: true, sample: 25%}\n    omit: [user.ip, page.referrer]"
    )
    text = FILE.replace("max_event_age: 7d", rules).replace("{purchase:", "{view_detail: off, purchase:")
    shown = {setting.name: setting.value for setting in settings_of(read(text).connections["shop"])}
    assert shown["forward"] == (
        "only_if 1: attribute channel in web, shop; never_if 1: identity email is …; logged_in_only; sample 25%"
    )
    assert shown["native_events"] == "view_detail → off, purchase → CompletePayment"
    assert shown["omit"] == "user.ip, page.referrer"
    assert {setting.name: setting.value for setting in settings_of(read(FILE).connections["shop"])}["omit"] == "none"


def test_changes_are_listed_by_connection() -> None:
    """Settings, inputs, mappings, added and removed connections; a changed token is not listed."""
    other = (
        FILE.replace("enable_web_migration: true", "enable_web_migration: true\n    default_region: DE")
        .replace("a-secret-token", "another-token")
        .replace("  - {id: app,", "  - {id: game,")
        .replace(
            "    max_event_age: 7d\n",
            "    custom_mappings: [{tiktok_event: Search, match: {event_type: custom_event, name: Site Search}}]\n",
        )
    )
    assert list(changes(read(FILE), read(other))) == [
        SettingChange("shop", "default_region", "none", "DE"),
        SettingChange("shop", "max_event_age (s)", "604800", "none"),
        SettingChange("shop", "custom_mappings", "0 mappings", "1 mapping"),
        SettingChange("app", "", "removed", ""),
        SettingChange("game", "", "", "added"),
    ]
    assert list(changes(read(FILE), read(FILE))) == []
