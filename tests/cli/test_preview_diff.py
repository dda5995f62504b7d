"""`relay preview --diff`: what a change of the configuration would change, request by request."""

import json
from pathlib import Path
from typing import Any

import pytest
from support.events import batch, purchase
from support.terminal import Said, relay

from config.conditions.words import OPERATORS, SUBJECTS

OLD = """
inputs:
  - {id: web, platform: web, api_key: key, api_secret: secret}
  - {id: blog, platform: web, api_key: key2, api_secret: secret}
connections:
  - {id: shop, inputs: [web], access_token: t, event_source_id: CNEW, enable_web_migration: true}
  - {id: blog, inputs: [blog], access_token: t, event_source_id: COLD, enable_web_migration: true}
"""


@pytest.fixture(autouse=True)
def _nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Set no configuration but the two that are compared, no Redis and no key."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RELAY_DATA_DIR", str(tmp_path / "none"))
    for name in ("RELAY_CONFIG", "RELAY_REDIS_URL", "RELAY_ENCRYPTION_KEY"):
        monkeypatch.delenv(name, raising=False)


def run(old: str, new: str, *batches: dict[str, Any], json_too: bool = True, more: tuple[str, ...] = ()) -> Said:
    Path("old.yaml").write_text(old)
    Path("new.yaml").write_text(new)
    files = []
    for number, each in enumerate(batches):
        files.append(f"batch-{number}.json")
        Path(files[-1]).write_text(json.dumps(each))
    return relay("preview", "--diff", "old.yaml", "new.yaml", *files, *more, *(("--json",) if json_too else ()))


def shop(*batches: dict[str, Any], old: str = OLD, **settings: str) -> Any:
    """Return what changes for the shop when its connection gets these settings."""
    added = "".join(f", {name}: {value}" for name, value in settings.items())
    result = run(
        old, old.replace("CNEW, enable_web_migration: true", f"CNEW, enable_web_migration: true{added}"), *batches
    )
    assert result.exit_code == 0, result.stderr
    return next(each for each in result.json if each["connection"] == "shop")


def test_nothing_changes_nothing() -> None:
    """Every pair is there, with null as its change; people get one line."""
    result = run(OLD, OLD + "# a comment\n", batch(purchase(1)))
    assert [(each["input"], each["change"], each["requests"]) for each in result.json] == [
        ("web", None, []),
        ("blog", None, []),
    ]
    assert run(OLD, OLD, batch(purchase(1)), json_too=False).stdout == "nothing changes: the requests are identical\n"


def test_a_field_that_is_added_is_named_event_by_event() -> None:
    """A side without the field has no key for it."""
    event = purchase(1)
    event["data"]["product_action"]["transaction_id"] = "T-1"
    changed = shop(batch(event, purchase(2)), send_order_id="true")
    assert changed["outcomes"] == []
    assert changed["requests"] == [
        {
            "request": 0,
            "change": "changed",
            "fields": [],
            "events": [
                {
                    "index": 0,
                    "tiktok_event": "PlaceAnOrder",
                    "change": "changed",
                    "fields": [{"path": "properties.order_id", "after": "T-1"}],
                }
            ],
        }
    ]


def test_another_event_name_is_a_change_of_the_event() -> None:
    """Not one removed and another added: the other fields are compared too."""
    changed = shop(batch(purchase(1)), native_events="{purchase: CompletePayment}")
    [event] = changed["requests"][0]["events"]
    assert (event["tiktok_event"], event["change"]) == ("CompletePayment", "changed")
    assert event["fields"] == [{"path": "event", "before": "PlaceAnOrder", "after": "CompletePayment"}]
    assert changed["outcomes"] == [{"index": 0, "before": ["PlaceAnOrder"], "after": ["CompletePayment"]}]


def test_fields_of_the_request_are_compared_too() -> None:
    """A test code, another pixel: once for each request."""
    changed = shop(batch(purchase(1)), test_event_code="TEST1")
    assert changed["requests"] == [
        {"request": 0, "change": "changed", "fields": [{"path": "test_event_code", "after": "TEST1"}], "events": []}
    ]


def test_an_event_in_another_request_is_unchanged() -> None:
    """New requests are added; identical bodies are not listed."""
    changed = shop(batch(purchase(1), purchase(2)), max_events_per_request="1")
    assert [(each["request"], each["change"], each["events"]) for each in changed["requests"]] == [(1, "added", [])]


def test_a_dead_letter_that_would_be_sent_is_an_outcome() -> None:
    """And its event is added."""
    flags = {"TikTok.URL": "https://a.b", "TikTok.Callback": "__CALLBACK_PARAM__"}
    changed = shop(batch(purchase(1), purchase(2, custom_flags=flags)), invalid_ttclid="drop_field")
    assert changed["outcomes"] == [
        {"index": 1, "before": ["dead letter invalid_ttclid (TikTok.Callback)"], "after": ["PlaceAnOrder"]}
    ]
    assert [(each["index"], each["change"]) for each in changed["requests"][0]["events"]] == [(1, "added")]


def test_a_migration_shows_every_field() -> None:
    """From the legacy API to Events API 2.0: another URL, another shape."""
    legacy = OLD.replace("CNEW, enable_web_migration: true", "CNEW, enable_web_migration: false")
    [each] = [each for each in run(legacy, OLD, batch(purchase(1))).json if each["connection"] == "shop"]
    [request] = each["requests"]
    paths = {field["path"] for field in request["fields"]}
    assert paths == {"url", "pixel_code", "event_source", "event_source_id"}
    assert {"path": "context.ip", "before": "203.0.113.7"} in request["events"][0]["fields"]
    assert {"path": "user.ip", "after": "203.0.113.7"} in request["events"][0]["fields"]


def test_connections_are_added_and_removed() -> None:
    """A connection only in the new file is added with all that it would send; one only in the old is removed."""
    renamed = OLD.replace("id: shop", "id: store")
    result = run(OLD, renamed, batch(purchase(1)))
    changes = {each["connection"]: each["change"] for each in result.json}
    assert changes == {"store": "added", "blog": None, "shop": "removed"}
    added = next(each for each in result.json if each["connection"] == "store")
    assert (added["requests"][0]["change"], added["requests"][0]["events"][0]["change"]) == ("added", "added")


def test_several_files_are_read_as_one() -> None:
    """Indexes continue."""
    changed = shop(batch(purchase(1)), batch(purchase(2)), content_type="product_group")
    assert [event["index"] for event in changed["requests"][0]["events"]] == [0, 1]


def test_people_get_text() -> None:
    """The same facts, with values; text of an event moves no cursor."""
    new = OLD.replace("CNEW, enable_web_migration: true", "CNEW, enable_web_migration: true, send_order_id: true")
    event = purchase(1)
    event["data"]["product_action"]["transaction_id"] = "T\x1b[2J"
    result = run(OLD, new, batch(event), json_too=False)
    assert "web → shop  changed" in result.stdout
    assert "request 1  changed" in result.stdout
    assert "PlaceAnOrder (0)  changed" in result.stdout
    assert "properties.order_id: nothing → " in result.stdout
    assert "1 event would be sent differently, in 1 of 2 connections and inputs" in result.stdout
    assert "\x1b" not in result.stdout


@pytest.mark.parametrize("wrong", ["old.yaml", "new.yaml"])
def test_a_wrong_file_is_named_with_its_line(wrong: str) -> None:
    """Either of the two."""
    old, new = (text if name != wrong else "inputs: 3\n" for name, text in (("old.yaml", OLD), ("new.yaml", OLD)))
    result = run(old, new, batch(purchase(1)))
    assert (result.exit_code, result.stdout) == (1, "")
    assert f"{wrong}:1: " in result.stderr


def test_one_connection_can_be_selected() -> None:
    """As without --diff."""
    result = run(OLD, OLD, batch(purchase(1)), more=("--connection", "blog"))
    assert [each["connection"] for each in result.json] == ["blog"]


def withheld(rule: str) -> list[str]:
    return [f"withheld: {rule}"]


INTERNAL = purchase(2, custom_attributes={"channel": "internal"})
VIEW = purchase(3, product_action={"action": "view_detail"})
STAFF = {**batch(purchase(1)), "user_attributes": {"internal": True}, "mpid": "5"}
ANONYMOUS = {key: value for key, value in batch(purchase(1)).items() if key != "user_identities"}
SENT = ["PlaceAnOrder"]
NEVER = "{never_if: [{%s}]}"
RULES = [
    ("forward", "{only_if: [{attribute: channel, in: [web]}]}", batch(INTERNAL), "only_if 1: attribute channel in web"),
    (
        "forward",
        NEVER % "attribute: channel, is: internal",
        batch(INTERNAL),
        "never_if 1: attribute channel is internal",
    ),
    ("forward", NEVER % "user_attribute: internal, is: 'true'", STAFF, "never_if 1: user_attribute internal is true"),
    ("forward", "{logged_in_only: true}", ANONYMOUS, "logged_in_only"),
    ("forward", "{sample: 25%}", STAFF, "sample 25%"),
    ("native_events", "{purchase: off}", batch(purchase(1)), "native_events: purchase off"),
    (
        "forward",
        NEVER % "field: total_amount, greater: 5",
        batch(purchase(1)),
        "never_if 1: field total_amount greater 5",
    ),
    (
        "forward",
        NEVER % "product: category, is: apparel",
        batch(purchase(1)),
        "never_if 1: product category is apparel",
    ),
    (
        "forward",
        "{only_if: [{product_attribute: size, in: [xl]}]}",
        batch(purchase(1)),
        "only_if 1: product_attribute size in xl",
    ),
    (
        "forward",
        "{only_if: [{promotion: id, exists: true}]}",
        batch(purchase(1)),
        "only_if 1: promotion id exists",
    ),
    (
        "forward",
        NEVER % "identity: email, matches: 'shop[.]example$'",
        batch(purchase(1)),
        "never_if 1: identity email matches …",
    ),
    (
        "forward",
        "{only_if: [{batch: app_version, greater: 3.1}]}",
        batch(purchase(1)),
        "only_if 1: batch app_version greater 3.1",
    ),
    (
        "forward",
        "{only_if: [{gdpr_consent: ads, is: true}]}",
        batch(purchase(1)),
        "only_if 1: gdpr_consent ads is true",
    ),
    (
        "gdpr_purpose",
        "ads",
        batch(purchase(1)),
        "no GDPR consent to ads, which this connection asks for (gdpr_purpose)",
    ),
]


@pytest.mark.parametrize(("setting", "value", "sent", "rule"), RULES, ids=[case[3] for case in RULES])
def test_the_effect_of_a_rule_is_an_outcome(setting: str, value: str, sent: dict[str, Any], rule: str) -> None:
    """Before, the event was sent; after, the rule withholds it."""
    changed = shop(sent, **{setting: value})
    assert changed["outcomes"] == [{"index": 0, "before": SENT, "after": withheld(rule)}]
    [request] = changed["requests"]
    assert (request["change"], [event["change"] for event in request["events"]]) == ("removed", ["removed"])


def test_the_effect_of_omit_is_a_field_without_a_new_value() -> None:
    changed = shop({**batch(purchase(1)), "ip": "203.0.113.9"}, omit="[user.ip]")
    [event] = changed["requests"][0]["events"]
    assert event["fields"] == [{"path": "user.ip", "before": "203.0.113.9"}]


ONE = purchase(1, custom_attributes={"channel": "internal", "path": "/admin/users"})
OPERATOR_RULES = [
    "attribute: channel, is: internal",
    "attribute: channel, is_not: web",
    "attribute: channel, in: [internal, test]",
    "attribute: channel, not_in: [web, shop]",
    "attribute: path, contains: admin",
    "attribute: path, starts_with: /admin",
    "attribute: path, matches: ^/admin/",
    "field: total_amount, greater: 5",
    "field: total_amount, less: 100000",
    "attribute: channel, exists: true",
]


@pytest.mark.parametrize("rule", OPERATOR_RULES)
def test_the_effect_of_each_operator_is_an_outcome(rule: str) -> None:
    changed = shop(batch(ONE), forward=NEVER % rule)
    [outcome] = changed["outcomes"]
    assert outcome["before"] == SENT
    assert outcome["after"][0].startswith("withheld: never_if 1: ")


def test_the_tables_have_every_subject_and_every_operator() -> None:
    """A kind of rule that is added needs a line here."""
    written = " ".join([*OPERATOR_RULES, *(value for _, value, *_ in RULES)])
    assert {name for name in (*SUBJECTS, *OPERATORS) if f"{name}:" not in written} == set()


def test_the_effect_of_environments_and_of_a_disabled_connection_is_an_outcome() -> None:
    for setting, value, rule in (("environments", "[development]", "environment production"), ("enabled", "false", "")):
        [outcome] = shop(batch(purchase(1)), **{setting: value})["outcomes"]
        assert outcome["before"] == SENT
        assert outcome["after"][0].startswith(f"withheld: {rule}")


PURCHASE = "match: {event_type: commerce_event, action: purchase"
MAPPING_RULES = {
    "match": f"{{tiktok_event: Lead, {PURCHASE}}}}}",
    "attributes": f"{{tiktok_event: Lead, {PURCHASE}, attributes: {{channel: internal}}}}}}",
    "only_if": f"{{tiktok_event: Lead, {PURCHASE}, only_if: [{{attribute: channel, is: internal}}]}}}}",
    "never_if": f"{{tiktok_event: Lead, {PURCHASE}, never_if: [{{attribute: channel, is: web}}]}}}}",
    "products": f"{{tiktok_event: Lead, {PURCHASE}}}, products: {{only_if: [{{product: id, exists: true}}]}}}}",
    "for_each": f"{{tiktok_event: Lead, {PURCHASE}}}, for_each: product}}",
    "custom_event": f"{{custom_event: MyOrder, {PURCHASE}}}}}",
    "parameters": f"{{tiktok_event: PlaceAnOrder, {PURCHASE}}}, parameters: {{description: {{attribute: path}}}}}}",
}


@pytest.mark.parametrize("rule", MAPPING_RULES)
def test_the_effect_of_a_custom_mapping_is_shown(rule: str) -> None:
    """The event changes its name, its number or its fields."""
    changed = shop(batch(ONE), custom_mappings=f"[{MAPPING_RULES[rule]}]")
    assert changed["change"] == "changed"
    assert changed["outcomes"] or any(event["change"] for event in changed["requests"][0]["events"])


def test_the_effect_of_a_default_is_an_outcome() -> None:
    screen = {**purchase(1), "event_type": "screen_view"}
    [outcome] = shop(batch(screen), custom_mappings="[{tiktok_event: Lead, default_for: screen_view}]")["outcomes"]
    assert (outcome["before"], outcome["after"]) == (["unsupported: screen_view"], ["Lead"])
