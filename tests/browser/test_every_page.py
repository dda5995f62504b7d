"""What holds on every page: at phone width, in light and dark, by keyboard, without scripts, against other sites."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
import redis
from support.console_client import PASSWORD
from support.plant import Plant

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

ContextOf = Callable[..., "BrowserContext"]
PAGES = ("/console", "/console/dead-letters", "/console/try?sample=purchase", "/console/configuration")


def signed_in(context: "BrowserContext") -> "Page":
    """A page of somebody who is."""
    page = context.new_page()
    page.goto("/console")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Overview").wait_for()
    return page


def every_page(page: "Page") -> list[str]:
    """The pages above, a day, a letter, and its editor."""
    page.goto("/console")
    day = page.locator("table.days a").first.get_attribute("href")
    page.goto("/console/dead-letters")
    letter = page.locator("table.dead-letters a").first.get_attribute("href")
    return [*PAGES, day or "", letter or ""]


def test_at_360_pixels_nothing_is_wider_than_the_window(context_of: ContextOf) -> None:
    """Nobody scrolls sideways."""
    page = signed_in(context_of(viewport={"width": 360, "height": 780}, has_touch=True))
    for path in every_page(page):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, path


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_ground(context_of: ContextOf, scheme: str) -> None:
    """4.5 to 1, or 3 to 1 where it is large, as WCAG asks, on every page, whatever colours the system has."""
    page = signed_in(context_of(color_scheme=scheme))
    for path in every_page(page):
        page.goto(path)
        assert page.evaluate(FAINT) == [], path


def test_everything_has_a_name_and_is_reached_by_keyboard(context_of: ContextOf) -> None:
    """Fields have labels, buttons have words; the first stop of Tab leads past the bar."""
    page = signed_in(context_of())
    for path in every_page(page):
        page.goto(path)
        nameless = (
            "[...document.querySelectorAll('input:not([type=hidden]),select,textarea')].filter(e=>!e.labels.length)"
        )
        assert page.evaluate(f"{nameless}.map(e=>e.outerHTML)") == [], path
        page.keyboard.press("Tab")
        if not page.evaluate("document.activeElement.matches('textarea,input')"):
            assert page.evaluate("document.activeElement.textContent") == "Skip to the page", path


def test_without_scripts_one_can_do_the_same(context_of: ContextOf, client: redis.Redis) -> None:
    """Forms are forms."""
    page = signed_in(context_of(java_script_enabled=False))
    page.goto("/console/try?sample=purchase")
    page.get_by_role("button", name="See what it becomes").click()
    assert page.locator("article.result").count() == 3
    page.goto("/console/dead-letters?connection=shop-web&reason=invalid_value")
    page.locator("table.dead-letters a").first.click()
    page.get_by_role("button", name="Send again", exact=True).click()
    page.get_by_text("1 of 1 sent again").wait_for()


def test_a_form_of_another_site_does_nothing(plant: Plant, context_of: ContextOf, client: redis.Redis) -> None:
    """Though the browser may send the cookie along, for a port does not make another site: the console asks whence."""
    page = signed_in(context_of())
    console = plant.ingest_urls[0]
    before = client.hlen("dead_letters:shop-web")
    page.goto(f"{plant.sandbox.url}/_sandbox/fault")
    sent: list[Any] = []
    page.on("response", lambda answer: sent.append(answer.status))
    page.evaluate(
        """action => {
            const form = document.body.appendChild(document.createElement('form'));
            form.method = 'post'; form.action = action;
            const sure = form.appendChild(document.createElement('input')); sure.name = 'sure'; sure.value = '1';
            form.submit();
        }""",
        f"{console}/console/dead-letters/discard",
    )
    page.get_by_text("This was sent by another site").wait_for()
    assert sent[0] == 403
    assert client.hlen("dead_letters:shop-web") == before


def test_no_page_can_be_framed_and_no_inline_script_runs(plant: Plant, context_of: ContextOf) -> None:
    """By the policy that the browser keeps."""
    page = signed_in(context_of())
    ran = page.evaluate(
        """() => {
            const script = document.createElement('script'); script.textContent = 'window.ran = true';
            document.body.append(script); return window.ran === true;
        }"""
    )
    assert ran is False
    page.goto(f"{plant.sandbox.url}/_sandbox/fault")
    page.evaluate(
        """url => new Promise(done => {
            const frame = document.createElement('iframe'); frame.src = url; frame.onload = done;
            document.body.append(frame);
        })""",
        f"{plant.ingest_urls[0]}/console/login",
    )
    assert all("Password" not in frame.content() for frame in page.frames[1:])


NAMELESS = """() => [...document.querySelectorAll('input:not([type=hidden]), select, textarea')]
  .filter(field => !field.labels.length).map(field => field.outerHTML)"""
FAINT = """() => {
  const channels = colour => colour.match(/[\\d.]+/g).map(Number);
  const bright = ([r, g, b]) => [r, g, b].map(v => v / 255)
    .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, place) => sum + v * [0.2126, 0.7152, 0.0722][place], 0);
  const ground = element => {
    for (let at = element; at; at = at.parentElement) {
      const colour = channels(getComputedStyle(at).backgroundColor);
      if (colour.length < 4 || colour[3] > 0) return colour;
    }
    return [255, 255, 255];
  };
  const faint = [];
  for (const element of document.querySelectorAll('body *')) {
    const words = [...element.childNodes].filter(node => node.nodeType === 3 && node.textContent.trim());
    if (!words.length || !element.checkVisibility() || element.closest('.hide, .skip, option')) continue;
    const style = getComputedStyle(element);
    const [a, b] = [bright(channels(style.color)), bright(ground(element))].sort((x, y) => y - x);
    const large = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && style.fontWeight >= 700);
    if ((a + 0.05) / (b + 0.05) < (large ? 3 : 4.5))
      faint.push(`${words[0].textContent.trim()} ${((a + 0.05) / (b + 0.05)).toFixed(2)}`);
  }
  return faint;
}"""
