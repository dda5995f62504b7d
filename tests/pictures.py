"""Take the screenshots of the console in docs/, of a relay with two weeks of events, in a real browser.

Run `python tests/pictures.py` with the extra `browser` installed. The fonts are those of the machine.
"""

import os
import random
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Browser, Page, sync_playwright
from support.busy import CONFIGURATION, live_two_weeks, shop_event
from support.console_client import PASSWORD
from support.events import batch
from support.plant import Plant

DOCS = Path(__file__).parent.parent / "docs"
WIDE: dict[str, Any] = {"viewport": {"width": 1200, "height": 820}}
PHONE: dict[str, Any] = {"viewport": {"width": 360, "height": 760}, "has_touch": True, "device_scale_factor": 2}


def signed_in(browser: Browser, url: str, **options: Any) -> Page:
    """Return a page that is signed in."""
    page = browser.new_context(base_url=url, **options).new_page()
    page.goto("/console")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Overview").wait_for()
    return page


def take(browser: Browser, url: str) -> None:
    """Take all screenshots."""
    light, dark = signed_in(browser, url, **WIDE), signed_in(browser, url, color_scheme="dark", **WIDE)
    light.set_viewport_size({"width": 1200, "height": 1080})
    light.screenshot(path=DOCS / "console-overview.png")
    light.set_viewport_size(WIDE["viewport"])
    dark.goto("/console/dead-letters?connection=shop-web&reason=invalid_url")
    dark.locator("table.dead-letters a").first.click()
    dark.get_by_label("Value").fill("https://shop.example/thanks")
    dark.get_by_text("Would be sent as").wait_for()
    dark.set_viewport_size({"width": 1200, "height": 960})
    dark.evaluate("scrollTo(0, 0)")
    dark.screenshot(path=DOCS / "console-dead-letter.png")
    light.goto("/console/dead-letters")
    light.screenshot(path=DOCS / "console-dead-letters.png")
    light.goto("/console/try?sample=basket")
    light.get_by_role("button", name="Preview").click()
    light.locator("article.result").first.wait_for()
    light.screenshot(path=DOCS / "console-try.png")
    take_evidence(light, dark, url)
    phone = signed_in(browser, url, **PHONE)
    phone.screenshot(path=DOCS / "console-phone.png")


def take_evidence(light: Page, dark: Page, url: str) -> None:
    """Take the screenshots of trace, match keys and live."""
    light.goto("/console/dead-letters?connection=shop-web&reason=invalid_ttclid")
    event_id = light.locator("table.dead-letters .id").first.inner_text()
    light.goto(f"/console/trace?ids={event_id}%0Aorder-1%0Aorder-99999999")
    light.screenshot(path=DOCS / "console-trace.png")
    light.goto("/console/match-keys?connection=shop-web&days=14")
    light.screenshot(path=DOCS / "console-match-keys.png")
    dark.goto("/console/live")
    dark.get_by_text("watching", exact=True).wait_for()
    chance = random.Random(3)
    while dark.locator("#live-events details").count() < 14:
        events = [shop_event(5_000_000 + chance.randrange(10**6), chance) for _ in range(3)]
        auth = ("web-key", "web-secret")
        httpx.post(f"{url}/v2/events", json={**batch(user=1), "events": events}, auth=auth).raise_for_status()
        dark.wait_for_timeout(700)
    dark.get_by_role("button", name="Hold").click()
    dark.locator("#live-events details", has_text="delivered").first.locator("summary").click()
    dark.set_viewport_size({"width": 1200, "height": 960})
    dark.evaluate("scrollTo(0, 0)")
    dark.screenshot(path=DOCS / "console-live.png")


def main() -> None:
    """Start relay, send the events of two weeks, and take the screenshots."""
    os.environ["RELAY_ADMIN_PASSWORD"] = PASSWORD
    chromium = shutil.which("chromium") or sys.exit("no chromium is installed: apt-get install chromium")
    with (
        tempfile.TemporaryDirectory() as directory,
        Plant(Path(directory), CONFIGURATION, ingests=1, workers=1) as plant,
    ):
        plant.wait_until_ready()
        live_two_weeks(plant, 2.0)
        plant.sandbox.wait_for(lambda summary: summary["distinct"] > 10_000)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=["--headless", "--no-sandbox"])
            take(browser, plant.ingest_urls[0])
            browser.close()


if __name__ == "__main__":
    main()
