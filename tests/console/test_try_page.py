"""Try it: previews of what is pasted or picked, and sending them to TikTok's test tab, for real and not counted."""

import pytest
from support.bench import Bench
from support.console_client import ConsoleClient, visible_text
from support.events import as_json, batch, purchase

from console.sample_batches import SAMPLES, sample_text
from operations.preview.batch_file import parse_batches

PAIR = "web shop"
BAD_URL = {"TikTok.URL": "www.shop.com/x"}


def pasted(*events: object) -> str:
    """A batch as text."""
    return as_json(batch(*events)).decode()


def test_a_pasted_batch_shows_requests_deaths_notes_and_match_quality(bench: Bench, operator: ConsoleClient) -> None:
    """And nothing is sent or kept."""
    before = bench.redis.dbsize()
    text = pasted(purchase(1), purchase(2, custom_flags=BAD_URL), {"event_type": "screen_view", "data": {}})
    said = visible_text(operator.post("/console/try", part=True, batches=text, pair=PAIR))
    assert "web → shop 1 event in 1 request" in said
    assert "1 invalid_url TikTok.URL" in said
    assert "Who TikTok can match: 1 of 1 event well" in said
    assert "Unsupported: screen_view (event 2)" in said
    assert '"event": "PlaceAnOrder"' in said
    assert bench.redis.dbsize() == before
    assert not bench.sandbox.events()


def test_what_is_no_batch_is_told_with_what_was_pasted_still_there(operator: ConsoleClient) -> None:
    """And where no connection is chosen."""
    page = operator.post("/console/try", batches='{"events": <oops>', pair=PAIR)
    assert "what you pasted is not JSON" in visible_text(page)
    assert "&lt;oops&gt;" in page.text
    assert "<oops>" not in page.text
    assert "choose at least one connection" in visible_text(operator.post("/console/try", batches=pasted(purchase(1))))
    assert "is empty" in visible_text(operator.post("/console/try", batches=" ", pair=PAIR))
    refused = operator.post("/console/try", batches='{"events": 7}', pair=PAIR)
    assert "ingest would refuse it" in visible_text(refused)


@pytest.mark.parametrize("sample", SAMPLES)
def test_every_sample_is_a_batch_and_can_be_picked(operator: ConsoleClient, sample: object) -> None:
    """An unknown one is none."""
    name = sample.name  # type: ignore[attr-defined]
    assert len(parse_batches(sample_text(name).encode(), name).batches) == 1
    page = operator.get(f"/console/try?sample={name}")
    assert "source_message_id" in page.text
    assert "source_message_id" not in operator.get("/console/try?sample=../purchase").text


def test_without_a_test_code_nothing_is_sent(bench: Bench, operator: ConsoleClient) -> None:
    """For TikTok would count it; nor on the legacy API, which knows no tests; the form cannot talk us into it."""
    for settings in (
        ["enable_web_migration: true"],
        ["enable_web_migration: false"],
    ):
        bench.configure(*settings)
        said = visible_text(operator.post("/console/try", part=True, batches=pasted(purchase(1)), pair=PAIR))
        assert "Not to be sent to TikTok's test tab" in said
        forced = operator.post("/console/try/send", part=True, batches=pasted(purchase(1)), pair=PAIR, to=PAIR)
        assert "not sent:" in visible_text(forced)
    assert not bench.sandbox.events()


def test_with_a_test_code_tiktok_gets_it_under_that_code(bench: Bench, operator: ConsoleClient) -> None:
    """And what it says is shown; the books know nothing of it."""
    bench.configure("enable_web_migration: true", "test_event_code: TEST123")
    text = pasted(purchase(1))
    assert "Send it to TikTok's test tab" in visible_text(
        operator.post("/console/try", part=True, batches=text, pair=PAIR)
    )
    sent = visible_text(operator.post("/console/try/send", part=True, batches=text, pair=PAIR, to=PAIR))
    assert "TikTok accepted 1 event" in sent
    (taken,) = bench.sandbox.events()
    assert taken["body"]["event_id"] == "e1"
    assert bench.reading().counts == {}
    bench.sandbox.fault("refuse_token")
    refused = visible_text(operator.post("/console/try/send", part=True, batches=text, pair=PAIR, to=PAIR))
    assert "token refused (40105)" in refused


def test_a_connection_that_was_not_chosen_or_is_none_is_not_sent_to(bench: Bench, operator: ConsoleClient) -> None:
    """Whatever the form says."""
    bench.configure("enable_web_migration: true", "test_event_code: TEST123")
    answer = operator.post("/console/try/send", part=True, batches=pasted(purchase(1)), pair=PAIR, to="web other")
    assert answer.status_code == 404
    assert not bench.sandbox.events()
