"""Inputs made after public reports of senders like ours: what `relay preview --json` must say of each.

One file each in `tests/cases/`: `config`, `batch` (an array: a bulk request) or `raw` (the body as text), the `rule` in
words, and `expect`. A check has a `path` and one of `equals`, `not_equals`, `absent`, `present`, `length` and
`distinct`; or `any_of`, lists of checks of which one must hold.
"""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from support.terminal import relay

FOLDER = Path(__file__).parents[1] / "cases"
CASES = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in FOLDER.glob("*.json")}


def found_at(document: Any, path: str) -> list[Any]:
    """Return every value at a path such as `$[0].requests[0].body.data[*].event_id`; none if nothing is there."""
    values = [document]
    for step in re.findall(r"[^.\[\]]+", path.removeprefix("$")):
        values = [inner for value in values for inner in _inside(value, step)]
    return values


def _inside(value: Any, step: str) -> list[Any]:
    if isinstance(value, list):
        if step == "*":
            return value
        return [value[int(step)]] if int(step) < len(value) else []
    return [value[step]] if isinstance(value, dict) and step in value else []


def holds(check: dict[str, Any], document: Any) -> bool:
    """Return whether a check holds; raise for an unknown kind of check."""
    match check:
        case {"any_of": alternatives}:
            return any(all(holds(found, document) for found in alternative) for alternative in alternatives)
        case {"path": path, **wanted}:
            [(kind, value)] = wanted.items()
    values = found_at(document, path)
    match kind:
        case "equals":
            return bool(values) and all(found == value for found in values)
        case "not_equals":
            return all(found != value for found in values)
        case "absent":
            return (not values) is value
        case "present":
            return bool(values) is value
        case "length":
            return [len(found) for found in values] == [value]
        case "distinct":
            return (len(values) > 1 and len({json.dumps(found) for found in values}) == len(values)) is value
        case _:
            raise ValueError(kind)


@pytest.mark.parametrize("name", sorted(CASES))
def test_a_case_comes_out_as_its_rule_says(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rule of the case is in its file, in words."""
    case = CASES[name]
    (tmp_path / "relay.yaml").write_text(json.dumps(case["config"]))
    monkeypatch.setenv("RELAY_CONFIG", str(tmp_path / "relay.yaml"))
    monkeypatch.setenv("RELAY_DATA_DIR", str(tmp_path / "none"))
    monkeypatch.delenv("RELAY_REDIS_URL", raising=False)
    body = case["raw"].encode() if "raw" in case else json.dumps(case["batch"]).encode()
    result = relay("preview", "-", "--json", stdin=body)
    assert result.exit_code == 0, result.stderr
    failed = [check for check in case["expect"] if not holds(check, result.json)]
    assert not failed, (case["rule"], failed, result.json)


CHECKS = [
    ({"path": "$[0].a", "equals": 1}, True),
    ({"path": "$[0].a", "equals": 2}, False),
    ({"path": "$[0].z", "equals": 1}, False),
    ({"path": "$[0].a", "not_equals": 2}, True),
    ({"path": "$[0].a", "not_equals": 1}, False),
    ({"path": "$[0].z", "not_equals": 1}, True),
    ({"path": "$[0].z", "absent": True}, True),
    ({"path": "$[0].a", "absent": True}, False),
    ({"path": "$[0].a", "absent": False}, True),
    ({"path": "$[0].l[0]", "present": True}, True),
    ({"path": "$[0].l[9]", "present": True}, False),
    ({"path": "$[0].l", "length": 2}, True),
    ({"path": "$[0].l", "length": 1}, False),
    ({"path": "$[0].z", "length": 0}, False),
    ({"path": "$[0].l[*].i", "distinct": True}, True),
    ({"path": "$[*].s[*].i", "distinct": True}, False),
    ({"path": "$[0].z[*]", "distinct": True}, False),
    ({"any_of": [[{"path": "$[0].a", "equals": 2}], [{"path": "$[0].z", "absent": True}]]}, True),
    ({"any_of": [[{"path": "$[0].a", "equals": 2}], [{"path": "$[0].a", "absent": True}]]}, False),
]


@pytest.mark.parametrize(("check", "right"), CHECKS, ids=[json.dumps(check) for check, _ in CHECKS])
def test_each_kind_of_check_can_hold_and_fail(check: dict[str, Any], right: bool) -> None:
    """A table of checks that always hold would prove nothing."""
    assert holds(check, [{"a": 1, "l": [{"i": 1}, {"i": 2}], "s": [{"i": 1}, {"i": 1}]}]) is right
