"""Try it makes cases of pasted batches and runs pasted ones; it reads no file and stores nothing."""

import html
import re

from support.bench import Bench
from support.console_client import ConsoleClient, visible_text
from support.events import as_json, batch, purchase

from console.pages.configuration import LARGEST_FILE
from operations.cases.reading import cases_of

PAIR = "web shop"
BATCH = as_json(batch(purchase(1), {"event_type": "screen_view", "data": {}})).decode()
CASE = """\
cases:
  - name: nothing is sent
    connection: shop
    batch: {events: []}
    expect: {events: []}
"""


def case_in(page: str) -> str:
    """The text of the page's field for cases."""
    found = re.search(r'<textarea id="case-file"[^>]*>(.*?)</textarea>', page, re.DOTALL)
    assert found
    return html.unescape(found[1])


def test_a_case_of_the_pasted_batch_is_made_and_passes(bench: Bench, operator: ConsoleClient) -> None:
    """For the chosen connection, without the person."""
    before = bench.redis.dbsize()
    assert "Make a case of it" in operator.post("/console/try", part=True, batches=BATCH, pair=PAIR).text
    saved = case_in(operator.post("/console/try/case", part=True, batches=BATCH, pair=PAIR, to=PAIR).text)
    assert "user0@shop.example" not in saved
    assert "person-1@shop.example" in saved
    assert "1 case: 1 passed, 0 failed" in visible_text(operator.post("/console/try/cases", part=True, cases=saved))
    (case,) = cases_of(saved.encode(), "made.yaml")
    assert (case.connection, case.input) == ("shop", "web")
    assert bench.redis.dbsize() == before
    assert not bench.sandbox.events()


def test_a_case_that_fails_shows_where(operator: ConsoleClient) -> None:
    """Both sides, and the case stays in the form; without htmx it is the whole page."""
    wrong = CASE.replace("events: [], ", "").replace("expect: {events: []}", "expect: {events: [{event: <Purchase>}]}")
    for part in (True, False):
        page = operator.post("/console/try/cases", part=part, cases=wrong)
        text = visible_text(page)
        assert "1 case: 0 passed, 1 failed" in text
        assert "events 1: <Purchase> none" in text
        assert "<Purchase>" not in page.text
        assert case_in(page.text).strip() == wrong.strip()
        assert ("mParticle batches" in text) is not part


def test_bad_cases_are_refused_in_sentences(operator: ConsoleClient) -> None:
    """With their lines; no file of the server is read; a large paste is refused unread."""
    for pasted, words in (
        (CASE.replace("expect", "expct"), "the pasted cases:5: expct is no setting of a case"),
        (
            CASE.replace("{events: []}\n    exp", "/etc/passwd\n    exp"),
            "pasted cases can read none: write the batch out",
        ),
        ("#" * (LARGEST_FILE + 1), "Pasted cases may have at most 128 KiB"),
        ("", "is empty: a minimal file is"),
    ):
        assert words in visible_text(operator.post("/console/try/cases", part=True, cases=pasted))


def test_what_is_no_batch_makes_no_case(operator: ConsoleClient) -> None:
    """Nor does a connection that does not exist."""
    refused = operator.post("/console/try/case", part=True, batches="{", pair=PAIR, to=PAIR)
    assert "What you pasted is not JSON" in visible_text(refused)
    assert "Ingest would refuse it" in visible_text(
        operator.post("/console/try/case", part=True, batches='{"events": 7}', pair=PAIR, to=PAIR)
    )
    assert operator.post("/console/try/case", part=True, batches=BATCH, pair=PAIR, to="web other").status_code == 404


def test_a_made_case_is_added_to_the_pasted_ones(operator: ConsoleClient) -> None:
    """However the list is indented; the pasted ones stay when it cannot be added, or no case can be made."""
    made = {"part": True, "batches": BATCH, "pair": PAIR, "to": PAIR}
    for pasted in (CASE, CASE.replace("\n  ", "\n"), case_in(operator.post("/console/try/case", **made).text)):
        both = case_in(operator.post("/console/try/case", **made, cases=pasted).text)
        first, second = cases_of(both.encode(), "both.yaml")
        assert (first.line, second.connection) == (2, "shop")
        assert both.startswith(pasted.rstrip())
    for batches, cases in (("{", CASE), (BATCH, "cases: [{name: x}]\n"), (BATCH, "cases:\n  - nmae: x\n")):
        refused = operator.post("/console/try/case", **{**made, "batches": batches}, cases=cases)
        assert 'role="alert"' in refused.text
        assert case_in(refused.text).strip() == cases.strip()


def test_what_is_pasted_into_the_wrong_field_is_said_so(operator: ConsoleClient) -> None:
    """A batch under cases, and cases under batches."""
    for pasted in (BATCH, f"[{BATCH}]"):
        refused = operator.post("/console/try/cases", part=True, cases=pasted)
        assert "This is a batch, not a file of cases." in visible_text(refused)
        assert case_in(refused.text).strip() == pasted
    refused = operator.post("/console/try", part=True, batches=CASE, pair=PAIR)
    assert "This is a file of cases, not a batch: paste it under Cases" in visible_text(refused)
