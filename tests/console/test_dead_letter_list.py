"""The dead letters in lists: grouped, filtered, searched, paged, exported, sent again and discarded."""

import json
import re

import pytest
from support.bench import Bench
from support.console_client import ConsoleClient, hidden_fields, visible_text
from support.events import batch, purchase

BAD_URL = {"TikTok.URL": "www.shop.com/x"}
BAD_TTCLID = {"TikTok.URL": "https://shop.example/", "TikTok.Callback": "abc"}
HOUR_MS = 3_600_000


@pytest.fixture
def some(bench: Bench) -> Bench:
    """Three letters of two sorts."""
    bench.put([purchase(1, custom_flags=BAD_URL), purchase(2, custom_flags=BAD_URL)])
    bench.drain()
    bench.put([purchase(3, custom_flags=BAD_TTCLID)])
    bench.drain()
    return bench


def listed(operator: ConsoleClient, query: str = "") -> list[str]:
    """The ids of the events that the page lists, in its order."""
    return re.findall(r'class="id">(e\d+)<', operator.get(f"/console/dead-letters{query}").text)


def test_they_are_grouped_by_what_they_died_of_and_listed_newest_first(some: Bench, operator: ConsoleClient) -> None:
    """With what to do about each."""
    page = operator.get("/console/dead-letters")
    said = visible_text(page)
    assert "3 dead letters, by what they died of" in said
    assert "invalid_url TikTok.URL shop 2 invalid_ttclid TikTok.Callback shop 1" in said
    assert listed(operator)[0] == "e3"
    assert sorted(listed(operator)) == ["e1", "e2", "e3"]
    assert "Set the custom flag TikTok.URL" in said


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?reason=invalid_url", ["e1", "e2"]),
        ("?field=TikTok.Callback", ["e3"]),
        ("?search=e2", ["e2"]),
        ("?search=e", ["e1", "e2", "e3"]),
        ("?connection=shop&tiktok_event=PlaceAnOrder", ["e1", "e2", "e3"]),
        ("?connection=other", []),
        ("?received=2020-02-29", []),
        ("?received=yesterday", []),
        ("?field=-", []),
        ("?job=job-1&reason=invalid_url", ["e1", "e2"]),
        ("?job=job-9", []),
        ("?newer_than=36h&search=e3", ["e3"]),
        ("?older_than=36h", []),
        ("?newer_than=yesterday", []),
    ],
)
def test_a_filter_shows_those_that_are_like_it(
    some: Bench, operator: ConsoleClient, query: str, expected: list[str]
) -> None:
    """And a sentence when none is."""
    assert sorted(listed(operator, query)) == expected
    if not expected:
        assert "No dead letter is like that." in visible_text(operator.get(f"/console/dead-letters{query}"))


def test_without_letters_the_page_says_so(operator: ConsoleClient) -> None:
    """Which is good news."""
    assert "There are no dead letters" in visible_text(operator.get("/console/dead-letters"))


def test_many_are_shown_a_page_at_a_time(bench: Bench, operator: ConsoleClient) -> None:
    """Each on one page, with ways between them."""
    bench.put([purchase(n, custom_flags=BAD_URL) for n in range(120)])
    bench.drain()
    pages = [listed(operator, f"?page={number}") for number in (1, 2, 3)]
    assert [len(page) for page in pages] == [50, 50, 20]
    assert len({one for page in pages for one in page}) == 120
    assert "page 3 of 3" in visible_text(operator.get("/console/dead-letters?page=99"))


def test_events_are_hostile_and_personal_and_neither_shows(bench: Bench, operator: ConsoleClient) -> None:
    """Markup is text; TikTok's own words are masked."""
    evil = '"><script>alert(1)</script>'
    bench.put([purchase(1, source_message_id=evil, custom_flags=BAD_URL)], shared=batch(user=7))
    bench.drain()
    (letter,) = bench.dead_letters()
    for path in (
        "/console/dead-letters",
        f"/console/dead-letters/{letter.id}",
        "/console/dead-letters?search=%22%3E<b>",
    ):
        page = operator.get(path).text
        assert "<script>alert" not in page
        assert "<b>" not in page
        assert "user7@shop.example" not in page


def test_replay_sends_each_once_and_a_second_time_does_nothing(some: Bench, operator: ConsoleClient) -> None:
    """Under today's configuration."""
    some.configure("enable_web_migration: true", "invalid_ttclid: drop_field")
    operator.get("/console/dead-letters")
    done = operator.post("/console/dead-letters/replay", reason="invalid_ttclid")
    assert "1 of 1 sent again" in visible_text(done)
    again = operator.post("/console/dead-letters/replay", reason="invalid_ttclid")
    assert "Nothing was done: there is no such dead letter any more" in visible_text(again)
    some.drain_all()
    assert [event["event_id"] for event in some.sandbox.events()] == ["e3"]
    assert some.count("replayed", "delivered", "dead_lettered") == (1, 1, 3)


def test_what_dies_again_on_the_way_is_not_sent_round_and_round(bench: Bench, operator: ConsoleClient) -> None:
    """Each step asks for the next until those that were meant have gone; new letters are not meant."""
    bench.put([purchase(n, custom_flags=BAD_URL) for n in range(120)])
    bench.drain()
    answer = operator.post("/console/dead-letters/replay")
    fields = hidden_fields(answer)
    if "until" not in fields:  # it was all done within the time of one step
        assert "120 of 120 sent again" in visible_text(answer)
        return
    bench.drain_all()
    while "until" in (fields := hidden_fields(answer)):
        answer = operator.post("/console/dead-letters/replay", part=True, **fields)
    assert "120 of 120 sent again" in visible_text(answer)


def test_steps_say_how_far_it_is_and_end(
    bench: Bench, operator: ConsoleClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page of letters a step here, for each step has no time for more."""
    monkeypatch.setattr("operations.dead_letters.replay.STEP_S", 0.0)
    bench.put([purchase(n, custom_flags=BAD_URL) for n in range(120)])
    bench.drain()
    answer = operator.post("/console/dead-letters/replay")
    seen = [visible_text(answer)]
    while "until" in (fields := hidden_fields(answer)):
        bench.drain_all()  # what was sent dies again meanwhile
        answer = operator.post("/console/dead-letters/replay", part=True, **fields)
        seen.append(visible_text(answer))
    assert ["of 120 sent again" in one for one in seen] == [True] * len(seen)
    assert [int(re.findall(r"(\d+) of 120", one)[0]) for one in seen] == [50, 100, 120]
    assert bench.count("replayed") == (120,)


def test_several_ids_are_replayed_and_no_others(some: Bench, operator: ConsoleClient) -> None:
    """As with the command."""
    ids = [letter.id for letter in some.dead_letters() if letter.event_id in ("e1", "e3")]
    assert "2 of 2 sent again" in visible_text(operator.post("/console/dead-letters/replay", id=",".join(ids)))
    assert listed(operator) == ["e2"]


def test_late_ones_ask_and_can_be_left(bench: Bench, operator: ConsoleClient) -> None:
    """47 hours after an unknown outcome TikTok might count it twice."""
    now_ms = int(bench.redis.time()[0]) * 1000
    bench.put([purchase(1, custom_flags=BAD_URL)], stamp=now_ms - 48 * HOUR_MS)
    bench.put([purchase(2, custom_flags=BAD_URL)])
    bench.drain()
    asked = operator.post("/console/dead-letters/replay")
    assert "1 event may have reached TikTok over 47 hours ago" in visible_text(asked)
    assert bench.count("replayed") == (0,)
    left = operator.post("/console/dead-letters/replay", late="leave")
    assert "1 of 2 sent again. 1 letter left where it is: TikTok may count it twice" in visible_text(left)
    sent = operator.post("/console/dead-letters/replay", late="send", search="e1")
    assert "1 of 1 sent again" in visible_text(sent)


def test_letters_of_a_connection_that_is_no_more_stay_and_it_is_said_why(some: Bench, operator: ConsoleClient) -> None:
    """Sending them would only make them wait."""
    some.path.write_text(some.path.read_text().replace("id: shop", "id: other"))
    said = visible_text(operator.post("/console/dead-letters/replay"))
    assert "0 of 3 sent again" in said
    assert "connection shop is not in the configuration file: put it back first" in said
    assert some.count("replayed") == (0,)


def test_discard_asks_first(some: Bench, operator: ConsoleClient) -> None:
    """Then they are gone, and counted."""
    asked = operator.post("/console/dead-letters/discard", reason="invalid_url")
    assert "Discard 2 dead letters for good?" in visible_text(asked)
    assert some.count("dead_letters_discarded") == (0,)
    done = operator.post("/console/dead-letters/discard", **hidden_fields(asked))
    assert "2 of 2 discarded" in visible_text(done)
    assert some.count("dead_letters_discarded") == (2,)
    assert listed(operator) == ["e3"]


def test_export_is_masked_unless_revealed_and_reveals_are_written_down(
    bench: Bench, operator: ConsoleClient, caplog: pytest.LogCaptureFixture
) -> None:
    """By whom, where, and what."""
    bench.put([purchase(n, custom_flags=BAD_URL) for n in range(3)], shared=batch(user=7))
    bench.drain()
    masked = operator.get("/console/dead-letters/export?reason=invalid_url")
    assert 'filename="dead-letters.jsonl"' in masked.headers["content-disposition"]
    lines = [json.loads(line) for line in masked.text.splitlines()]
    assert {line["event_id"] for line in lines} == {"e0", "e1", "e2"}
    assert "user7@shop.example" not in masked.text
    assert not bench.redis.exists("audit:reveals")
    revealed = operator.post("/console/dead-letters/export")
    assert revealed.text.count("user7@shop.example") == 3
    (entry,) = bench.redis.lrange("audit:reveals", 0, -1)
    reveal = json.loads(entry)
    assert (reveal["command"], reveal["number"], reveal["host"]) == ("console export", 3, "127.0.0.1")
    assert reveal["who"].startswith("console session ")
