"""What holds on every page: phone width, light and dark, keyboard, no scripts, protection from other sites."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
import redis
from support.console_client import PASSWORD
from support.plant import Plant

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

ContextOf = Callable[..., "BrowserContext"]
PAGES = (
    *("/console/trace?ids=order-1%0Anever", "/console/match-keys", "/console/live"),
    *("/console", "/console/dead-letters", "/console/try?sample=purchase", "/console/configuration"),
)


def signed_in(context: "BrowserContext") -> "Page":
    """Return a page that is signed in."""
    page = context.new_page()
    page.goto("/console")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Overview").wait_for()
    return page


def every_page(page: "Page") -> list[str]:
    """Return the paths of PAGES, of a day and of a dead letter."""
    page.goto("/console")
    day = page.locator("table.days a").first.get_attribute("href")
    page.goto("/console/dead-letters")
    dead_letter = page.locator("table.dead-letters a").first.get_attribute("href")
    return [*PAGES, day or "", dead_letter or ""]


def test_at_360_pixels_nothing_is_wider_than_the_window(context_of: ContextOf) -> None:
    """No page scrolls sideways."""
    page = signed_in(context_of(viewport={"width": 360, "height": 780}, has_touch=True))
    for path in every_page(page):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, path


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_enough_contrast(context_of: ContextOf, scheme: str) -> None:
    """The contrast is 4.5 to 1, or 3 to 1 for large text, as WCAG requires, in both colour schemes."""
    page = signed_in(context_of(color_scheme=scheme))
    for path in every_page(page):
        page.goto(path)
        assert page.evaluate(LOW_CONTRAST) == [], path


def test_every_field_has_a_label_and_tab_starts_with_the_skip_link(context_of: ContextOf) -> None:
    """Fields have labels; the first stop of Tab is the link that skips the bar."""
    page = signed_in(context_of())
    for path in every_page(page):
        page.goto(path)
        assert page.evaluate(WITHOUT_LABEL) == [], path
        page.keyboard.press("Tab")
        if not page.evaluate("document.activeElement.matches('textarea,input')"):
            assert page.evaluate("document.activeElement.textContent") == "Skip to the content", path


def test_the_console_works_without_scripts(context_of: ContextOf, expect: Callable[..., Any]) -> None:
    """Preview and replay work as plain forms."""
    page = signed_in(context_of(java_script_enabled=False))
    page.goto("/console/try?sample=purchase")
    page.get_by_role("button", name="Preview").click()
    expect(page.locator("article.result")).to_have_count(3)
    page.goto("/console/dead-letters?connection=shop-web&reason=invalid_value")
    page.locator("table.dead-letters a").first.click()
    page.get_by_role("button", name="Replay", exact=True).click()
    page.get_by_text("1 of 1 replayed").wait_for()


def test_a_form_of_another_site_does_nothing(plant: Plant, context_of: ContextOf, client: redis.Redis) -> None:
    """The browser sends the cookie, because another port is the same site; the console checks the origin."""
    page = signed_in(context_of())
    console = plant.ingest_urls[0]
    before = client.hlen("dead_letters:shop-web")
    page.goto(f"{plant.sandbox.url}/_sandbox/fault")
    statuses: list[Any] = []
    page.on("response", lambda answer: statuses.append(answer.status))
    page.evaluate(
        """action => {
            const form = document.body.appendChild(document.createElement('form'));
            form.method = 'post'; form.action = action;
            const sure = form.appendChild(document.createElement('input')); sure.name = 'sure'; sure.value = '1';
            form.submit();
        }""",
        f"{console}/console/dead-letters/discard",
    )
    page.get_by_text("Another site sent this form").wait_for()
    assert statuses[0] == 403
    assert client.hlen("dead_letters:shop-web") == before


def test_no_page_can_be_framed_and_no_inline_script_runs(plant: Plant, context_of: ContextOf) -> None:
    """The browser enforces the content security policy."""
    page = signed_in(context_of())
    has_run = page.evaluate(
        """() => {
            const script = document.createElement('script'); script.textContent = 'window.ran = true';
            document.body.append(script); return window.ran === true;
        }"""
    )
    assert has_run is False
    page.goto(f"{plant.sandbox.url}/_sandbox/fault")
    page.evaluate(
        """url => new Promise(done => {
            const frame = document.createElement('iframe'); frame.src = url; frame.onload = done;
            document.body.append(frame);
        })""",
        f"{plant.ingest_urls[0]}/console/login",
    )
    assert all("Password" not in frame.content() for frame in page.frames[1:])


WITHOUT_LABEL = """() => [...document.querySelectorAll('input:not([type=hidden]), select, textarea')]
  .filter(field => !field.labels.length).map(field => field.outerHTML)"""
LOW_CONTRAST = """() => {
  const channels = colour => colour.match(/[\\d.]+/g).map(Number);
  const luminance = ([r, g, b]) => [r, g, b].map(v => v / 255)
    .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, index) => sum + v * [0.2126, 0.7152, 0.0722][index], 0);
  const background = element => {
    for (let at = element; at; at = at.parentElement) {
      const colour = channels(getComputedStyle(at).backgroundColor);
      if (colour.length < 4 || colour[3] > 0) return colour;
    }
    return [255, 255, 255];
  };
  const found = [];
  for (const element of document.querySelectorAll('body *')) {
    const texts = [...element.childNodes].filter(node => node.nodeType === 3 && node.textContent.trim());
    if (!texts.length || !element.checkVisibility() || element.closest('.hide, .skip, option')) continue;
    const style = getComputedStyle(element);
    const [a, b] = [luminance(channels(style.color)), luminance(background(element))].sort((x, y) => y - x);
    const large = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && style.fontWeight >= 700);
    if ((a + 0.05) / (b + 0.05) < (large ? 3 : 4.5))
      found.push(`${texts[0].textContent.trim()} ${((a + 0.05) / (b + 0.05)).toFixed(2)}`);
  }
  return found;
}"""
