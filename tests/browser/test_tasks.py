"""What people do at the console, walked in a real browser against a running relay with two weeks behind it."""

import json
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import redis
from support.events import as_json, batch, purchase
from support.plant import Plant

if TYPE_CHECKING:
    from playwright.sync_api import Page

GOOD_URL = "https://shop.example/mended"


def taken(plant: Plant, event_id: str) -> dict[str, Any]:
    """What TikTok's stand-in took under that id, once it has."""
    return next(event["body"] for event in plant.sandbox.events() if event["event_id"] == event_id)


def test_where_did_yesterdays_purchases_go(plant: Plant, page: "Page") -> None:
    """From the overview's row of that day to the TikTok event, the reason, and the very letters."""
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    page.get_by_label("Connection").select_option("shop-web")
    page.get_by_role("button", name="Show").click()
    page.locator("table.days").get_by_role("link", name=str(yesterday)).click()
    row = page.get_by_role("row", name=re.compile("CompletePayment"))
    delivered = int(row.get_by_role("cell").nth(0).inner_text())
    assert delivered > 0
    link = row.get_by_role("link").first
    number = int(re.findall(r"\d+", link.inner_text())[0])
    link.click()
    page.get_by_role("heading", name=f"{number} dead letter").wait_for()
    assert page.locator("table.dead-letters tbody tr").count() == number
    assert set(page.locator("table.dead-letters tbody strong").all_inner_texts()) == {"CompletePayment"}


def test_pausing_and_resuming_a_connection_with_the_keyboard(plant: Plant, page: "Page", client: redis.Redis) -> None:
    """And what a refused token asks for."""
    outlet = page.locator("#connection-outlet")
    assert "put a valid Events API token into access_token" in outlet.inner_text()
    button = page.locator("#connection-shop-app").get_by_role("button", name="Pause")
    button.focus()
    page.keyboard.press("Enter")
    page.get_by_text("Paused by an operator").wait_for()
    assert client.hget("connection:shop-app", "by") == b"operator"
    page.locator("#connection-shop-app").get_by_role("button", name="Resume").press("Enter")
    page.locator("#connection-shop-app").get_by_role("button", name="Pause").wait_for()
    assert not client.hexists("connection:shop-app", "state")


def test_a_letter_is_found_corrected_as_one_watches_and_arrives(
    plant: Plant, page: "Page", client: redis.Redis
) -> None:
    """Searched by its event's id; one field set; the outlook changes while one types; nothing was revealed."""
    reveals = client.llen("audit:reveals")
    page.get_by_role("link", name="Dead letters").first.click()
    page.get_by_label("Reason").select_option("invalid_url")
    page.get_by_label("Connection").select_option("shop-web")
    page.get_by_role("button", name="Filter").click()
    event_id = page.locator("table.dead-letters .id").first.inner_text()
    page.get_by_label("Event id").fill(event_id)
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="1 dead letter").wait_for()
    page.locator("table.dead-letters a").click()
    page.get_by_text("Would die again").wait_for()
    assert page.get_by_label("Field").input_value() == "custom_flags.TikTok.URL"
    value = page.get_by_label("Value")
    value.press_sequentially("shop")
    page.get_by_text("Would die again").wait_for()
    value.fill(GOOD_URL)
    page.get_by_text("Would be sent as").wait_for()
    assert '"event_id"' in page.locator("#replay-preview").inner_text()
    page.get_by_role("button", name="Keep and send again").click()
    page.get_by_text("1 of 1 sent again").wait_for()
    plant.sandbox.wait_for(lambda _: any(event["event_id"] == event_id for event in plant.sandbox.events()))
    assert taken(plant, event_id)["page"]["url"] == GOOD_URL
    assert client.llen("audit:reveals") == reveals


def test_an_event_is_edited_in_full_with_the_new_result_beside_the_old(
    plant: Plant, page: "Page", client: redis.Redis
) -> None:
    """Which shows personal data, and is written down."""
    page.goto("/console/dead-letters?reason=invalid_ttclid&connection=shop-web")
    event_id = page.locator("table.dead-letters .id").first.inner_text()
    page.locator("table.dead-letters a").first.click()
    assert "user1@shop.example" not in page.content()
    page.get_by_role("button", name="Edit the event").click()
    text = page.get_by_label("The batch, with this one event")
    assert "user1@shop.example" in text.input_value()
    reveal = json.loads(client.lindex("audit:reveals", 0) or b"{}")
    assert (reveal["command"], reveal["number"]) == ("console edit", 1)
    page.get_by_text("Would die again").wait_for()
    text.fill(text.input_value().replace("__CALLBACK_PARAM__", "E.C.P.abc"))
    page.get_by_text("Would be sent as").wait_for()
    assert "invalid_ttclid" in page.get_by_role("region", name="As it was").inner_text()
    text.fill("{")
    page.get_by_text("A batch must be a JSON object").wait_for()
    page.get_by_role("link", name="Leave it as it was").click()
    page.get_by_text("Would die again").wait_for()
    assert event_id in page.content()


def test_a_reveal_is_asked_for_and_written_down(page: "Page", client: redis.Redis) -> None:
    """Before anything shows."""
    page.goto("/console/dead-letters?connection=shop-web")
    page.locator("table.dead-letters a").first.click()
    assert "user1@shop.example" not in page.content()
    before = client.llen("audit:reveals")
    page.get_by_role("button", name="Reveal").click()
    page.get_by_text("Nothing is masked on this page").wait_for()
    assert "user1@shop.example" in page.content()
    assert client.llen("audit:reveals") == before + 1


def test_all_letters_of_a_filter_go_again_with_progress_and_each_once(
    plant: Plant, page: "Page", client: redis.Redis
) -> None:
    """Step by step until the end; what was sent dies again here, and is not sent round and round."""
    page.goto("/console/dead-letters?connection=shop-web&reason=missing_parameter")
    number = int(re.findall(r"\d+", page.get_by_role("heading", name="dead letters, by").inner_text())[0])
    replayed = int(client.hget("ledger:shop-web", "replayed") or 0)
    page.get_by_role("button", name="Send all").click()
    page.get_by_text(f"{number} of {number} sent again").wait_for()
    assert page.locator("progress").get_attribute("value") == str(number)
    assert int(client.hget("ledger:shop-web", "replayed") or 0) == replayed + number
    page.get_by_role("link", name="To the dead letters").click()
    page.get_by_role("heading", name="dead letters, by").wait_for()


def test_discarding_asks_and_an_export_is_a_file(plant: Plant, page: "Page", client: redis.Redis) -> None:
    """Masked; kept until one says so."""
    page.goto("/console/dead-letters?connection=outlet")
    total = client.hlen("dead_letters:outlet")
    with page.expect_download() as download:
        page.get_by_role("link", name="Export, masked").click()
    lines = download.value.path().read_text().splitlines()
    assert len(lines) == total
    assert "user1@shop.example" not in lines[0]
    page.get_by_role("button", name="Discard").click()
    page.get_by_role("link", name="Keep").click()
    assert client.hlen("dead_letters:outlet") == total
    page.get_by_role("button", name="Discard").click()
    page.get_by_role("button", name="Discard all").click()
    page.get_by_text(f"{total} of {total} discarded").wait_for()
    assert client.hlen("dead_letters:outlet") == 0


def test_a_batch_is_tried_and_sent_to_the_test_tab(plant: Plant, page: "Page") -> None:
    """A sample first, then one's own; sent only on request, and only where there is a test code."""
    page.get_by_role("link", name="Try it").click()
    page.get_by_role("link", name="a visit that fills a basket").click()
    page.get_by_role("button", name="See what it becomes").click()
    result = page.locator("article.result").first
    result.get_by_text("invalid_url").wait_for()
    assert "Who TikTok can match" in result.inner_text()
    assert page.get_by_role("button", name="Send it to TikTok's test tab").count() == 1
    for box in page.get_by_role("checkbox").all():
        box.set_checked("shop-web" in (box.get_attribute("value") or ""))
    tried = purchase(1, source_message_id="tried-by-hand")
    page.get_by_label("mParticle batches").fill(as_json(batch(tried)).decode())
    page.get_by_role("button", name="See what it becomes").click()
    page.get_by_text('"tried-by-hand"').wait_for()
    assert page.locator("article.result").count() == 1
    page.get_by_role("button", name="Send it to TikTok's test tab").click()
    page.get_by_text("TikTok accepted 1 event").wait_for()
    assert taken(plant, "tried-by-hand")["event"] == "CompletePayment"


def test_another_file_is_checked_and_what_it_would_change_is_shown(plant: Plant, page: "Page") -> None:
    """With nothing put in force."""
    page.get_by_role("link", name="Configuration").click()
    assert "an-old-token" not in page.content()
    file = plant.file.read_text()
    page.get_by_label("The file").fill(file.replace("tiktok_event: CompletePayment", "tiktok_event: Purchase"))
    page.get_by_label("Batches").fill(as_json(batch(purchase(1))).decode())
    page.get_by_role("button", name="Check it").click()
    page.get_by_text("The file is right: 2 inputs, 3 connections.").wait_for()
    changed = page.locator("article.result", has_text="shop-web")
    assert '"CompletePayment"' in changed.inner_text()
    assert '"Purchase"' in changed.inner_text()
    page.get_by_label("The file").fill(file.replace("platform: ios", "platform: watch"))
    page.get_by_role("button", name="Check it").click()
    page.get_by_text("`platform` is `watch`").wait_for()
    assert plant.file.read_text() == file
