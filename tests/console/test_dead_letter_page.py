"""One dead letter: what is known of it, what it would become, corrected in full or in one field, and sent again."""

import json
import re
from typing import Any

import pytest
from support.bench import Bench
from support.console_client import ConsoleClient, visible_text
from support.events import batch, purchase

from delivery.dead_letter import DeadLetter

BAD_URL = {"TikTok.URL": "www.shop.com/x"}
GOOD_URL = "https://shop.example/mended"


@pytest.fixture
def letter(bench: Bench) -> DeadLetter:
    """One that died of its URL."""
    bench.put([purchase(1, custom_flags=BAD_URL)], shared=batch(user=7))
    bench.drain()
    (letter,) = bench.dead_letters()
    return letter


@pytest.fixture
def path(letter: DeadLetter) -> str:
    """Its page."""
    return f"/console/dead-letters/{letter.id}"


def reveals(bench: Bench) -> list[dict[str, Any]]:
    """What is written down, newest first."""
    return [json.loads(entry) for entry in bench.redis.lrange("audit:reveals", 0, -1)]


def text_in(page: str) -> str:
    """What the editor holds."""
    found = re.search(r'<textarea id="text"[^>]*>(.*?)</textarea>', page, re.DOTALL)
    assert found
    return found[1].replace("&#34;", '"').replace("&#39;", "'").replace("&amp;", "&")


def read_in(page: str) -> str:
    """The digest of the letter as the page was made."""
    return re.findall(r'name="read" value="([0-9a-f]+)"', page)[0]


def test_a_letter_says_why_it_died_and_what_it_would_become(bench: Bench, operator: ConsoleClient, path: str) -> None:
    """Masked; with its source."""
    page = operator.get(path)
    said = visible_text(page)
    assert "invalid_url TikTok.URL" in said
    assert "Reason The page's address does not start with http:// or https:// and a host." in said
    assert "What to do Set the custom flag TikTok.URL" in said
    assert "Would die again: invalid_url" in said
    assert "u…@… (18 characters)" in said
    assert "user7@shop.example" not in page.text
    assert "www.shop.com" not in page.text
    assert not reveals(bench)
    assert "Nobody was shown any." in visible_text(operator.get("/console/reveals"))


def test_once_the_configuration_allows_it_the_page_shows_the_request(bench: Bench, operator: ConsoleClient) -> None:
    """Today's mapping; hashes masked."""
    flags = {"TikTok.URL": "https://shop.example/", "TikTok.Callback": "abc"}
    bench.put([purchase(1, custom_flags=flags)], shared=batch(user=7))
    bench.drain()
    bench.configure("enable_web_migration: true", "invalid_ttclid: drop_field")
    (letter,) = bench.dead_letters()
    said = visible_text(operator.get(f"/console/dead-letters/{letter.id}"))
    assert "Would be sent as PlaceAnOrder" in said
    assert "/open_api/v1.3/event/track/" in said
    assert '"email": [ "… (64 characters)" ]' in said


def test_tiktoks_answer_is_told_without_what_it_quotes(bench: Bench, operator: ConsoleClient) -> None:
    """Its code and request id, for those who ask TikTok."""
    bench.put([purchase(1, currency_code="USD"), purchase(2)])
    bench.sandbox.fault("refuse_event", event_id="e1")
    for _ in range(6):
        bench.drain()
    letters = [one for one in bench.dead_letters() if one.stage == "delivery"]
    if not letters:
        pytest.fail("TikTok's stand-in refused nothing")
    said = visible_text(operator.get(f"/console/dead-letters/{letters[0].id}"))
    assert f"code {letters[0].tiktok_code}:" in said
    assert "TikTok refused the event" in said
    assert "Who does it: the developer" in said
    assert f"Attempts {letters[0].attempts}" in said


def test_a_reveal_shows_everything_and_is_written_down(
    bench: Bench, operator: ConsoleClient, letter: DeadLetter, path: str
) -> None:
    """Before it is shown, with who and where."""
    page = operator.post(path)
    assert "user7@shop.example" in page.text
    assert "www.shop.com/x" in page.text
    (reveal,) = reveals(bench)
    assert (reveal["command"], reveal["dead_letters"], reveal["host"]) == ("console show", [letter.id], "127.0.0.1")
    assert re.fullmatch(r"console session [0-9a-f]{8}", reveal["who"])
    assert f"{reveal['who']} 127.0.0.1 console show 1" in visible_text(operator.get("/console/reveals"))


def test_a_letter_that_is_gone_or_never_was_says_so(operator: ConsoleClient, bench: Bench, path: str) -> None:
    """With 404."""
    operator.post("/console/dead-letters/discard", sure="1")
    for gone in (path, "/console/dead-letters/nonsense", "/console/dead-letters/%2e%2e"):
        assert operator.get(gone).status_code in (200, 404)
    assert "no such dead letter any more" in visible_text(operator.get(path))
    assert operator.post(f"{path}/edit").status_code == 409


def test_the_editor_shows_the_event_and_what_it_becomes_as_one_types(
    bench: Bench, operator: ConsoleClient, path: str
) -> None:
    """Which is a reveal; the outlook is a part of the page, asked for with every change, and keeps nothing."""
    page = operator.post(f"{path}/edit")
    text = text_in(page.text)
    assert json.loads(text)["user_identities"]["email"] == "user7@shop.example"
    assert [one["command"] for one in reveals(bench)] == ["console edit"]
    stored = bench.redis.hgetall("dead_letters:shop")
    half = operator.post(f"{path}/preview", part=True, text=text[: len(text) // 2])
    assert half.text.lstrip().startswith('<p class="verdict bad">')
    mended = operator.post(f"{path}/preview", part=True, text=text.replace("www.shop.com/x", GOOD_URL))
    assert "Would be sent as PlaceAnOrder" in visible_text(mended)
    assert "<html" not in mended.text
    assert "user7@shop.example" not in mended.text
    assert bench.redis.hgetall("dead_letters:shop") == stored


def test_a_corrected_event_is_kept_and_sent_and_arrives(bench: Bench, operator: ConsoleClient, path: str) -> None:
    """In one go."""
    page = operator.post(f"{path}/edit")
    text = text_in(page.text).replace("www.shop.com/x", GOOD_URL)
    done = operator.post(f"{path}/save", text=text, read=read_in(page.text), send="1")
    assert "1 of 1 sent again" in visible_text(done)
    bench.drain_all()
    (taken,) = bench.sandbox.events()
    assert taken["body"]["page"]["url"] == GOOD_URL
    assert bench.count("delivered", "replayed") == (1, 1)


def test_what_would_not_be_sent_is_kept_only_if_one_insists(bench: Bench, operator: ConsoleClient, path: str) -> None:
    """What was typed is not lost meanwhile."""
    page = operator.post(f"{path}/edit")
    text = text_in(page.text).replace("www.shop.com/x", "still.wrong/x")
    refused = operator.post(f"{path}/save", text=text, read=read_in(page.text))
    assert "as it is now it would not be sent" in visible_text(refused)
    assert "still.wrong/x" in text_in(refused.text)
    kept = operator.post(f"{path}/save", text=text, read=read_in(refused.text), anyway="1")
    assert (kept.status_code, kept.headers["location"]) == (303, f"{path}?saved=1")
    assert "Kept as corrected. It has not been sent." in visible_text(operator.get(f"{path}?saved=1"))
    assert "still.wrong/x" in text_in(operator.post(f"{path}/edit").text)


def test_of_two_who_edit_at_once_the_second_is_told(bench: Bench, operator: ConsoleClient, path: str) -> None:
    """And overwrites nothing."""
    first = operator.post(f"{path}/edit")
    second = operator.post(f"{path}/edit")
    text = text_in(first.text)
    operator.post(f"{path}/save", text=text.replace("www.shop.com/x", GOOD_URL), read=read_in(first.text))
    late = operator.post(
        f"{path}/save", text=text.replace("www.shop.com/x", "https://other.example"), read=read_in(second.text)
    )
    assert "somebody changed this letter meanwhile" in visible_text(late)
    assert GOOD_URL in text_in(operator.post(f"{path}/edit").text)


def test_one_field_can_be_corrected_without_seeing_the_rest(bench: Bench, operator: ConsoleClient, path: str) -> None:
    """Its path is there already; nothing is revealed."""
    page = operator.get(path)
    assert 'name="path" value="custom_flags.TikTok.URL"' in page.text
    fields = {"path": "custom_flags.TikTok.URL", "value": GOOD_URL}
    looked = operator.post(f"{path}/preview", part=True, **fields)
    assert "Would be sent as PlaceAnOrder" in visible_text(looked)
    wrong = operator.post(f"{path}/save", read=read_in(page.text), path=fields["path"], value="nothing")
    assert "as it is now it would not be sent" in visible_text(wrong)
    assert "user7@shop.example" not in wrong.text
    done = operator.post(f"{path}/save", read=read_in(page.text), send="1", **fields)
    assert "1 of 1 sent again" in visible_text(done)
    bench.drain_all()
    assert bench.sandbox.events()[0]["body"]["page"]["url"] == GOOD_URL
    assert not reveals(bench)
