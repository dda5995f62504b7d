"""The page “Try it”: previews of pasted batches and samples, and test events to TikTok, which are not counted."""

import pytest
from support.bench import Bench
from support.console_client import ConsoleClient, visible_text
from support.events import as_json, batch, purchase

from console.sample_batches import SAMPLES, Sample, sample_text
from operations.preview.batch_file import parse_batches

PAIR = "web shop"
BAD_URL = {"TikTok.URL": "www.shop.com/x"}


def pasted(*events: object) -> str:
    """Return a batch of these events as text."""
    return as_json(batch(*events)).decode()


def test_a_pasted_batch_shows_requests_dead_letters_notes_and_match_keys(bench: Bench, operator: ConsoleClient) -> None:
    """Nothing is sent or stored."""
    before = bench.redis.dbsize()
    batches = pasted(purchase(1), purchase(2, custom_flags=BAD_URL), {"event_type": "screen_view", "data": {}})
    text = visible_text(operator.post("/console/try", part=True, batches=batches, pair=PAIR))
    assert "web → shop 1 event in 1 request" in text
    assert "1 invalid_url TikTok.URL" in text
    assert "Match keys: TikTok can match 1 of 1 event well" in text
    assert "Unsupported: 1 × screen_view (2)" in text
    assert '"event": "PlaceAnOrder"' in text
    assert bench.redis.dbsize() == before
    assert not bench.sandbox.events()


def test_an_invalid_batch_is_reported_and_stays_in_the_form(operator: ConsoleClient) -> None:
    """A form without a chosen connection is reported, too."""
    page = operator.post("/console/try", batches='{"events": <oops>', pair=PAIR)
    assert "What you pasted is not JSON" in visible_text(page)
    assert "&lt;oops&gt;" in page.text
    assert "<oops>" not in page.text
    assert "Choose at least one connection" in visible_text(operator.post("/console/try", batches=pasted(purchase(1))))
    assert "is empty" in visible_text(operator.post("/console/try", batches=" ", pair=PAIR))
    refused = operator.post("/console/try", batches='{"events": 7}', pair=PAIR)
    assert "Ingest would refuse it" in visible_text(refused)


@pytest.mark.parametrize("sample", SAMPLES)
def test_every_sample_is_a_batch_and_can_be_chosen(operator: ConsoleClient, sample: Sample) -> None:
    """An unknown sample gives an empty form."""
    name = sample.name
    assert len(parse_batches(sample_text(name).encode(), name).batches) == 1
    page = operator.get(f"/console/try?sample={name}")
    assert "source_message_id" in page.text
    assert "source_message_id" not in operator.get("/console/try?sample=../purchase").text


def test_without_a_test_code_nothing_is_sent(bench: Bench, operator: ConsoleClient) -> None:
    """TikTok would count the events. The legacy API has no test events at all. A forged form does not help."""
    for settings in (
        ["enable_web_migration: true"],
        ["enable_web_migration: false"],
    ):
        bench.configure(*settings)
        text = visible_text(operator.post("/console/try", part=True, batches=pasted(purchase(1)), pair=PAIR))
        assert "Cannot be sent to TikTok's Test Events tab" in text
        forced = operator.post("/console/try/send", part=True, batches=pasted(purchase(1)), pair=PAIR, to=PAIR)
        assert "Not sent:" in visible_text(forced)
    assert not bench.sandbox.events()


def test_with_a_test_code_tiktok_receives_the_events_under_that_code(bench: Bench, operator: ConsoleClient) -> None:
    """The page shows TikTok's answer; the ledger does not count the events."""
    bench.configure("enable_web_migration: true", "test_event_code: TEST123")
    text = pasted(purchase(1))
    assert "Send to TikTok's Test Events tab" in visible_text(
        operator.post("/console/try", part=True, batches=text, pair=PAIR)
    )
    sent = visible_text(operator.post("/console/try/send", part=True, batches=text, pair=PAIR, to=PAIR))
    assert "TikTok accepted 1 event" in sent
    (event,) = bench.sandbox.events()
    assert event["body"]["event_id"] == "e1"
    assert bench.reading().counts == {}
    bench.sandbox.fault("refuse_token")
    refused = visible_text(operator.post("/console/try/send", part=True, batches=text, pair=PAIR, to=PAIR))
    assert "token refused (40105)" in refused


def test_an_unknown_connection_receives_nothing(bench: Bench, operator: ConsoleClient) -> None:
    """The form names a connection that does not exist."""
    bench.configure("enable_web_migration: true", "test_event_code: TEST123")
    answer = operator.post("/console/try/send", part=True, batches=pasted(purchase(1)), pair=PAIR, to="web other")
    assert answer.status_code == 404
    assert not bench.sandbox.events()


def test_withheld_events_stand_together_under_their_rule(bench: Bench, operator: ConsoleClient) -> None:
    bench.configure("enable_web_migration: true", "native_events: {purchase: off}")
    text = visible_text(operator.post("/console/try", part=True, batches=pasted(purchase(1), purchase(2)), pair=PAIR))
    assert "Withheld: 2 × native_events: purchase off (0, 1)" in text


def test_a_note_on_many_events_is_shown_once(operator: ConsoleClient) -> None:
    """With the first of them and their number."""
    bought = [purchase(number) for number in range(30)]
    for event in bought:
        del event["data"]["currency_code"]
    text = visible_text(operator.post("/console/try", part=True, batches=pasted(*bought), pair=PAIR))
    assert text.count("currency_code absent") == 1
    assert "(events 0, 1, 2, " in text
    assert ", 19, … 30 in all)" in text
    one = visible_text(operator.post("/console/try", part=True, batches=pasted(bought[0]), pair=PAIR))
    assert "(event 0)" in one
