"""The page of a dead letter: its details, the replay preview, its correction as a whole or by field, and its replay."""

import json
import re
from typing import Any

import pytest
from support.bench import Bench
from support.console_client import ConsoleClient, visible_text
from support.events import batch, purchase

from delivery.dead_letter import DeadLetter

BAD_URL = {"TikTok.URL": "www.shop.com/x"}
GOOD_URL = "https://shop.example/corrected"


@pytest.fixture
def dead_letter(bench: Bench) -> DeadLetter:
    """Create a dead letter with an invalid URL."""
    bench.put([purchase(1, custom_flags=BAD_URL)], shared=batch(user=7))
    bench.drain()
    (dead_letter,) = bench.dead_letters()
    return dead_letter


@pytest.fixture
def path(dead_letter: DeadLetter) -> str:
    """Return the path of its page."""
    return f"/console/dead-letters/{dead_letter.id}"


def reveals(bench: Bench) -> list[dict[str, Any]]:
    """Return the entries of the audit log, newest first."""
    return [json.loads(entry) for entry in bench.redis.lrange("audit:reveals", 0, -1)]


def editor_text(page: str) -> str:
    """Return the text in the editor."""
    found = re.search(r'<textarea id="text"[^>]*>(.*?)</textarea>', page, re.DOTALL)
    assert found
    return found[1].replace("&#34;", '"').replace("&#39;", "'").replace("&amp;", "&")


def digest_in(page: str) -> str:
    """Return the digest of the dead letter that the page contains."""
    return re.findall(r'name="read" value="([0-9a-f]+)"', page)[0]


def test_the_page_shows_the_reason_and_what_a_replay_would_do(bench: Bench, operator: ConsoleClient, path: str) -> None:
    """The event is shown, masked."""
    page = operator.get(path)
    text = visible_text(page)
    assert "invalid_url TikTok.URL" in text
    assert "Reason The page's address does not start with http:// or https:// and a host." in text
    assert "What to do Set the custom flag TikTok.URL" in text
    assert "Would be dead-lettered again: invalid_url" in text
    assert "u…@… (18 characters)" in text
    assert "user7@shop.example" not in page.text
    assert "www.shop.com" not in page.text
    assert not reveals(bench)
    assert "No personal data has been revealed." in visible_text(operator.get("/console/reveals"))


def test_when_the_configuration_allows_the_event_the_page_shows_the_request(
    bench: Bench, operator: ConsoleClient
) -> None:
    """The mapping in force now applies; hashes are masked."""
    flags = {"TikTok.URL": "https://shop.example/", "TikTok.Callback": "abc"}
    bench.put([purchase(1, custom_flags=flags)], shared=batch(user=7))
    bench.drain()
    bench.configure("enable_web_migration: true", "invalid_ttclid: drop_field")
    (dead_letter,) = bench.dead_letters()
    text = visible_text(operator.get(f"/console/dead-letters/{dead_letter.id}"))
    assert "Would be sent as PlaceAnOrder" in text
    assert "/open_api/v1.3/event/track/" in text
    assert '"email": [ "… (64 characters)" ]' in text


def test_tiktoks_answer_is_shown_without_what_it_quotes(bench: Bench, operator: ConsoleClient) -> None:
    """The page has TikTok's code and who must act."""
    bench.put([purchase(1, currency_code="USD"), purchase(2)])
    bench.sandbox.fault("refuse_event", event_id="e1")
    for _ in range(6):
        bench.drain()
    refused = [each for each in bench.dead_letters() if each.stage == "delivery"]
    if not refused:
        pytest.fail("the sandbox refused nothing")
    text = visible_text(operator.get(f"/console/dead-letters/{refused[0].id}"))
    assert f"code {refused[0].tiktok_code}:" in text
    assert "TikTok refused the event" in text
    assert "Who must act: the developer" in text
    assert f"Attempts {refused[0].attempts}" in text


def test_a_reveal_shows_everything_and_is_in_the_audit_log(
    bench: Bench, operator: ConsoleClient, dead_letter: DeadLetter, path: str
) -> None:
    """The entry names the session and the address."""
    page = operator.post(path)
    assert "user7@shop.example" in page.text
    assert "www.shop.com/x" in page.text
    (reveal,) = reveals(bench)
    assert (reveal["command"], reveal["dead_letters"], reveal["host"]) == (
        "console show",
        [dead_letter.id],
        "127.0.0.1",
    )
    assert re.fullmatch(r"console session [0-9a-f]{8}", reveal["who"])
    assert f"{reveal['who']} 127.0.0.1 console show 1" in visible_text(operator.get("/console/reveals"))


def test_a_discarded_or_unknown_dead_letter_is_not_found(operator: ConsoleClient, bench: Bench, path: str) -> None:
    """The page says so."""
    operator.post("/console/dead-letters/discard", sure="1")
    for missing in (path, "/console/dead-letters/nonsense", "/console/dead-letters/%2e%2e"):
        assert operator.get(missing).status_code in (200, 404)
    assert "This dead letter does not exist" in visible_text(operator.get(path))
    assert operator.post(f"{path}/edit").status_code == 409


def test_the_editor_shows_the_event_and_a_preview_of_each_change(
    bench: Bench, operator: ConsoleClient, path: str
) -> None:
    """Opening it is a reveal. The preview is a part of the page, requested after every change; it stores nothing."""
    page = operator.post(f"{path}/edit")
    text = editor_text(page.text)
    assert json.loads(text)["user_identities"]["email"] == "user7@shop.example"
    assert [reveal["command"] for reveal in reveals(bench)] == ["console edit"]
    stored = bench.redis.hgetall("dead_letters:shop")
    incomplete = operator.post(f"{path}/preview", part=True, text=text[: len(text) // 2])
    assert incomplete.text.lstrip().startswith('<p class="verdict bad">')
    corrected = operator.post(f"{path}/preview", part=True, text=text.replace("www.shop.com/x", GOOD_URL))
    assert "Would be sent as PlaceAnOrder" in visible_text(corrected)
    assert "<html" not in corrected.text
    assert "user7@shop.example" not in corrected.text
    assert bench.redis.hgetall("dead_letters:shop") == stored


def test_a_corrected_event_is_saved_and_replayed_and_arrives(bench: Bench, operator: ConsoleClient, path: str) -> None:
    """One form does it."""
    page = operator.post(f"{path}/edit")
    text = editor_text(page.text).replace("www.shop.com/x", GOOD_URL)
    done = operator.post(f"{path}/save", text=text, read=digest_in(page.text), send="1")
    assert "1 of 1 replayed" in visible_text(done)
    bench.drain_all()
    (event,) = bench.sandbox.events()
    assert event["body"]["page"]["url"] == GOOD_URL
    assert bench.count("delivered", "replayed") == (1, 1)


def test_an_event_that_would_not_be_sent_is_saved_only_on_request(
    bench: Bench, operator: ConsoleClient, path: str
) -> None:
    """The editor still has the typed text."""
    page = operator.post(f"{path}/edit")
    text = editor_text(page.text).replace("www.shop.com/x", "still.wrong/x")
    refused = operator.post(f"{path}/save", text=text, read=digest_in(page.text))
    assert "this event would not be sent" in visible_text(refused)
    assert "still.wrong/x" in editor_text(refused.text)
    saved = operator.post(f"{path}/save", text=text, read=digest_in(refused.text), anyway="1")
    assert (saved.status_code, saved.headers["location"]) == (303, f"{path}?saved=1")
    assert "The correction is saved. The event has not been sent." in visible_text(operator.get(f"{path}?saved=1"))
    assert "still.wrong/x" in editor_text(operator.post(f"{path}/edit").text)


def test_the_second_of_two_simultaneous_edits_is_refused(bench: Bench, operator: ConsoleClient, path: str) -> None:
    """It overwrites nothing."""
    first = operator.post(f"{path}/edit")
    second = operator.post(f"{path}/edit")
    text = editor_text(first.text)
    operator.post(f"{path}/save", text=text.replace("www.shop.com/x", GOOD_URL), read=digest_in(first.text))
    refused = operator.post(
        f"{path}/save", text=text.replace("www.shop.com/x", "https://other.example"), read=digest_in(second.text)
    )
    assert "This dead letter was changed since you opened it" in visible_text(refused)
    assert GOOD_URL in editor_text(operator.post(f"{path}/edit").text)


def test_one_field_can_be_corrected_without_seeing_the_rest(bench: Bench, operator: ConsoleClient, path: str) -> None:
    """The form names the field already; nothing is revealed."""
    page = operator.get(path)
    assert 'name="path" value="custom_flags.TikTok.URL"' in page.text
    fields = {"path": "custom_flags.TikTok.URL", "value": GOOD_URL}
    preview = operator.post(f"{path}/preview", part=True, **fields)
    assert "Would be sent as PlaceAnOrder" in visible_text(preview)
    refused = operator.post(f"{path}/save", read=digest_in(page.text), path=fields["path"], value="nothing")
    assert "this event would not be sent" in visible_text(refused)
    assert "user7@shop.example" not in refused.text
    done = operator.post(f"{path}/save", read=digest_in(page.text), send="1", **fields)
    assert "1 of 1 replayed" in visible_text(done)
    bench.drain_all()
    assert bench.sandbox.events()[0]["body"]["page"]["url"] == GOOD_URL
    assert not reveals(bench)
