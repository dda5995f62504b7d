"""The list of dead letters: counts by reason, filter, search, pages, export, replay and discard."""

import json
import re

import pytest
from support.bench import Bench
from support.console_client import ConsoleClient, hidden_fields, visible_text
from support.events import batch, purchase

from operations.dead_letters.replay import REPLAYED

BAD_URL = {"TikTok.URL": "www.shop.com/x"}
BAD_TTCLID = {"TikTok.URL": "https://shop.example/", "TikTok.Callback": "abc"}
HOUR_MS = 3_600_000


@pytest.fixture
def three(bench: Bench) -> Bench:
    """Create three dead letters with two reasons."""
    bench.put([purchase(1, custom_flags=BAD_URL), purchase(2, custom_flags=BAD_URL)])
    bench.drain()
    bench.put([purchase(3, custom_flags=BAD_TTCLID)])
    bench.drain()
    return bench


def listed(operator: ConsoleClient, query: str = "") -> list[str]:
    """Return the ids of the events on the page, in its order."""
    return re.findall(r'class="id">(e\d+)<', operator.get(f"/console/dead-letters{query}").text)


def test_dead_letters_are_counted_by_reason_and_listed_newest_first(three: Bench, operator: ConsoleClient) -> None:
    """Each row says what to do."""
    page = operator.get("/console/dead-letters")
    text = visible_text(page)
    assert "3 dead letters by reason" in text
    assert "invalid_url TikTok.URL shop 2 invalid_ttclid TikTok.Callback shop 1" in text
    assert listed(operator)[0] == "e3"
    assert sorted(listed(operator)) == ["e1", "e2", "e3"]
    assert "Set the custom flag TikTok.URL" in text


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
def test_a_filter_shows_the_dead_letters_that_match(
    three: Bench, operator: ConsoleClient, query: str, expected: list[str]
) -> None:
    """A sentence says that none matches."""
    assert sorted(listed(operator, query)) == expected
    if not expected:
        assert "No dead letter matches this filter." in visible_text(operator.get(f"/console/dead-letters{query}"))


def test_without_dead_letters_the_page_says_so(operator: ConsoleClient) -> None:
    """A sentence replaces the empty table."""
    assert "There are no dead letters" in visible_text(operator.get("/console/dead-letters"))


def test_many_dead_letters_are_shown_page_by_page(bench: Bench, operator: ConsoleClient) -> None:
    """Each is on exactly one page; a number that is too high shows the last page."""
    bench.put([purchase(n, custom_flags=BAD_URL) for n in range(120)])
    bench.drain()
    pages = [listed(operator, f"?page={number}") for number in (1, 2, 3)]
    assert [len(page) for page in pages] == [50, 50, 20]
    assert len({event_id for page in pages for event_id in page}) == 120
    assert "page 3 of 3" in visible_text(operator.get("/console/dead-letters?page=99"))


def test_markup_is_escaped_and_personal_data_is_masked(bench: Bench, operator: ConsoleClient) -> None:
    """An event id with a script in it is shown as text."""
    script = '"><script>alert(1)</script>'
    bench.put([purchase(1, source_message_id=script, custom_flags=BAD_URL)], shared=batch(user=7))
    bench.drain()
    (dead_letter,) = bench.dead_letters()
    for path in (
        "/console/dead-letters",
        f"/console/dead-letters/{dead_letter.id}",
        "/console/dead-letters?search=%22%3E<b>",
    ):
        page = operator.get(path).text
        assert "<script>alert" not in page
        assert "<b>" not in page
        assert "user7@shop.example" not in page


def test_a_replay_sends_each_event_once_and_repeating_it_does_nothing(three: Bench, operator: ConsoleClient) -> None:
    """The configuration in force now applies."""
    three.configure("enable_web_migration: true", "invalid_ttclid: drop_field")
    operator.get("/console/dead-letters")
    done = operator.post("/console/dead-letters/replay", reason="invalid_ttclid")
    assert f"1 of 1 replayed. {REPLAYED}" in visible_text(done)
    second = operator.post("/console/dead-letters/replay", reason="invalid_ttclid")
    assert "Nothing was done: these dead letters were replayed or discarded before." in visible_text(second)
    three.drain_all()
    assert [event["event_id"] for event in three.sandbox.events()] == ["e3"]
    assert three.count("replayed", "delivered", "dead_lettered") == (1, 1, 3)


def test_an_event_that_fails_again_during_a_replay_is_not_replayed_again(bench: Bench, operator: ConsoleClient) -> None:
    """Each step requests the next until the first dead letters are done; new ones are not included."""
    bench.put([purchase(n, custom_flags=BAD_URL) for n in range(120)])
    bench.drain()
    answer = operator.post("/console/dead-letters/replay")
    fields = hidden_fields(answer)
    if "until" not in fields:  # one step was enough
        assert "120 of 120 replayed" in visible_text(answer)
        return
    bench.drain_all()
    while "until" in (fields := hidden_fields(answer)):
        answer = operator.post("/console/dead-letters/replay", part=True, **fields)
    assert "120 of 120 replayed" in visible_text(answer)


def test_each_step_shows_the_progress_until_the_end(
    bench: Bench, operator: ConsoleClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Here a step has time for one page of dead letters only."""
    monkeypatch.setattr("operations.dead_letters.replay.STEP_S", 0.0)
    bench.put([purchase(n, custom_flags=BAD_URL) for n in range(120)])
    bench.drain()
    answer = operator.post("/console/dead-letters/replay")
    pages = [visible_text(answer)]
    while "until" in (fields := hidden_fields(answer)):
        bench.drain_all()  # the replayed events are dead-lettered again meanwhile
        answer = operator.post("/console/dead-letters/replay", part=True, **fields)
        pages.append(visible_text(answer))
    assert ["of 120 replayed" in page for page in pages] == [True] * len(pages)
    assert [int(re.findall(r"(\d+) of 120", page)[0]) for page in pages] == [50, 100, 120]
    assert bench.count("replayed") == (120,)


def test_several_ids_are_replayed_and_no_others(three: Bench, operator: ConsoleClient) -> None:
    """The command does the same."""
    ids = [dead_letter.id for dead_letter in three.dead_letters() if dead_letter.event_id in ("e1", "e3")]
    assert "2 of 2 replayed" in visible_text(operator.post("/console/dead-letters/replay", id=",".join(ids)))
    assert listed(operator) == ["e2"]


def test_late_events_need_an_answer_and_can_be_left(bench: Bench, operator: ConsoleClient) -> None:
    """47 hours after an unknown outcome, TikTok might count an event twice."""
    now_ms = int(bench.redis.time()[0]) * 1000
    bench.put([purchase(1, custom_flags=BAD_URL)], stamp=now_ms - 48 * HOUR_MS)
    bench.put([purchase(2, custom_flags=BAD_URL)])
    bench.drain()
    question = operator.post("/console/dead-letters/replay")
    assert "1 event may have reached TikTok over 47 hours ago" in visible_text(question)
    assert bench.count("replayed") == (0,)
    left = operator.post("/console/dead-letters/replay", late="leave")
    assert "1 of 2 replayed. 1 dead letter was left as it is: TikTok may count it twice" in visible_text(left)
    sent = operator.post("/console/dead-letters/replay", late="send", search="e1")
    assert "1 of 1 replayed" in visible_text(sent)


def test_dead_letters_of_a_removed_connection_stay_and_the_page_says_why(three: Bench, operator: ConsoleClient) -> None:
    """After a replay they would only wait."""
    three.path.write_text(three.path.read_text().replace("id: shop", "id: other"))
    text = visible_text(operator.post("/console/dead-letters/replay"))
    assert "0 of 3 replayed" in text
    assert "Connection shop is not in the configuration file: put it back first" in text
    assert three.count("replayed") == (0,)


def test_discard_needs_confirmation(three: Bench, operator: ConsoleClient) -> None:
    """After it, the dead letters are deleted and counted."""
    question = operator.post("/console/dead-letters/discard", reason="invalid_url")
    assert "Discard 2 dead letters?" in visible_text(question)
    assert three.count("dead_letters_discarded") == (0,)
    done = operator.post("/console/dead-letters/discard", **hidden_fields(question))
    assert "2 of 2 discarded" in visible_text(done)
    assert three.count("dead_letters_discarded") == (2,)
    assert listed(operator) == ["e3"]


def test_an_export_is_masked_unless_revealed_and_reveals_are_in_the_audit_log(
    bench: Bench, operator: ConsoleClient, caplog: pytest.LogCaptureFixture
) -> None:
    """The audit log has the session, the address and the number."""
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


@pytest.mark.parametrize("action", ["replay", "discard", "export"])
@pytest.mark.parametrize("name", ["search", "connection", "id"])
@pytest.mark.parametrize("text", ["", " "])
def test_a_form_with_an_empty_condition_is_refused(
    three: Bench, operator: ConsoleClient, action: str, name: str, text: str
) -> None:
    """It must not act on all dead letters; in the address of a search, an empty field means any."""
    before = three.count("dead_letters")
    answer = operator.post(f"/console/dead-letters/{action}", **{name: text, "sure": "yes"})
    assert answer.status_code == 409
    assert f"The field {name} is empty." in visible_text(answer)
    assert three.count("dead_letters") == before
    assert operator.get(f"/console/dead-letters?{name}={text}").status_code == 200
