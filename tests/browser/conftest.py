"""Fixtures of browser tests: a relay of real processes with two weeks of events, and an installed Chromium."""

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
    """Return the path of Chromium; skip the test with a reason if Chromium or its driver is missing."""
    pytest.importorskip("playwright.sync_api", reason=NOT_RUN + "the driver is missing: pip install -e .[browser]")
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        pytest.skip(NOT_RUN + "no chromium is installed: apt-get install chromium")
    return path


@pytest.fixture(scope="module")
def plant(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plant]:
    """Give an ingest with its console, a worker, the sandbox, and the events of two weeks."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RELAY_ADMIN_PASSWORD", PASSWORD)
        with Plant(tmp_path_factory.mktemp("plant"), CONFIGURATION, ingests=1, workers=1) as plant:
            plant.wait_until_ready()
            live_two_weeks(plant)
            yield plant


@pytest.fixture(scope="module")
def browser(chromium: str, plant: Plant) -> Iterator["Browser"]:
    """Give Chromium. Its driver keeps an event loop running, so it starts last and ends with the module."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def expect(browser: "Browser") -> Callable[..., Any]:
    """Return expect(locator) of the driver, whose assertions wait until the page shows what is expected."""
    from playwright.sync_api import expect

    expect.set_options(timeout=60_000)
    return expect


@pytest.fixture
def client(plant: Plant) -> Iterator[redis.Redis]:
    """Give a client of Redis."""
    with plant.client() as client:
        yield client


@pytest.fixture
def context_of(plant: Plant, browser: "Browser") -> Iterator[Callable[..., "BrowserContext"]]:
    """Return context_of(**options), which opens a browser window for the console."""
    opened: list[BrowserContext] = []

    def context_of(**options: Any) -> "BrowserContext":
        context = browser.new_context(
            **{"base_url": plant.ingest_urls[0], "viewport": {"width": 1280, "height": 900}, **options}
        )
        context.set_default_timeout(60_000)
        opened.append(context)
        return context

    yield context_of
    for context in opened:
        context.close()


@pytest.fixture
def page(context_of: Callable[..., "BrowserContext"]) -> Iterator["Page"]:
    """Give a page that is signed in. The test fails if the browser logs an error or a warning."""
    page = context_of().new_page()
    messages: list[str] = []
    page.on("console", lambda message: messages.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: messages.append(str(error)))
    sign_in(page)
    yield page
    assert messages == []


def sign_in(page: "Page") -> None:
    """Sign in by keyboard."""
    page.goto("/console")
    page.get_by_label("Password").press_sequentially(PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Overview").wait_for()
