"""The overview and the days: how connections stand, in words; and where each day's events went, with ways to them."""

import re
from datetime import UTC, datetime, timedelta

from support.bench import Bench
from support.console_client import ConsoleClient, visible_text
from support.events import purchase

BAD_URL = {"TikTok.URL": "www.shop.com/x"}
YESTERDAY = datetime.now(UTC).date() - timedelta(days=1)


def test_a_connection_says_how_it_stands_and_what_came_of_its_events(bench: Bench, operator: ConsoleClient) -> None:
    """Waiting, then delivered and died, with a way to the letters."""
    bench.put([purchase(1), purchase(2, custom_flags=BAD_URL)])
    waiting = visible_text(operator.get("/console"))
    assert "shop delivering 2 events on the way. Waiting 2" in waiting
    bench.drain()
    page = operator.get("/console")
    assert "Everything that came has been dealt with. Waiting 0 Dead letters 1 Delivered 1 Received 2" in visible_text(
        page
    )
    assert 'href="/console/dead-letters?connection=shop"' in page.text
    assert "Books balance" in visible_text(page)


def test_a_refused_token_says_who_must_do_what(bench: Bench, operator: ConsoleClient) -> None:
    """As status does."""
    bench.put([purchase(1)])
    bench.sandbox.fault("refuse_token")
    bench.drain()
    said = visible_text(operator.get("/console"))
    assert "shop paused Paused: TikTok refuses it, its events are kept; next try in" in said
    assert "Token refused (40105): " in said
    assert "access_token" in said


def test_pause_and_resume_do_what_the_commands_do(bench: Bench, operator: ConsoleClient) -> None:
    """And an unknown connection is none."""
    bench.put([purchase(1)])
    assert operator.post("/console/connections/shop/pause").headers["location"] == "/console"
    assert "Paused by an operator; an operator must resume it." in visible_text(operator.get("/console"))
    bench.drain()
    assert bench.count("delivered", "waiting") == (0, 1)
    operator.post("/console/connections/shop/resume")
    bench.drain()
    assert bench.count("delivered", "waiting") == (1, 0)
    assert operator.post("/console/connections/other/pause").status_code == 404


def test_before_anything_came_the_page_says_what_to_expect(operator: ConsoleClient) -> None:
    """An empty state is a sentence, not an empty table."""
    page = operator.get("/console")
    assert "No events in these days. They will show here as soon as the first batch arrives" in visible_text(page)
    assert "<table" not in page.text


def test_a_refused_file_is_told_and_hides_nothing(bench: Bench, operator: ConsoleClient) -> None:
    """What is in force goes on."""
    bench.put([purchase(1)])
    bench.path.write_text("inputs: 7\n")
    said = visible_text(operator.get("/console"))
    assert "The configuration file is refused" in said
    assert "shop delivering" in said


def test_each_day_is_a_row_with_a_way_to_what_died(bench: Bench, operator: ConsoleClient) -> None:
    """And a column of the chart."""
    bench.put([purchase(1), purchase(2, custom_flags=BAD_URL), {"event_type": "screen_view"}], days_ago=1)
    bench.drain()
    page = operator.get("/console")
    assert f"{YESTERDAY:%A}, {YESTERDAY} 3 1 1 1 0 0" in visible_text(page)
    assert f'href="/console/dead-letters?received={YESTERDAY}"' in page.text
    assert len(re.findall(r'<rect class="delivered"', page.text)) == 1
    assert len(re.findall(r'class="hit"', page.text)) == 14
    assert len(re.findall(r'class="hit"', operator.get("/console?days=7").text)) == 7
    assert operator.get("/console?days=1000000&connection=nobody").status_code == 200


def test_a_day_says_where_its_purchases_went(bench: Bench, operator: ConsoleClient) -> None:
    """By TikTok event and reason; the link finds exactly those letters; those sent again since are told apart."""
    bench.put([purchase(1), purchase(2, custom_flags=BAD_URL), purchase(3, custom_flags=BAD_URL)], days_ago=1)
    bench.put([purchase(4, custom_flags=BAD_URL)])
    bench.drain()
    page = operator.get(f"/console/days/{YESTERDAY}")
    said = visible_text(page)
    assert "3 events received. 1 reached TikTok, 2 died." in said
    assert "PlaceAnOrder 1 2 2 invalid_url : 2 dead letters here" in said
    (link,) = re.findall(r'href="(/console/dead-letters\?[^"]*)"', page.text)
    found = visible_text(operator.get(link.replace("&amp;", "&")))
    assert "2 dead letters, by what they died of" in found
    assert ("e2" in found, "e3" in found, "e4" in found) == (True, True, False)
    operator.post("/console/dead-letters/discard", received=str(YESTERDAY), sure="1")
    assert "2 invalid_url sent again or discarded since" in visible_text(operator.get(f"/console/days/{YESTERDAY}"))


def test_days_that_are_none_and_days_without_events(operator: ConsoleClient) -> None:
    """A sentence for each."""
    assert operator.get("/console/days/soon").status_code == 404
    assert "No events were received on this day" in visible_text(operator.get("/console/days/2020-02-29"))
    assert "No events were received on this day" in visible_text(operator.get("/console/days/2999-01-01"))
