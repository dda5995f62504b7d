"""Any file is a configuration or a refusal with a place, and no refusal shows a secret."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from config.errors import ConfigurationError
from config.file import load
from config.reading.schema import connection_record
from config.vocabulary import TIKTOK_EVENTS

SECRET = "hidden-secret"
KEYS = [
    *connection_record(lambda *_: "", []).rows,
    "platform",
    "api_key",
    "api_secret",
    "connections",
    "match",
    "action",
]
WORDS = st.sampled_from(
    [*KEYS, *TIKTOK_EVENTS, "web", "ios", "feed", "true", "7d", "${X}", "enc:x", "file:/", "~", "", "12", "US", "a: b"]
)
TREES = st.recursive(
    WORDS | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS | st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)
anything = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


def attempt(tmp_path: Path, content: bytes) -> str:
    """Load the bytes; return the refusal, or nothing for a configuration."""
    path = tmp_path / "relay.yaml"
    path.write_bytes(content)
    try:
        assert load(path, {"X": SECRET}).connections
    except ConfigurationError as refusal:
        return str(refusal) or pytest.fail("refused without a problem")
    return ""


def flow(tree: Any) -> str:
    """Return the tree in YAML's flow style, every scalar quoted."""
    if isinstance(tree, str):
        return "'" + tree.replace("'", "''") + "'"
    if isinstance(tree, list):
        return "[" + ", ".join(map(flow, tree)) + "]"
    return "{" + ", ".join(f"? {flow(key)} : {flow(value)}" for key, value in tree.items()) + "}"


@anything
@given(content=st.binary(max_size=200))
@example(content=b'"\\UFFFFFFFF"')
@example(content=b"%YAML 99999999999999999999.1\n---\na")
@example(content=b"%TAG ! !\n%TAG ! !\n---\n!a b")
@example(content=b"a: !<")
@example(content=b"\xef\xbb\xbf")
@example(content=b"- \xc2\x85\xe2\x80\xa8- ")
def test_any_bytes(content: bytes, tmp_path: Path) -> None:
    """Bytes of any kind."""
    attempt(tmp_path, content)


@anything
@given(content=st.text(alphabet=st.sampled_from("ab:-?![]{}#&*|>'\"%@`,<= \t\n~0\\/é\x85\u2028"), max_size=60))
def test_any_yaml_like_text(content: str, tmp_path: Path) -> None:
    """Text made of characters with a meaning in YAML."""
    attempt(tmp_path, content.encode())


@anything
@given(tree=TREES)
def test_any_tree(tree: Any, tmp_path: Path) -> None:
    """Well-formed YAML with any content."""
    attempt(tmp_path, flow(tree).encode())


@anything
@given(inputs=st.lists(TREES, max_size=3), more=st.dictionaries(st.sampled_from(KEYS), TREES, max_size=6))
def test_any_settings_of_a_connection(inputs: list[Any], more: dict[str, Any], tmp_path: Path) -> None:
    """Valid keys with any values, beside credentials that no refusal may show."""
    credentials = {"api_key": SECRET + "1", "api_secret": SECRET + "2", "id": "in", "platform": "ios"}
    connection = {"id": "out", "inputs": ["in"], "access_token": SECRET, "event_source_id": "P"} | more
    tree = {"inputs": [credentials, *inputs], "connections": [connection]}
    assert SECRET not in attempt(tmp_path, flow(tree).encode())


@pytest.mark.parametrize(
    "line",
    ["'SECRET", '"SECRET', "a: *SECRET", "a: &SECRET b", "a: !SECRET b", "{a: SECRET", "a: SECRET: b", "SECRET\n- a"],
)
def test_broken_yaml_is_not_quoted(line: str, tmp_path: Path) -> None:
    """The message omits the parser's excerpt of the bad line, which may contain a token."""
    assert SECRET not in attempt(tmp_path, ("x: y\n" + line.replace("SECRET", SECRET)).encode())


def test_any_beginning_of_a_file(tmp_path: Path) -> None:
    """The example, cut anywhere, is a refusal or a configuration."""
    whole = (
        b"inputs:\n  - {id: in, platform: web, api_key: k, api_secret: s}\n"
        b"connections:\n  - id: out\n    inputs: [in]\n    access_token: t\n    event_source_id: P\n"
        b"    custom_mappings:\n      - tiktok_event: Search\n        match: {name: x}\n"
        b"        parameters: {query: {attribute: term}}\n"
    )
    for end in range(len(whole) + 1):
        refusal = attempt(tmp_path, whole[:end])
    assert not refusal
