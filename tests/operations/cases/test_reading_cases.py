"""Case files: what they may say, and that a bad one is refused with its line, what is allowed and the nearest name."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from ruamel.yaml import YAML
from support.terminal import relay

from config.errors import ConfigurationError
from operations.cases.model import Asked, Case
from operations.cases.reading import read_cases

CASE = """\
cases:
  - name: a purchase
    connection: shop
    batch: {events: []}
    expect:
      events: []
"""


def read(tmp_path: Path, text: str, name: str = "cases.yaml") -> list[Case]:
    path = tmp_path / name
    path.write_text(text)
    return read_cases(path)


def refused(tmp_path: Path, text: str) -> list[str]:
    """The problems of a file, without its path."""
    with pytest.raises(ConfigurationError) as caught:
        read(tmp_path, text)
    return [str(problem).removeprefix(f"{tmp_path}/cases.yaml") for problem in caught.value.problems]


def swapped(old: str, new: str) -> str:
    assert old in CASE
    return CASE.replace(old, new)


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("59.97", 59.97),
        ('"59.97"', "59.97"),
        ("-0.5e3", -500.0),
        ("7346244611012968789", 7346244611012968789),
        ("0123", "0123"),
        ("true", True),
        ("'true'", "true"),
        ("yes", "yes"),
        ("null", None),
        ("~", None),
        ('""', ""),
        ("[1, a]", [1, "a"]),
        ("{}", {}),
        ('"\\ud83d\\ude00 \\u20ac"', "😀 €"),
        ("1_000", "1_000"),
        (".5", ".5"),
    ],
)
def test_a_batch_has_the_types_that_its_json_would_have(tmp_path: Path, written: str, value: Any) -> None:
    """In quotes a scalar is text; without them it is what JSON would read, else text."""
    (case,) = read(tmp_path, swapped("{events: []}", f"{{a: {written}}}"))
    assert json.loads(case.batches[0]) == {"a": value}


def test_json_is_a_case_file_too(tmp_path: Path) -> None:
    """The same keys."""
    made = {"cases": [{"name": "n", "input": "web", "batch": [{"ip": "1.2.3.4"}, {}], "expect": {"withheld": []}}]}
    (case,) = read(tmp_path, json.dumps(made), "cases.json")
    assert (case.name, case.input, case.connection) == ("n", "web", None)
    assert [json.loads(batch) for batch in case.batches] == made["cases"][0]["batch"]
    assert case.expect.withheld == ()
    assert case.expect.events is None


@pytest.mark.parametrize("content", ['{"a": 1}\n{"a": 2}\n', '[{"a": 1}, {"a": 2}]'])
def test_a_batch_may_be_a_file_beside_it(tmp_path: Path, content: str) -> None:
    """One batch, an array, or one a line, as preview reads them."""
    (tmp_path / "batch.json").write_text(content)
    (case,) = read(tmp_path, swapped("{events: []}", "batch.json"))
    assert [json.loads(batch) for batch in case.batches] == [{"a": 1}, {"a": 2}]


def test_everything_that_may_be_expected_is_read(tmp_path: Path) -> None:
    """Values, questions, lists of paths, outcomes."""
    (case,) = read(
        tmp_path,
        swapped(
            "      events: []",
            """\
      events:
        - event: Purchase
          index: 2
          fields:
            properties.value: 59.97
            user.email[0]: {sha256: a@b.example}
            properties.contents: {length: 2}
            event_id: {one_of: [a, "1"]}
            page.url: {is_not: null}
            properties.contents[0]: {content_id: "1"}
          present: [user.ip]
          absent: [user.phone]
          exact: true
      withheld: [{index: 0, why: never_if 1}]
      unsupported: [{what: screen_view}]
      dead_letters: [{reason: invalid_url, field: TikTok.URL}]""",
        ),
    )
    events, withheld = case.expect.events or (), case.expect.withheld or ()
    assert dict(events[0].fields or {}) == {
        "properties.value": 59.97,
        "user.email[0]": Asked(sha256="a@b.example"),
        "properties.contents": Asked(length=2),
        "event_id": Asked(one_of=("a", "1")),
        "page.url": Asked(is_not=(None,)),
        "properties.contents[0]": {"content_id": "1"},
    }
    assert (events[0].index, events[0].present, events[0].absent, events[0].exact) == (
        2,
        ("user.ip",),
        ("user.phone",),
        True,
    )
    assert (withheld[0].index, withheld[0].why) == (0, "never_if 1")


def test_the_time_of_receipt_has_a_zone(tmp_path: Path) -> None:
    """In milliseconds since 1970."""
    (case,) = read(tmp_path, CASE + "    received: 2026-11-26T08:30:00+01:00\n")
    assert case.received_ms == 1_795_678_200_000


REFUSED = {
    "an unknown key": (
        swapped("connection", "conection"), 3, ["`conection` is no setting of a case", "Did you mean `connection`?"]
    ),
    "neither connection nor input": (swapped("    connection: shop\n", ""), 2, ["needs a `connection`, an `input`"]),
    "no batch": (swapped("    batch: {events: []}\n", ""), 2, ["a case has no `batch`, which it needs"]),
    "a batch that is not there": (swapped("{events: []}", "no.json"), 4, ["no.json cannot be read: No such file"]),
    "a batch that is a folder": (swapped("{events: []}", "."), 4, ["cannot be read: Is a directory"]),
    "nothing expected": (
        swapped("      events: []\n", "").rstrip() + " {}\n", 5, ["`expect` is empty: give at least one of events"]
    ),
    "an unknown list": (
        swapped("      events:", "      event:"), 6, ["`event` is no setting of `expect`", "Did you mean `events`?"]
    ),
    "a path that is none": (
        swapped("events: []", "events: [{fields: {properties..value: 1}}]"), 6,
        ["`properties..value` is no path of a TikTok event, such as user.email[0]"],
    ),
    "two questions in one": (
        swapped("events: []", "events: [{fields: {a: {sha256: x, length: 1}}}]"), 6,
        ["`a` must be a plain value, or one condition: sha256, length, one_of, is_not"],
    ),
    "an unknown reason": (
        swapped("events: []", "dead_letters: [{reason: invalid_ur}]"), 6,
        ["`reason` is `invalid_ur`. Did you mean `invalid_url`? Allowed are invalid_batch"],
    ),
    "a time without zone": (CASE + "    received: 2026-11-26T08:30:00\n", 7, ["must be a time with its zone"]),
    "a name twice": (CASE + CASE.removeprefix("cases:\n"), 7, ["the name `a purchase` is that of line 2 too"]),
    "no cases": ("case: []\n", 1, ["`case` is no setting of a case file", "Did you mean `cases`?"]),
    "no list": ("cases: {}\n", 1, ["`cases` must be a list"]),
    "an empty list": ("cases: []\n", 1, ["`cases` is empty: it needs at least one item"]),
    "no YAML": ("cases: [\n", 2, ["is not valid YAML"]),
    "an alias": (swapped("{events: []}", "*other"), 4, ["uses an alias (*name)"]),
}  # fmt: skip


@pytest.mark.parametrize(("text", "line", "words"), REFUSED.values(), ids=REFUSED.keys())
def test_a_bad_file_is_refused_with_its_line(tmp_path: Path, text: str, line: int, words: list[str]) -> None:
    """One sentence with what is allowed and the nearest name."""
    problem = next(problem for problem in refused(tmp_path, text) if words[0] in problem)
    assert problem.startswith(f":{line}: ")
    assert all(word in problem for word in words)


def test_the_schema_for_editors_accepts_what_is_read_and_refuses_a_misspelt_key(tmp_path: Path) -> None:
    """`relay schema --cases` is made of the same rows."""
    schema = json.loads(relay("schema", "--cases").stdout)
    jsonschema.Draft7Validator.check_schema(schema)
    validator = jsonschema.Draft7Validator(schema)
    good = YAML(typ="safe").load(CASE)
    assert list(validator.iter_errors(good)) == []
    assert read(tmp_path, CASE)
    for old, new in (("connection", "conection"), ("events: []\n", "event: []\n"), ("expect", "expct")):
        assert list(validator.iter_errors(YAML(typ="safe").load(swapped(old, new))))


def test_all_problems_are_named_at_once(tmp_path: Path) -> None:
    """One bad case hides no other."""
    text = CASE + swapped("a purchase", "another").removeprefix("cases:\n").replace("batch:", "bacth:")
    problems = refused(tmp_path, text.replace("connection: shop", "conection: shop", 1))
    assert len(problems) == 3


def test_an_empty_file_shows_a_minimal_one(tmp_path: Path) -> None:
    """To copy."""
    assert "cases:\n  - name:" in refused(tmp_path, "")[0]
