"""A relay of real processes with two weeks behind it, and Chromium: the distribution's, where there is one."""

import shutil
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
import redis
from support.busy import CONFIGURATION, live_two_weeks
from support.console_client import PASSWORD
from support.plant import Plant

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

NOT_RUN = "the console's browser tests were not run: "
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
)


@pytest.fixture(scope="session")
def chromium() -> str:
    """Where Chromium is; skips, saying so, where it or its driver is missing."""
    pytest.importorskip("playwright.sync_api", reason=NOT_RUN + "the driver is missing: pip install -e .[browser]")
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        pytest.skip(NOT_RUN + "no chromium is installed: apt-get install chromium")
    return found


@pytest.fixture(scope="module")
def plant(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plant]:
    """An ingest with its console, a worker, TikTok's stand-in, and what came in two weeks."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RELAY_ADMIN_PASSWORD", PASSWORD)
        with Plant(tmp_path_factory.mktemp("plant"), CONFIGURATION, ingests=1, workers=1) as plant:
            plant.wait_until_ready()
            live_two_weeks(plant)
            yield plant


@pytest.fixture(scope="module")
def browser(chromium: str, plant: Plant) -> Iterator["Browser"]:
    """Chromium. Its driver keeps an event loop running, so it is started last and ended with the module."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def client(plant: Plant) -> Iterator[redis.Redis]:
    """What Redis has."""
    with plant.client() as client:
        yield client


@pytest.fixture
def context_of(plant: Plant, browser: "Browser") -> Iterator[Callable[..., "BrowserContext"]]:
    """context_of(**options): a browser window of somebody, at the console."""
    opened: list[BrowserContext] = []

    def context_of(**options: Any) -> "BrowserContext":
        context = browser.new_context(
            **{"base_url": plant.ingest_urls[0], "viewport": {"width": 1280, "height": 900}, **options}
        )
        context.set_default_timeout(10_000)
        opened.append(context)
        return context

    yield context_of
    for context in opened:
        context.close()


@pytest.fixture
def page(context_of: Callable[..., "BrowserContext"]) -> Iterator["Page"]:
    """A page of somebody who is signed in; whatever the browser complains of fails the test."""
    page = context_of().new_page()
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    sign_in(page)
    yield page
    assert complaints == []


def sign_in(page: "Page") -> None:
    """Through the door, by keyboard."""
    page.goto("/console")
    page.get_by_label("Password").press_sequentially(PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Overview").wait_for()
