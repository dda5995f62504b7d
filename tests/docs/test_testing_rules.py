"""docs/testing-rules.md shows what `relay test` prints."""

import json
import re
from pathlib import Path

import pytest
from support.events import batch, purchase
from support.terminal import relay

PAGE = (Path(__file__).parents[2] / "docs" / "testing-rules.md").read_text(encoding="utf-8")
CONFIGURATION = """
inputs:
  - {id: web, platform: web, api_key: key, api_secret: secret}
connections:
  - id: shop-web
    inputs: [web]
    access_token: ${TIKTOK_TOKEN}
    event_source_id: CUSG5HBC77UD11VVRQEG
    enable_web_migration: true
    native_events: {purchase: CompletePayment}
"""


def test_the_example_prints_what_the_page_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a purchase of 60, from an address that relay does not know."""
    cases, shown, *_ = re.findall(r"^```\w*\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RELAY_CONFIG", "relay.yaml")
    bought = purchase(1, product_action={"action": "purchase", "total_amount": 60})
    sent = {**batch(bought), "ip": None, "user_identities": {"email": "jane@shop.example"}}
    for name, text in (("relay.yaml", CONFIGURATION), ("cases.yaml", cases), ("purchase.json", json.dumps(sent))):
        (tmp_path / name).write_text(text)
    command, *output = shown.splitlines()
    result = relay(*command.removeprefix("$ relay ").split())
    assert [*result.stdout.splitlines(), *result.stderr.splitlines()] == output
    assert result.exit_code == 1
