"""The configuration page shows no secrets, and checks a pasted file without replacing references in it."""

from pathlib import Path

import pytest
from support.bench import HEADER, Bench
from support.console_client import ConsoleClient, visible_text
from support.events import as_json, batch, purchase

SECRET_FILE = """
inputs:
  - {id: web, platform: web, api_key: a-plain-key, api_secret: a-plain-secret}
connections:
  - {id: shop, inputs: [web], access_token: a-plain-token, event_source_id: PIXEL1, enable_web_migration: true}
"""


def test_the_configuration_is_shown_without_its_secrets(bench: Bench, operator: ConsoleClient) -> None:
    """Keys and tokens are missing; changed settings come first; warnings are shown."""
    bench.path.write_text(SECRET_FILE)
    page = operator.get("/console/configuration")
    text = visible_text(page)
    assert "enable_web_migration true" in text
    assert "web to event/track/, 1000 events per request" in text
    assert "the access token of shop stands in the file in plain text" in text
    for secret in ("a-plain-key", "a-plain-secret", "a-plain-token"):
        assert secret not in page.text


def test_settings_and_mappings_are_shown_in_the_words_of_the_file(bench: Bench, operator: ConsoleClient) -> None:
    """A mapping as YAML that the file could have; personal data in its conditions is hidden."""
    mapping = (
        "{custom_event: Big_Order, match: {action: purchase, never_if: [{identity: email, is: jane@shop.example}]}}"
    )
    rest = f"    profile: {{fields: [ttclid]}}\n    custom_mappings: [{mapping}]\n"
    bench.path.write_text(HEADER + rest)
    page = operator.get("/console/configuration")
    text = visible_text(page)
    assert "custom_event: Big_Order match: action: purchase never_if: - identity: email is:" in text
    assert "profile ttclid 7d" in text
    assert "jane@shop" not in page.text


def test_a_refused_file_is_shown_with_its_problems(bench: Bench, operator: ConsoleClient) -> None:
    """The file is refused with every problem."""
    bench.path.write_text(HEADER + "    enable_web_migraton: true\n")
    text = visible_text(operator.get("/console/configuration"))
    assert "The file is refused. The former configuration stays in force." in text
    assert "enable_web_migraton is no setting of a connection" in text


def test_an_invalid_pasted_file_is_refused_like_a_real_file(operator: ConsoleClient) -> None:
    """The page names the line and escapes the value."""
    page = operator.post("/console/configuration", file=HEADER + "    content_type: <b>shoe</b>\n")
    text = visible_text(page)
    assert "the pasted file:9: content_type" in text
    assert "<b>shoe" not in page.text
    assert "The file is valid" not in text


def test_a_valid_pasted_file_shows_what_it_changes(bench: Bench, operator: ConsoleClient) -> None:
    """Changes of settings and of the requests for pasted batches are listed; the real file stays as it is."""
    before = bench.path.read_text()
    file = HEADER + "    enable_web_migration: true\n    native_events: {purchase: CompletePayment}\n"
    batches = as_json(batch(purchase(1))).decode()
    text = visible_text(operator.post("/console/configuration", part=True, file=file, batches=batches))
    assert "The file is valid: 1 input, 1 connection." in text
    assert "shop native_events none purchase → CompletePayment" in text
    assert "PlaceAnOrder" in text
    assert '"CompletePayment"' in text
    assert "web → shop changed" in text
    assert bench.path.read_text() == before
    same = visible_text(operator.post("/console/configuration", part=True, file=before, batches=batches))
    assert "Nothing changes for these batches: relay would send the same requests, byte for byte" in same


def test_references_in_a_pasted_file_are_not_replaced(
    operator: ConsoleClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Variables, files and encrypted values are not read; the answer does not show whether they exist."""
    monkeypatch.setenv("PRIVATE", "private-secret")
    secret_file = tmp_path / "secret"
    secret_file.write_text("private-secret")
    answers = set()
    for reference in ("${PRIVATE}", "${NOT_SET_AT_ALL}", f"file:{secret_file}", "file:/does/not/exist", "enc:gAAAAABm"):
        file = HEADER.replace("${TOKEN}", f'"{reference}"').replace("api_key: key", f'api_key: "{reference}"')
        for place in ("event_source_id", "test_event_code"):
            page = operator.post(
                "/console/configuration", part=True, file=f"{file}    enable_web_migration: true\n", batches=""
            )
            assert "private-secret" not in page.text
            answers.add(visible_text(page))
            invalid = file.replace("CUSG5HBC77UD11VVRQEG", f'"{reference}"')
            assert "private-secret" not in operator.post("/console/configuration", file=invalid + f"# {place}").text
    assert len(answers) == 1
    assert "The file is valid" in answers.pop()


@pytest.mark.parametrize("file", ["", "a: &a [*a, *a]", "\x00", "inputs: [" * 500, "x" * (2 << 20)])
def test_every_pasted_text_gets_an_answer(operator: ConsoleClient, file: str) -> None:
    """The text may be empty, recursive, binary, deeply nested or large."""
    answer = operator.post("/console/configuration", part=True, file=file, batches="")
    assert answer.status_code == 200
    assert "The file is valid" not in answer.text


def test_an_invalid_batch_is_reported_beside_a_valid_file(operator: ConsoleClient) -> None:
    """The page shows both results."""
    file = HEADER + "    enable_web_migration: true\n"
    text = visible_text(operator.post("/console/configuration", part=True, file=file, batches="nonsense"))
    assert "The file is valid" in text
    assert "What you pasted is not JSON" in text
