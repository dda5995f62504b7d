"""Operators at the console delay no sender; test_commands.py has the command line."""

import json
import statistics
import threading

import httpx
import pytest
from support.attack import SHORT, Start
from support.console_client import PASSWORD, ConsoleClient
from support.events import batch, purchase
from support.sender import answers_in, summary

SECONDS = 8 if SHORT else 30
BAD = {"TikTok.URL": "www.shop.example/x"}
ROW = """  - id: c{n}
    inputs: [web]
    access_token: token
    event_source_id: PIXEL{n}
    native_events: {{purchase: CompletePayment}}
"""
FILE = "inputs:\n  - {id: web, platform: web, api_key: k, api_secret: s}\nconnections:\n" + "".join(
    ROW.format(n=n) for n in range(700)
)


@pytest.mark.parametrize(
    "page",
    [
        pytest.param("a large configuration file", marks=pytest.mark.long),
        pytest.param("large batches", marks=pytest.mark.long),
        "dead letters",
    ],
)
def test_pages_do_not_delay_senders(attacked: Start, page: str) -> None:
    """Two operators request pages that take seconds, without pause: the median answer takes at most 50 ms longer."""
    with attacked(environment={"RELAY_ADMIN_PASSWORD": PASSWORD}, maxmemory="256mb") as relay:
        console = ConsoleClient(relay.url)
        console.http.timeout = httpx.Timeout(120)
        console.sign_in()
        fields = {
            "a large configuration file": ("/console/configuration", {"file": FILE}),
            "large batches": ("/console/try", {"batches": _batches()}),
            "dead letters": ("/console/dead-letters", {}),
        }
        if page == "dead letters":
            with httpx.Client(auth=("key", "secret"), trust_env=False, timeout=60) as http:
                for number in range(40):
                    events = [purchase(number * 100 + n, custom_flags=BAD) for n in range(100)]
                    http.post(relay.url + "/v2/events", json=batch(*events))
        alone = answers_in(relay, SECONDS / 2)
        path, form = fields[page]
        over, pages = threading.Event(), []

        def request_pages() -> None:
            while not over.is_set():
                answer = console.post(path, **form) if form else console.get(path)
                pages.append(answer.status_code)

        operators = [threading.Thread(target=request_pages, daemon=True) for _ in range(2)]
        for operator in operators:
            operator.start()
        beside = answers_in(relay, SECONDS)
        over.set()
        for operator in operators:
            operator.join(120)
        console.close()
        relay.figure("pages", len(pages))
        relay.figure("answers alone, ms", summary(alone))
        relay.figure("answers beside, ms", summary(beside))
        assert set(pages) <= {200, 409}
        assert statistics.median(beside) < statistics.median(alone) + 50


def _batches() -> str:
    return json.dumps([batch(*[purchase(n) for n in range(50)]) for _ in range(20)])
