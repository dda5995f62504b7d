"""Tasks of operators, done in a real browser on a running relay with two weeks of events."""

import json
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx
import redis
from support.events import as_json, batch, purchase
from support.plant import Plant

if TYPE_CHECKING:
    from playwright.sync_api import Page

Expect = Callable[..., Any]
GOOD_URL = "https://shop.example/corrected"


def received(plant: Plant, event_id: str) -> dict[str, Any]:
    """Return the event that the sandbox received with this id."""
    return next(event["body"] for event in plant.sandbox.events() if event["event_id"] == event_id)


def test_finding_the_dead_letters_of_yesterdays_purchases(plant: Plant, page: "Page", expect: Expect) -> None:
    """The overview's row of the day leads to the TikTok event, its reasons, and exactly those dead letters."""
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
    expect(page.locator("table.dead-letters tbody tr")).to_have_count(number)
    expect(page.locator("table.dead-letters tbody strong")).to_have_text(["CompletePayment"] * number)


def test_pausing_and_resuming_a_connection_with_the_keyboard(plant: Plant, page: "Page", client: redis.Redis) -> None:
    """The overview says what to do about a refused token."""
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


def test_a_dead_letter_is_found_corrected_with_a_preview_and_delivered(
    plant: Plant, page: "Page", client: redis.Redis, expect: Expect
) -> None:
    """It is found by its event id; the preview changes while the operator types; nothing is revealed."""
    reveals = client.llen("audit:reveals")
    page.get_by_role("link", name="Dead letters").first.click()
    page.get_by_role("combobox", name="Reason").select_option("invalid_url")
    page.get_by_label("Connection").select_option("shop-web")
    page.get_by_role("button", name="Filter").click()
    event_id = page.locator("table.dead-letters .id").first.inner_text()
    page.get_by_label("Event id").fill(event_id)
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="1 dead letter").wait_for()
    page.locator("table.dead-letters a").click()
    page.get_by_text("Would be dead-lettered again").wait_for()
    page.wait_for_load_state()  # the script that listens to the form is there
    assert page.get_by_label("Field").input_value() == "custom_flags.TikTok.URL"
    value = page.get_by_label("Value")
    value.press_sequentially("shop")
    page.get_by_text("Would be dead-lettered again").wait_for()
    value.fill(GOOD_URL)
    page.get_by_text("Would be sent as").wait_for()
    expect(page.locator("#replay-preview")).to_contain_text('"event_id"')
    page.get_by_role("button", name="Save and replay").click()
    page.get_by_text("1 of 1 replayed").wait_for()
    plant.sandbox.wait_for(lambda _: any(event["event_id"] == event_id for event in plant.sandbox.events()))
    assert received(plant, event_id)["page"]["url"] == GOOD_URL
    assert client.llen("audit:reveals") == reveals


def test_a_whole_event_is_edited_with_the_preview_beside_it(
    plant: Plant, page: "Page", client: redis.Redis, expect: Expect
) -> None:
    """The editor shows personal data, and the audit log has an entry."""
    page.goto("/console/dead-letters?reason=invalid_ttclid&connection=shop-web")
    event_id = page.locator("table.dead-letters .id").first.inner_text()
    page.locator("table.dead-letters a").first.click()
    page.get_by_role("button", name="Edit the event").wait_for()
    assert "user1@shop.example" not in page.content()
    page.get_by_role("button", name="Edit the event").click()
    text = page.get_by_label("The batch with this event")
    expect(text).to_have_value(re.compile(re.escape("user1@shop.example")))
    reveal = json.loads(client.lindex("audit:reveals", 0) or b"{}")
    assert (reveal["command"], reveal["number"]) == ("console edit", 1)
    page.get_by_text("Would be dead-lettered again").wait_for()
    page.wait_for_load_state()
    text.fill(text.input_value().replace("__CALLBACK_PARAM__", "E.C.P.abc"))
    page.get_by_text("Would be sent as").wait_for()
    assert "invalid_ttclid" in page.get_by_role("region", name="Why it failed").inner_text()
    text.fill("{")
    page.get_by_text("A batch must be a JSON object").wait_for()
    page.get_by_role("link", name="Cancel").click()
    page.get_by_text("Would be dead-lettered again").wait_for()
    expect(page.get_by_text(event_id).first).to_be_visible()


def test_a_reveal_needs_a_click_and_is_in_the_audit_log(page: "Page", client: redis.Redis, expect: Expect) -> None:
    """Before the click nothing is shown."""
    page.goto("/console/dead-letters?connection=shop-web")
    page.locator("table.dead-letters a").first.click()
    page.get_by_role("button", name="Reveal").wait_for()
    assert "user1@shop.example" not in page.content()
    before = client.llen("audit:reveals")
    page.get_by_role("button", name="Reveal").click()
    page.get_by_text("Nothing is masked on this page").wait_for()
    expect(page.get_by_text("user1@shop.example").first).to_be_visible()
    assert client.llen("audit:reveals") == before + 1


def test_all_dead_letters_of_a_filter_are_replayed_once_with_progress(
    plant: Plant, page: "Page", client: redis.Redis, expect: Expect
) -> None:
    """The events fail again here, and are not replayed endlessly."""
    page.goto("/console/dead-letters?connection=shop-web&reason=missing_parameter")
    number = int(re.findall(r"\d+", page.get_by_role("heading", name="dead letters by").inner_text())[0])
    replayed = int(client.hget("ledger:shop-web", "replayed") or 0)
    page.get_by_role("button", name="Replay all").click()
    page.get_by_text(f"{number} of {number} replayed").wait_for()
    expect(page.locator("progress")).to_have_attribute("value", str(number))
    assert int(client.hget("ledger:shop-web", "replayed") or 0) == replayed + number
    page.locator("#progress").get_by_role("link", name="Dead letters").click()
    page.get_by_role("heading", name="dead letters by").wait_for()


def test_discarding_needs_confirmation_and_an_export_is_a_file(plant: Plant, page: "Page", client: redis.Redis) -> None:
    """The export is masked; Cancel discards nothing."""
    page.goto("/console/dead-letters?connection=outlet")
    total = client.hlen("dead_letters:outlet")
    with page.expect_download() as download:
        page.get_by_role("link", name="Export masked").click()
    lines = download.value.path().read_text().splitlines()
    assert len(lines) == total
    assert "user1@shop.example" not in lines[0]
    page.get_by_role("button", name="Discard").click()
    page.get_by_role("link", name="Cancel").click()
    assert client.hlen("dead_letters:outlet") == total
    page.get_by_role("button", name="Discard").click()
    page.get_by_role("button", name="Discard all").click()
    page.get_by_text(f"{total} of {total} discarded").wait_for()
    assert client.hlen("dead_letters:outlet") == 0


def test_a_batch_is_previewed_and_sent_as_a_test_event(plant: Plant, page: "Page", expect: Expect) -> None:
    """A sample comes first, then a pasted batch; only a connection with a test code offers to send."""
    page.get_by_role("link", name="Try it").click()
    page.get_by_role("link", name="a shopper fills a basket").click()
    page.get_by_role("button", name="Preview").click()
    result = page.locator("article.result").first
    result.get_by_text("invalid_url").wait_for()
    expect(result).to_contain_text("TikTok can match")
    expect(page.get_by_role("button", name="Send to TikTok's Test Events tab")).to_have_count(1)
    for box in page.get_by_role("checkbox").all():
        box.set_checked("shop-web" in (box.get_attribute("value") or ""))
    tried = purchase(1, source_message_id="tried-by-hand")
    page.get_by_label("mParticle batches").fill(as_json(batch(tried)).decode())
    page.get_by_role("button", name="Preview").click()
    page.get_by_text('"tried-by-hand"').wait_for()
    expect(page.locator("article.result")).to_have_count(1)
    page.get_by_role("button", name="Send to TikTok's Test Events tab").click()
    page.get_by_text("TikTok accepted 1 event").wait_for()
    assert received(plant, "tried-by-hand")["event"] == "CompletePayment"


def test_a_pasted_file_is_checked_and_its_changes_are_shown(plant: Plant, page: "Page", expect: Expect) -> None:
    """The real file stays as it is."""
    page.get_by_role("link", name="Configuration").click()
    page.get_by_label("The file").wait_for()
    assert "an-old-token" not in page.content()
    file = plant.file.read_text()
    page.get_by_label("The file").fill(file.replace("tiktok_event: CompletePayment", "tiktok_event: Purchase"))
    page.get_by_label("Batches").fill(as_json(batch(purchase(1))).decode())
    page.get_by_role("button", name="Check").click()
    page.get_by_text("The file is valid: 2 inputs, 3 connections.").wait_for()
    changed = page.locator("article.result", has_text="shop-web")
    expect(changed).to_contain_text('"CompletePayment"')
    expect(changed).to_contain_text('"Purchase"')
    page.get_by_label("The file").fill(file.replace("platform: ios", "platform: watch"))
    page.get_by_role("button", name="Check").click()
    page.get_by_text("platform is watch").wait_for()
    assert plant.file.read_text() == file


def test_an_order_is_traced_to_its_dead_letter(page: "Page", expect: Expect) -> None:
    """By its id; an id that was not seen is named with the time to which receipts reach."""
    page.goto("/console/dead-letters?connection=shop-web&reason=invalid_ttclid")
    event_id = page.locator("table.dead-letters .id").first.inner_text()
    page.get_by_role("link", name="Trace").click()
    page.get_by_label("Event ids, one a line").fill(f"{event_id}\nnever-sent")
    page.get_by_role("button", name="Trace").click()
    page.get_by_text("Receipts were read from").wait_for()
    expect(page.locator(".note .id")).to_have_text(["never-sent"])
    page.locator("article.trace").get_by_role("link", name="dead letter").first.click()
    page.get_by_role("heading", name="invalid_ttclid").wait_for()
    expect(page.get_by_text(event_id).first).to_be_visible()


def test_the_match_key_that_a_release_dropped_is_seen_with_the_reason(page: "Page", expect: Expect) -> None:
    """The trend over two weeks; each day's share and what it omitted are below."""
    page.get_by_role("link", name="Match keys").click()
    page.get_by_label("Connection").select_option("shop-web")
    page.get_by_role("button", name="Show").click()
    event = page.get_by_role("article").first
    expect(event.get_by_role("row", name=re.compile("^phone"))).to_contain_text("its country is not known")
    event.get_by_text("By day").click()
    rows = event.get_by_role("region").get_by_role("row")
    expect(rows.nth(1)).to_contain_text("phone: ")
    expect(rows.last).not_to_contain_text("phone: ")


def test_events_are_watched_as_they_end(plant: Plant, page: "Page", client: redis.Redis) -> None:
    """Masked, with TikTok's answer; leaving the page ends the watch."""
    page.get_by_role("link", name="Live", exact=True).click()
    page.get_by_label("TikTok event").fill("completepayment")
    page.wait_for_load_state()
    page.get_by_role("button", name="Watch").click()
    page.get_by_text("watching", exact=True).wait_for()
    row = page.locator("#live-events details", has_text="order-live")
    for number in range(40):
        bought = purchase(1, source_message_id=f"order-live-{number}")
        answer = httpx.post(
            f"{plant.ingest_urls[0]}/v2/events", json=batch(bought), auth=("web-key", "web-secret"), trust_env=False
        )
        answer.raise_for_status()
        page.wait_for_timeout(500)
        if row.count():
            break
    row.first.locator("summary").click()
    row.first.get_by_text("Request id").wait_for()
    assert "user0@shop.example" not in page.content()
    page.goto("/console")
    page.wait_for_function("document.querySelector('h1').textContent.startsWith('Overview')")
    deadline = time.monotonic() + 60
    while client.hlen("live:watches"):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_case_of_each_batch_is_made_run_and_found_wrong(plant: Plant, page: "Page", expect: Expect) -> None:
    """Two batches become two cases in one field; wrong input keeps what was pasted."""
    page.get_by_role("link", name="Try it").click()
    page.get_by_label("mParticle batches").wait_for()
    for box in page.get_by_role("checkbox").all():
        box.set_checked("shop-web" in (box.get_attribute("value") or ""))
    cases = page.get_by_label("Cases", exact=True).and_(page.get_by_role("textbox"))
    for number, name in ((1, "Site Search"), (2, "Else")):
        searched = {
            "event_name": name,
            "source_message_id": f"s-{number}",
            "custom_attributes": {"term": "boots"},
            "custom_flags": {"TikTok.URL": "https://shop.example/"},
        }
        page.get_by_label("mParticle batches").fill(
            as_json(batch({"event_type": "custom_event", "data": searched})).decode()
        )
        page.get_by_role("button", name="Preview").click()
        page.locator("article.result", has_text="Search" if number == 1 else "Unsupported").wait_for()
        page.get_by_role("button", name="Make a case of it").click()
        page.wait_for_function(
            "n => document.querySelector('#case-file').value.split('connection: shop-web').length === n + 1", arg=number
        )
    page.get_by_role("button", name="Run the cases").click()
    page.get_by_text("2 cases: 2 passed, 0 failed").wait_for()
    both = cases.input_value()
    cases.fill(both.replace("event: Search", "event: Serch", 1))
    page.get_by_role("button", name="Run the cases").click()
    page.get_by_text("2 cases: 1 passed, 1 failed").wait_for()
    expect(page.get_by_role("row", name=re.compile("events.0..event"))).to_contain_text("Serch")
    for pasted, words in (
        ("cases:\n  - nmae: x\n", "Did you mean name?"),
        (both + "#" * 200_000, "Pasted cases may have at most 128 KiB"),
        ('{"events": []}', "This is a batch, not a file of cases"),
    ):
        cases.fill(pasted)
        page.get_by_role("button", name="Run the cases").click()
        page.get_by_text(words).wait_for()
        expect(cases).to_have_value(pasted)
