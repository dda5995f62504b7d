"""A connection's settings in words, and what two configurations have differently."""

from pathlib import Path

from config.file import check_text
from config.model import Configuration
from config.reading.schema import connection_record
from operations.configuration.connection_settings import SettingChange, changes, settings_of

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


SEARCH = """\
tiktok_event: Search
match:
  event_type: custom_event
  name: "site search"
"""


CONTACT = "tiktok_event: Contact\nmatch:\n  event_type: screen_view\n"


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
        "max_event_age": "7d",
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
        SettingChange("shop", "max_event_age", "7d", "none"),
        SettingChange("shop", "custom_mappings: Search", "none", SEARCH),
        SettingChange("app", "", "removed", ""),
        SettingChange("game", "", "", "added"),
    ]
    assert list(changes(read(FILE), read(FILE))) == []


def test_every_setting_is_shown_in_the_words_of_the_file() -> None:
    """Names are keys of the file, and no value is one of Python's."""
    text = FILE.replace("max_event_age: 7d", "profile: {fields: [ttclid, email], time_to_live: {email: 36h}}")
    connection = read(
        text.replace("event_source_id: PIXEL1", "event_source_id: PIXEL1\n    dead_letter_retention: forever")
    )
    shown = {setting.name: setting.value for setting in settings_of(connection.connections["shop"])}
    assert shown["profile"] == "ttclid 7d, email 36h"
    assert shown["dead_letter_retention"] == "forever"
    assert {*shown} | {"id", "inputs", "access_token", "custom_mappings"} == {*connection_record(str, ["web"]).rows}
    assert not any("(" in value or "{" in value for value in shown.values())


def test_each_mapping_that_changes_is_shown_with_both_sides() -> None:
    """One of the same TikTok event is changed; others are added and removed; the same one is not listed."""
    mapping = "{tiktok_event: Search, match: {event_type: custom_event, name: %s}}"
    contact = "{tiktok_event: Contact, match: {event_type: screen_view}}"
    lead = contact.replace("Contact", "Lead")
    sides = [
        read(FILE.replace("max_event_age: 7d", f"custom_mappings: [{', '.join(found)}]"))
        for found in ((mapping % "Site Search", contact), (mapping % "Shop Search", lead))
    ]
    assert list(changes(*sides)) == [
        SettingChange("shop", "custom_mappings: Search", SEARCH, SEARCH.replace("site", "shop")),
        SettingChange("shop", "custom_mappings: Contact", CONTACT, "removed"),
        SettingChange("shop", "custom_mappings: Lead", "none", CONTACT.replace("Contact", "Lead")),
    ]
    assert list(changes(sides[0], sides[0])) == []
