"""The model: fingerprints, lookups, and no secret in any representation."""

import dataclasses
import re
import subprocess
import sys
from typing import Any

import pytest

from config.model import Condition, Configuration, Connection, CustomMapping, Forward, Input, Match, Parameter, Profile

INPUT = Input(id="web", platform="web", api_key="hidden-key", api_secret="hidden-secret")
CONNECTION = Connection(
    id="shop",
    inputs=("web",),
    access_token="hidden-token",
    event_source_id="PIXEL",
    environments=frozenset({"production", "development"}),
    custom_mappings=(
        CustomMapping(
            "Search",
            Match(name="site search", attributes={"section": frozenset({"shop", "sale", "new", "old"})}),
            {"query": Parameter("attribute", "term")},
        ),
    ),
)

OTHER_VALUES: dict[str, Any] = {
    "id": "other",
    "inputs": ("app",),
    "access_token": "rotated",
    "event_source_id": "OTHER",
    "event_source_type": "feed",
    "enable_web_migration": True,
    "email_identity_type": "other",
    "external_identity_type": "other",
    "phone_identity_type": "other",
    "content_type": "product_group",
    "enrich_ip_address": True,
    "enabled": False,
    "environments": frozenset({"production"}),
    "test_event_code": "TEST1",
    "default_region": "US",
    "invalid_ttclid": "drop_field",
    "native_events": {"purchase": "Purchase"},
    "forward": Forward(never_if=(Condition("attribute", "internal", "exists", ("true",)),)),
    "omit": ("user.ip",),
    "max_events_per_request": 7,
    "peer_ip_fallback": True,
    "max_event_age_s": 60,
    "dead_letter_retention_s": None,
    "ccpa_limited_data_use": True,
    "gdpr_purpose": "marketing",
    "att_withholds_idfa": True,
    "ttclid_from_url": True,
    "page_url_fallback": False,
    "app_id": {"ios": "123456789"},
    "send_content_ids": False,
    "send_search_string": False,
    "send_order_id": True,
    "also_send": frozenset({"user.locale"}),
    "lead_id_attribute": "tiktok_lead",
    "lead_event_source": "HubSpot",
    "profile": Profile({"ttclid": 86_400}),
    "drift_alerts": ("silence",),
    "drift_muted": ("Purchase",),
    "custom_mappings": (),
}


@pytest.mark.parametrize("field", [field.name for field in dataclasses.fields(Connection)])
def test_any_setting_changes_the_fingerprint(field: str) -> None:
    """Any repair of a paused connection changes its fingerprint."""
    changed = dataclasses.replace(CONNECTION, **{field: OTHER_VALUES[field]})
    assert changed.fingerprint != CONNECTION.fingerprint


@pytest.mark.not_quick
def test_equal_connections_have_equal_fingerprints_in_every_process() -> None:
    """In any order of sets: one worker pauses a connection, another compares the fingerprint."""
    program = (
        "from config.model import Condition, Connection, Forward\n"
        "c = Connection(id='a', inputs=('b',), access_token='t', event_source_id='P', "
        "environments=frozenset({'production', 'development', 'unknown'}), native_events={'a': 'A', 'b': 'B'})\n"
        "print(c.fingerprint)"
    )
    printed = {
        subprocess.run(
            [sys.executable, "-c", program], env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(printed) == 1
    assert re.fullmatch(r"[0-9a-f]{16}\n", printed.pop())


def test_no_representation_shows_a_secret() -> None:
    """An object that is logged by mistake shows no key, secret or token."""
    configuration = Configuration({"web": INPUT}, {"shop": CONNECTION})
    for value in (INPUT, CONNECTION, configuration, [configuration]):
        assert "hidden" not in f"{value!r} {value!s}"


def test_connections_are_found_by_input() -> None:
    """In the order of the file, disabled ones too; an unknown input has none."""
    second = dataclasses.replace(CONNECTION, id="second", enabled=False)
    configuration = Configuration({"web": INPUT}, {"shop": CONNECTION, "second": second})
    assert configuration.connections_of("web") == (CONNECTION, second)
    assert configuration.connections_of("gone") == ()
