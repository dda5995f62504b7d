"""`relay test`: cases against a configuration, with a diff, an exit code and JUnit XML; no Redis, no secrets."""

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
from support.events import batch, purchase
from support.terminal import Said, relay

CONFIGURATION = """
inputs:
  - {id: web, platform: web, api_key: "${NOT_SET}", api_secret: "${NOT_SET_EITHER}"}
  - {id: blog, platform: web, api_key: key2, api_secret: secret}
connections:
  - {id: shop, inputs: [web], access_token: "${NO_TOKEN}", event_source_id: CNEW, enable_web_migration: true}
  - {id: both, inputs: [web, blog], access_token: t, event_source_id: COLD, enable_web_migration: true}
  - {id: off, inputs: [blog], access_token: t, event_source_id: COFF, enabled: false}
"""
BAD_URL = purchase(3, custom_flags={"TikTok.URL": "www.shop.example"})
BATCH = batch(purchase(1), {"event_type": "screen_view", "data": {}}, BAD_URL)
GOOD = """\
    expect:
      events:
        - event: PlaceAnOrder
          index: 0
          fields:
            properties.value: 21.0
            properties.contents[0]:
              {content_id: sku-1, price: 10, quantity: 2, content_name: Shoe, content_category: apparel}
            user.email[0]: {sha256: user0@shop.example}
          present: [user.ip]
          absent: [user.phone]
      unsupported: [{index: 1, what: screen_view}]
      dead_letters: [{index: 2, reason: invalid_url, field: TikTok.URL}]
"""


@pytest.fixture(autouse=True)
def _configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "relay.yaml").write_text(CONFIGURATION)
    monkeypatch.setenv("RELAY_CONFIG", str(tmp_path / "relay.yaml"))
    monkeypatch.delenv("RELAY_REDIS_URL", raising=False)


def case(tmp_path: Path, expect: str, head: str = "connection: shop", name: str = "a case") -> Path:
    """Write a file with one case."""
    (tmp_path / "batch.json").write_text(json.dumps(BATCH))
    path = tmp_path / f"{name}.yaml"
    path.write_text(f"cases:\n  - name: {name}\n    {head}\n    batch: batch.json\n{expect}")
    return path


def run(path: Path, *arguments: str) -> Said:
    return relay("test", str(path), *arguments)


def test_a_case_that_holds_passes(tmp_path: Path) -> None:
    """Exit code 0; nothing of the configuration's secrets is needed."""
    result = run(case(tmp_path, GOOD))
    assert result.exit_code == 0, result.stdout
    assert result.stdout.startswith("ok")
    assert result.stderr == "1 case: 1 passed, 0 failed\n"


DIFFERENCES = [
    ("a value", "properties.value: 21.0", "properties.value: 22", "events[0].properties.value", "22", "21"),
    (
        "a text for a number",
        "properties.value: 21.0",
        'properties.value: "21"',
        "events[0].properties.value",
        '"21"',
        "21",
    ),
    ("a member of an object", "price: 10", "price: 11", "events[0].properties.contents[0].price", "11", "10"),
    ("a hash", "user0@shop", "user1@shop", "events[0].user.email[0]", "the SHA-256 of the text given", '"'),
    ("the name", "event: PlaceAnOrder", "event: Purchase", "events[0].event", "Purchase", "PlaceAnOrder"),
    ("what is absent", "present: [user.ip]", "present: [user.ttp]", "events[0].user.ttp", "a value", "nothing"),
    ("what is present", "absent: [user.phone]", "absent: [user.ip]", "events[0].user.ip", "nothing", '"203.0.113.7"'),
    ("the event's place", "index: 0", "index: 4", "events[0].index", "4", "0"),
    ("a reason", "reason: invalid_url", "reason: missing_url", "dead_letters[0].reason", "missing_url", "invalid_url"),
    ("what is unsupported", "what: screen_view", "what: opt_out", "unsupported[0].what", "opt_out", "screen_view"),
]


@pytest.mark.parametrize(
    ("old", "new", "where", "expected", "found"), [d[1:] for d in DIFFERENCES], ids=[d[0] for d in DIFFERENCES]
)
def test_a_difference_is_shown_with_both_sides(
    tmp_path: Path, old: str, new: str, where: str, expected: str, found: str
) -> None:
    """Its place, then what must be there, and what is; exit code 1."""
    assert old in GOOD
    completed = run(case(tmp_path, GOOD.replace(old, new)), "--json")
    assert completed.exit_code == 1
    ((difference,),) = [result["differences"] for result in completed.json]
    assert difference["where"] == where
    assert expected in difference["expected"]
    assert found in difference["found"]


def test_people_see_a_diff(tmp_path: Path) -> None:
    """The file and the line of the case, then each place."""
    path = case(tmp_path, GOOD.replace("21.0", "22"))
    result = relay("test", str(path), environ={"COLUMNS": "300"})
    assert result.stdout.splitlines() == [
        f"FAIL  a case  {path}:2",
        "      events[0].properties.value",
        "        - 22",
        "        + 21",
    ]


def test_another_number_of_events_is_a_difference(tmp_path: Path) -> None:
    """With what was sent."""
    result = run(case(tmp_path, "    expect: {events: []}\n"), "--json")
    assert result.json[0]["differences"] == [{"where": "events", "expected": "none", "found": "1: PlaceAnOrder (0)"}]


def test_lists_that_are_not_named_are_not_compared_unless_exact(tmp_path: Path) -> None:
    """With `exact`, each list that is not named must be empty, and each field must be named."""
    expect = "    expect: {events: [{event: PlaceAnOrder}]}\n"
    assert run(case(tmp_path, expect)).exit_code == 0
    result = run(case(tmp_path, f"{expect}    exact: true\n"), "--json")
    places = [difference["where"] for difference in result.json[0]["differences"]]
    assert {"events[0].event_id", "events[0].user.ip", "unsupported", "dead_letters"} <= {*places}
    assert "events[0].event" not in places


def test_a_withheld_event_may_be_named_by_its_rule(tmp_path: Path) -> None:
    """The whole reason, or its beginning up to a colon; a disabled connection is one."""
    head = "connection: off\n    received: 2026-11-26T08:30:00Z"
    expect = "    expect: {withheld: [{why: 'the connection is disabled (enabled: false)'}, {}, {index: 2}]}\n"
    assert run(case(tmp_path, expect, head)).exit_code == 0
    named = "    expect: {withheld: [{why: 'enabled: false'}, {why: enabled}, {}]}\n"
    assert run(case(tmp_path, named, head)).exit_code == 0
    result = run(case(tmp_path, expect.replace("is disabled (", "is paused ("), head), "--json")
    assert result.json[0]["differences"][0]["where"] == "withheld[0].why"


def test_each_kind_of_rule_is_named(tmp_path: Path) -> None:
    """A forwarding rule by its number, a native event that is off, an environment."""
    rules = """\
connections:
  - id: shop
    inputs: [web]
    access_token: t
    event_source_id: CNEW
    enable_web_migration: true
    forward: {never_if: [{user_attribute: internal, is: "true"}], only_if: [{attribute: channel, in: [web, shop]}]}
    native_events: {checkout: off}
"""
    text = CONFIGURATION.partition("connections:")[0] + rules
    (tmp_path / "relay.yaml").write_text(text)
    cases = [
        ({"user_attributes": {"internal": True}}, {"channel": "web"}, "purchase", "never_if 1"),
        ({}, {"channel": "till"}, "purchase", "only_if 1"),
        ({}, {"channel": "till"}, "purchase", "only_if 1: attribute channel in web, shop"),
        ({"environment": "development"}, {}, "purchase", "environment"),
        ({}, {"channel": "shop"}, "checkout", "native_events: checkout off"),
        (
            {"environment": "development"},
            {},
            "purchase",
            "environment development, and this connection sends production only",
        ),
    ]
    case_file = [
        {
            "name": why,
            "connection": "shop",
            "batch": {**more, "events": [purchase(1, custom_attributes=attributes, product_action={"action": action})]},
            "expect": {"events": [], "withheld": [{"why": why}]},
        }
        for more, attributes, action, why in cases
    ]
    path = tmp_path / "rules.json"
    path.write_text(json.dumps({"cases": case_file}))
    completed = run(path, "--json")
    assert [(result["name"], result["differences"]) for result in completed.json] == [
        (case["name"], []) for case in case_file
    ]


@pytest.mark.parametrize(
    ("head", "error"),
    [
        ("connection: shpo", "no connection shpo. Did you mean shop? It has shop, both, off"),
        ("input: wbe", "no input wbe. Did you mean web? It has web, blog"),
        ("connection: both", "connection both has several inputs (web, blog): say which one with `input:`"),
        ("input: web", "input web has several connections (shop, both): say which one with `connection:`"),
        ("connection: shop\n    input: blog", "connection shop has no input blog: it has web"),
    ],
)
def test_a_case_that_cannot_run_says_why(tmp_path: Path, head: str, error: str) -> None:
    """It counts as failed, and the others run."""
    bad = case(tmp_path, GOOD, head, name="bad")
    completed = relay("test", str(bad), str(case(tmp_path, GOOD)), "--json")
    assert completed.exit_code == 1
    assert [result["passed"] for result in completed.json] == [False, True]
    assert error in completed.json[0]["error"]


def test_junit_xml_is_what_ci_reads(tmp_path: Path) -> None:
    """A suite for each file; failures with the diff, errors with the sentence; odd characters do not break it."""
    paths = [
        case(tmp_path, GOOD, name="good"),
        case(tmp_path, GOOD.replace("21.0", '"\\u0001<22>"'), name="wrong"),
        case(tmp_path, GOOD, "connection: shpo", name="unknown"),
    ]
    result = relay("test", *map(str, paths), "--junit", str(tmp_path / "junit.xml"))
    assert result.exit_code == 1
    root = ElementTree.parse(tmp_path / "junit.xml").getroot()
    assert {name: root.get(name) for name in ("tests", "failures", "errors")} == {
        "tests": "3",
        "failures": "1",
        "errors": "1",
    }
    good, wrong, unknown = root.iter("testcase")
    assert (good.get("name"), good.get("classname"), good.get("line"), len(good)) == ("good", "shop", "2", 0)
    assert wrong[0].tag == "failure"
    assert "events[0].properties.value\n  - " in (wrong[0].text or "")
    assert (unknown[0].tag, "Did you mean shop?" in (unknown[0].get("message") or "")) == ("error", True)


def test_a_folder_gives_its_yaml_files(tmp_path: Path) -> None:
    """In their order; JSON beside them is for batches, and the configuration itself holds no cases."""
    folder = tmp_path
    for name in ("b", "a"):
        case(folder, GOOD, name=name)
    completed = relay("test", str(folder), "--json")
    assert [result["name"] for result in completed.json] == ["a", "b"]


def test_one_connection_may_be_chosen(tmp_path: Path) -> None:
    """Without a case for it: a sentence, exit code 1."""
    path = case(tmp_path, GOOD)
    assert run(path, "--connection", "shop").exit_code == 0
    result = run(path, "--connection", "off")
    assert (result.exit_code, result.stderr) == (1, "No case in the files is of connection off.\n")


def test_a_case_without_connection_is_of_those_of_its_input(tmp_path: Path) -> None:
    """Chosen by connection, it runs; where the input has several connections, it fails with what to write."""
    implied = case(tmp_path, GOOD, "input: blog", name="implied")
    assert run(implied, "--connection", "shop").stderr == "No case in the files is of connection shop.\n"
    ran = run(implied, "--connection", "off", "--json")
    assert [result["name"] for result in ran.json] == ["implied"]
    assert "input blog has several connections (both, off): say which one" in ran.json[0]["error"]


def test_a_bad_case_file_stops_the_run(tmp_path: Path) -> None:
    """With every problem of every file; nothing runs half."""
    bad = case(tmp_path, "    expct: {}\n")
    result = run(bad)
    assert result.exit_code == 1
    assert f"{bad}:5: `expct` is no setting of a case" in result.stderr
    assert result.stdout == ""


def test_preview_saves_a_case_that_passes(tmp_path: Path) -> None:
    """With made-up values; a second one does not overwrite it."""
    (tmp_path / "batch.json").write_text(json.dumps(BATCH))
    saved = tmp_path / "saved.yaml"
    chosen = (
        "preview",
        str(tmp_path / "batch.json"),
        "--connection",
        "both",
        "--input",
        "web",
        "--save-case",
        str(saved),
    )
    result = relay(*chosen, environ={"NOT_SET": "a", "NOT_SET_EITHER": "b", "NO_TOKEN": "c"})
    assert result.exit_code == 0, result.stderr
    assert f"Wrote {saved}" in result.stderr
    assert "user0@shop.example" not in saved.read_text()
    assert run(saved).exit_code == 0
    again = relay(*chosen, environ={"NOT_SET": "a", "NOT_SET_EITHER": "b", "NO_TOKEN": "c"})
    assert again.exit_code == 1
    assert f"{saved} exists" in again.stderr


def test_a_case_is_of_one_connection(tmp_path: Path) -> None:
    """Wrong use, exit code 2."""
    (tmp_path / "batch.json").write_text(json.dumps(BATCH))
    environ = {"NOT_SET": "a", "NOT_SET_EITHER": "b", "NO_TOKEN": "c"}
    result = relay("preview", str(tmp_path / "batch.json"), "--save-case", str(tmp_path / "x.yaml"), environ=environ)
    assert result.exit_code == 2
    assert "--save-case is for one connection and input, and 4 are chosen" in result.stderr
    both = ("--diff", str(tmp_path / "relay.yaml"), str(tmp_path / "relay.yaml"))
    result = relay(
        "preview", str(tmp_path / "batch.json"), "--save-case", str(tmp_path / "x.yaml"), *both, environ=environ
    )
    assert (result.exit_code, "pass it without --diff" in result.stderr) == (2, True)
