"""The overview and the page of a day: the status of connections, and how each day's events ended, with links."""

import re
from datetime import UTC, datetime, timedelta

from support.bench import Bench
from support.console_client import ConsoleClient, visible_text
from support.events import purchase
from support.waiting import until

from operations.connections import discard_backlog
from store.client import connect
from store.records.processes import Announcement

BAD_URL = {"TikTok.URL": "www.shop.com/x"}
YESTERDAY = datetime.now(UTC).date() - timedelta(days=1)


def test_a_connection_shows_its_status_and_counts(bench: Bench, operator: ConsoleClient) -> None:
    """Events wait, then they are delivered or dead-lettered; the number of dead letters is a link."""
    bench.put([purchase(1), purchase(2, custom_flags=BAD_URL)])
    waiting = visible_text(operator.get("/console"))
    assert "shop healthy 2 events being delivered. Waiting 2" in waiting
    bench.drain()
    page = operator.get("/console")
    assert "No events are waiting. Waiting 0 Dead letters 1 Delivered 1 Accepted 2" in visible_text(page)
    assert 'href="/console/dead-letters?connection=shop"' in page.text
    assert "Ledger is balanced" in visible_text(page)


def test_a_refused_token_shows_who_must_do_what(bench: Bench, operator: ConsoleClient) -> None:
    """The text is that of `relay status`."""
    bench.put([purchase(1)])
    bench.sandbox.fault("refuse_token")
    bench.drain()
    text = visible_text(operator.get("/console"))
    assert "shop paused Paused: TikTok refuses it, its events are kept; next try in" in text
    assert "Token refused (40105): " in text
    assert "access_token" in text


def test_pause_and_resume_work_like_the_commands(bench: Bench, operator: ConsoleClient) -> None:
    """An unknown connection is not found."""
    bench.put([purchase(1)])
    assert operator.post("/console/connections/shop/pause").headers["location"] == "/console"
    assert "Paused by an operator; an operator must resume it." in visible_text(operator.get("/console"))
    bench.drain()
    assert bench.count("delivered", "waiting") == (0, 1)
    operator.post("/console/connections/shop/resume")
    bench.drain()
    assert bench.count("delivered", "waiting") == (1, 0)
    assert operator.post("/console/connections/other/pause").status_code == 404


def test_before_the_first_event_the_page_says_what_will_appear(operator: ConsoleClient) -> None:
    """A sentence replaces the empty table."""
    page = operator.get("/console")
    assert "No events were received in these days. They appear here as soon as the first batch arrives" in visible_text(
        page
    )
    assert "<table" not in page.text


def test_a_refused_file_is_reported_and_connections_are_still_shown(bench: Bench, operator: ConsoleClient) -> None:
    """The former configuration stays in force."""
    bench.put([purchase(1)])
    bench.path.write_text("inputs: 7\n")
    text = visible_text(operator.get("/console"))
    assert "The configuration file is refused" in text
    assert "shop healthy" in text


def test_each_day_is_a_row_with_a_link_to_its_dead_letters(bench: Bench, operator: ConsoleClient) -> None:
    """It is a column of the chart, too."""
    bench.put([purchase(1), purchase(2, custom_flags=BAD_URL), {"event_type": "screen_view"}], days_ago=1)
    bench.drain()
    page = operator.get("/console")
    assert f"{YESTERDAY:%A}, {YESTERDAY} 3 1 1 1 0 0" in visible_text(page)
    assert f'href="/console/dead-letters?received={YESTERDAY}"' in page.text
    assert len(re.findall(r'<rect class="delivered"', page.text)) == 1
    assert len(re.findall(r'class="hover"', page.text)) == 14
    assert len(re.findall(r'class="hover"', operator.get("/console?days=7").text)) == 7
    assert operator.get("/console?days=1000000&connection=unknown").status_code == 200


def test_a_day_shows_how_its_events_ended(bench: Bench, operator: ConsoleClient) -> None:
    """Events are counted by TikTok event and reason. The link finds exactly those dead letters that are left."""
    bench.put([purchase(1), purchase(2, custom_flags=BAD_URL), purchase(3, custom_flags=BAD_URL)], days_ago=1)
    bench.put([purchase(4, custom_flags=BAD_URL)])
    bench.drain()
    page = operator.get(f"/console/days/{YESTERDAY}")
    text = visible_text(page)
    assert "3 events accepted: 1 delivered, 2 dead-lettered." in text
    assert "PlaceAnOrder 1 2 2 invalid_url : show 2 dead letters" in text
    (link,) = re.findall(r'href="(/console/dead-letters\?[^"]*)"', page.text)
    found = visible_text(operator.get(link.replace("&amp;", "&")))
    assert "2 dead letters by reason" in found
    assert ("e2" in found, "e3" in found, "e4" in found) == (True, True, False)
    operator.post("/console/dead-letters/discard", received=str(YESTERDAY), sure="1")
    assert "2 invalid_url all replayed or discarded since" in visible_text(operator.get(f"/console/days/{YESTERDAY}"))


def test_a_day_links_to_dead_letters_of_no_tiktok_event(bench: Bench, operator: ConsoleClient) -> None:
    """An element that is no batch has no TikTok event, and its dead letter exists; no page may say that it is gone."""
    bench.put(["no event"], days_ago=1)
    bench.drain()
    page = operator.get(f"/console/days/{YESTERDAY}")
    assert re.search("1 invalid_(batch|value) : show 1 dead letter", visible_text(page))
    (link,) = re.findall(r'href="(/console/dead-letters\?[^"]*)"', page.text)
    assert "1 dead letter by reason" in visible_text(operator.get(link.replace("&amp;", "&")))


def test_a_day_counts_events_that_an_operator_discarded(bench: Bench, operator: ConsoleClient) -> None:
    """Discarded events are not waiting any more."""
    bench.put([purchase(1), purchase(2)], days_ago=1)
    assert "2 events accepted: 0 delivered, 2 waiting." in visible_text(operator.get(f"/console/days/{YESTERDAY}"))
    discard_backlog(bench.redis, "shop", bench.runtime.codec, bench.runtime.receipts)
    assert "2 events accepted: 0 delivered, 2 discarded." in visible_text(operator.get(f"/console/days/{YESTERDAY}"))


def test_invalid_days_and_days_without_events(operator: ConsoleClient) -> None:
    """An invalid day is not found; a day without events has a sentence."""
    assert operator.get("/console/days/soon").status_code == 404
    assert "No events were received on this day" in visible_text(operator.get("/console/days/2020-02-29"))
    assert "No events were received on this day" in visible_text(operator.get("/console/days/2999-01-01"))


def test_a_day_shows_which_rules_withheld_events(bench: Bench, operator: ConsoleClient) -> None:
    """The overview shows their number."""
    bench.configure("enable_web_migration: true", "forward: {never_if: [{attribute: <b>, is: internal}]}")
    withheld = {"custom_attributes": {"<b>": "internal"}}
    bench.put([purchase(1), purchase(2, **withheld), purchase(3, **withheld)], days_ago=1)
    bench.drain()
    assert f"{YESTERDAY} 3 1 0 0 2 0" in visible_text(operator.get("/console"))
    page = operator.get(f"/console/days/{YESTERDAY}")
    assert "2 withheld by a setting" in visible_text(page)
    assert "Withheld by Events never_if 1: attribute <b> is internal 2" in visible_text(page)
    assert "<b>" not in page.text


def test_sources_are_shown_with_what_to_do(bench: Bench, operator: ConsoleClient) -> None:
    """Only where the file declares some; no part of the URL but the host."""
    assert "Sources</h2>" not in operator.get("/console").text
    source = "{id: batches, url: 'amqp://joe:s3cr3t@rabbit.example', queue: mparticle, input: web}"
    bench.path.write_text(bench.path.read_text() + f"sources:\n  - {source}\n")
    until(lambda: "not running" in operator.get("/console").text)
    page = operator.get("/console").text
    assert "relay consume" in page
    assert "rabbit.example:5672" in page
    assert "s3cr3t" not in page


def test_a_process_that_could_not_start_is_shown(bench: Bench, operator: ConsoleClient) -> None:
    """With the reason; its own log is all that it leaves otherwise."""
    with connect(bench.url) as client:
        Announcement("worker", client, "", "").fail_start("relay.yaml:5: `access_token` is empty")
    text = visible_text(operator.get("/console"))
    assert "could not start: relay.yaml:5: access_token is empty" in text
