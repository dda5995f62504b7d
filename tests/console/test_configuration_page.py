"""The configuration: shown without its secrets; another file checked, with nothing in it expanded."""

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


def test_what_is_in_force_is_shown_and_no_secret_of_it(bench: Bench, operator: ConsoleClient) -> None:
    """Neither keys nor tokens; settings that are not as by default stand first; warnings are told."""
    bench.path.write_text(SECRET_FILE)
    page = operator.get("/console/configuration")
    said = visible_text(page)
    assert "enable_web_migration true" in said
    assert "web to event/track/, 1000 events a request" in said
    assert "the access token of `shop` stands in the file in plain text" in said
    for secret in ("a-plain-key", "a-plain-secret", "a-plain-token"):
        assert secret not in page.text


def test_a_refused_file_is_told_with_its_problems(bench: Bench, operator: ConsoleClient) -> None:
    """Line by line."""
    bench.path.write_text(HEADER + "    enable_web_migraton: true\n")
    said = visible_text(operator.get("/console/configuration"))
    assert "The file is refused; what was in force before stays." in said
    assert "`enable_web_migraton` is no setting of a connection" in said


def test_a_wrong_pasted_file_is_refused_as_the_real_one_would_be(operator: ConsoleClient) -> None:
    """With lines, what is allowed, and what was pasted still there."""
    page = operator.post("/console/configuration", file=HEADER + "    content_type: <b>shoe</b>\n")
    said = visible_text(page)
    assert "the pasted file:9: `content_type`" in said
    assert "<b>shoe" not in page.text
    assert "The file is right" not in said


def test_a_right_one_says_what_it_would_change_in_pasted_batches(bench: Bench, operator: ConsoleClient) -> None:
    """Setting by setting, then request by request; and nothing is put in force."""
    before = bench.path.read_text()
    file = HEADER + "    enable_web_migration: true\n    native_events: {purchase: CompletePayment}\n"
    batches = as_json(batch(purchase(1))).decode()
    said = visible_text(operator.post("/console/configuration", part=True, file=file, batches=batches))
    assert "The file is right: 1 input, 1 connection." in said
    assert "shop native_events none purchase → CompletePayment" in said
    assert "PlaceAnOrder" in said
    assert '"CompletePayment"' in said
    assert "web → shop changed" in said
    assert bench.path.read_text() == before
    same = visible_text(operator.post("/console/configuration", part=True, file=before, batches=batches))
    assert "nothing would change: the same requests, byte for byte" in same


def test_nothing_in_a_pasted_file_is_expanded(
    operator: ConsoleClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No variable, no file, nothing decrypted, wherever it is written; not even whether it exists shows."""
    monkeypatch.setenv("PRIVATE", "secret-of-ours")
    ours = tmp_path / "secret"
    ours.write_text("secret-of-ours")
    answers = set()
    for reference in ("${PRIVATE}", "${NOT_SET_AT_ALL}", f"file:{ours}", "file:/does/not/exist", "enc:gAAAAABm"):
        file = HEADER.replace("${TOKEN}", f'"{reference}"').replace("api_key: key", f'api_key: "{reference}"')
        for place in ("event_source_id", "test_event_code"):
            page = operator.post(
                "/console/configuration", part=True, file=f"{file}    enable_web_migration: true\n", batches=""
            )
            assert "secret-of-ours" not in page.text
            answers.add(visible_text(page))
            wrong = file.replace("CUSG5HBC77UD11VVRQEG", f'"{reference}"')
            assert "secret-of-ours" not in operator.post("/console/configuration", file=wrong + f"# {place}").text
    assert len(answers) == 1
    assert "The file is right" in answers.pop()


@pytest.mark.parametrize("file", ["", "a: &a [*a, *a]", "\x00", "inputs: [" * 500, "x" * (2 << 20)])
def test_whatever_is_pasted_is_answered(operator: ConsoleClient, file: str) -> None:
    """Empty, endless, binary, deep or large."""
    answer = operator.post("/console/configuration", part=True, file=file, batches="")
    assert answer.status_code == 200
    assert "The file is right" not in answer.text


def test_what_is_no_batch_is_told_beside_the_right_file(operator: ConsoleClient) -> None:
    """Both are said."""
    file = HEADER + "    enable_web_migration: true\n"
    said = visible_text(operator.post("/console/configuration", part=True, file=file, batches="nonsense"))
    assert "The file is right" in said
    assert "what you pasted is not JSON" in said
