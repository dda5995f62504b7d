"""`profile` in a file: what is read, what is refused with its line, what is warned about."""

import pytest

from config.errors import ConfigurationError
from config.file import check_text
from config.model import Configuration
from config.profiles.fields import PROFILE_FIELDS

# The settings of a case follow from line 10 on.
FILE = """\
inputs:
  - {id: in, platform: web, api_key: k, api_secret: s}
connections:
  - id: shop
    inputs: [in]
    access_token: ${TOKEN}
    event_source_id: PIXEL1
    enable_web_migration: true
    native_events: {purchase: CompletePayment}
"""
DAY = 86_400


def read(settings: str) -> Configuration:
    return check_text(FILE + "".join(f"    {line}\n" for line in settings.splitlines()), "relay.yaml")


def fields(settings: str) -> dict[str, int]:
    return dict(read(settings).connections["shop"].remembers)


READ = [
    ("", {}),
    ("profile: {fields: [ttclid, ttp]}", {"ttclid": 7 * DAY, "ttp": 90 * DAY}),
    ("profile: {fields: [TTP, email], time_to_live: {email: 36h}}", {"ttp": 90 * DAY, "email": 36 * 3600}),
    ("profile: {fields: [ttclid], attribution_window: 28d}", {"ttclid": 28 * DAY}),
    ("profile: {fields: [ttclid], attribution_window: 28d, time_to_live: {ttclid: 14d}}", {"ttclid": 14 * DAY}),
    ("enrich_ip_address: true", {"ip": 30 * DAY}),
    ("enrich_ip_address: true\nprofile: {fields: [ip], time_to_live: {ip: 1d}}", {"ip": DAY}),
]


@pytest.mark.parametrize(("settings", "expected"), READ)
def test_each_field_gets_its_time_to_live(settings: str, expected: dict[str, int]) -> None:
    assert fields(settings) == expected


def test_every_field_can_be_named() -> None:
    assert fields(f"profile: {{fields: [{', '.join(PROFILE_FIELDS)}]}}").keys() == PROFILE_FIELDS.keys()


REFUSED = [
    ("profile: {}", "`profile` has no `fields`"),
    ("profile:", "`profile` is empty: leave it out, or write a mapping, such as {fields: [ttclid, ttp, email]}"),
    ("profile: {fields: []}", "`fields` is empty"),
    ("profile: {fields: [emial]}", "Allowed are ip, user_agent, ttclid"),
    ("profile: {fields: [emial]}", "Did you mean `email`?"),
    ("profile: {fields: [idfa]}", "allowed are ip"),
    ("profile: {fields: [email], times: {}}", "`times` is no setting of `profile`: allowed are fields, time_to_live"),
    ("profile: {fields: [email], time_to_live: {ttp: 1d}}", "names `ttp`, which `fields` does not"),
    ("profile: {fields: [email], time_to_live: {email: 401d}}", "must be from 1m to 400d"),
    ("profile: {fields: [email], time_to_live: {email: 2y}}", "days, hours or minutes"),
    ("profile: {fields: [ttclid], time_to_live: {ttclid: 8d}}", "longer than the attribution window of 7d"),
    ("profile: {fields: [ttclid], attribution_window: 29d}", "must be from 1m to 28d"),
]


@pytest.mark.parametrize(("settings", "words"), REFUSED)
def test_a_refusal_names_the_line_what_is_wrong_and_what_is_allowed(settings: str, words: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        read(settings)
    assert "relay.yaml:10" in str(refused.value)
    assert words in str(refused.value)


WARNED = [
    ("omit: [user.ttp]\nprofile: {fields: [ttp, email]}", "11: `ttp` in `profile` has no effect: `omit` names it"),
    ("profile: {fields: [consent]}", "10: `consent` in `profile` has no effect without `gdpr_purpose`"),
    ("gdpr_purpose: ads\nprofile: {fields: [consent]}", None),
    ("omit: [user.ttclid]\nprofile: {fields: [ttclid]}", None),  # an app takes it elsewhere
]


@pytest.mark.parametrize(("settings", "words"), WARNED)
def test_what_nothing_uses_is_warned_about(settings: str, words: str | None) -> None:
    warnings = " ".join(read(settings).warnings)
    assert (words in warnings) if words else not warnings
