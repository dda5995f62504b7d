"""Forms that change something wait for the replicas, or say that a failover could undo it or has undone it."""

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import pytest
from support.bench import Bench
from support.console_client import ConsoleClient, visible_text
from support.events import batch, purchase
from support.failover import fail_over_before_replicas_confirm, lose_the_primary_once_a_change_begins
from support.nodes import Nodes
from support.proxies import Proxy

from config.secrets import Keyring
from console.app import PAGES, READ_ONLY
from sandbox.client import SandboxClient

BAD = purchase(1, custom_flags={"TikTok.URL": "www.shop.com/x"})
GOOD = {"path": "custom_flags.TikTok.URL", "value": "https://shop.example/", "anyway": "1"}
FORMS: dict[str, dict[str, str]] = {
    "/console/connections/{id}/pause": {},
    "/console/connections/{id}/resume": {},
    "/console/dead-letters/replay": {"late": "send"},
    "/console/dead-letters/discard": {"sure": "1"},
    "/console/dead-letters/export": {},
    "/console/dead-letters/{id}": {},
    "/console/dead-letters/{id}/edit": {},
    "/console/dead-letters/{id}/save": GOOD,
    "/console/logout": {},
}
"""Every form that changes something in Redis, and what it says."""
FILES = ("/console/try/case", "/console/try/cases")
"""Forms that change files."""
UNDOING = ("/console/connections/{id}/pause", "/console/dead-letters/replay", "/console/dead-letters/discard")


@pytest.fixture
def name(nodes: Nodes) -> Proxy:
    """A name for the primary, which may come to lead to the replica."""
    return nodes.proxy(nodes.nodes[0].port)


@pytest.fixture
def operator(
    name: Proxy,
    bench: Bench,
    sandbox: SandboxClient,
    open_console: Callable[..., AbstractContextManager[str]],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[ConsoleClient]:
    """A client that has signed in; there is a dead letter, and RELAY_REPLICAS is 1."""
    key, address = Keyring.new_key(), f"redis://127.0.0.1:{name.port}/0"
    monkeypatch.setenv("RELAY_ENCRYPTION_KEY", key)
    own = Bench(bench.path, address, sandbox)
    own.put([BAD], shared=batch())
    own.drain()
    with open_console(redis_url=address, replicas=1, encryption_key=key) as url:
        client = ConsoleClient(url)
        client.sign_in()
        own.redis.wait(1, 60_000)
        yield client
        client.close()
    own.close()


def send(operator: ConsoleClient, form: str) -> tuple[int, str]:
    """Send one form; return the status of the answer and what is to be read on it."""
    fields: dict[str, Any] = dict(FORMS[form])
    if "/dead-letters/{id}" in form:
        [letter] = set(
            re.findall(r"/console/dead-letters/([0-9a-z:_-]{8,})", operator.get("/console/dead-letters").text)
        )
        page = operator.get(f"/console/dead-letters/{letter}").text
        fields["read"] = re.findall(r'name="read" value="([0-9a-f]+)"', page)[0]
        form = form.replace("{id}", letter)
    answer = operator.post(form.replace("{id}", "shop"), **fields)
    return answer.status_code, visible_text(answer)


def test_every_form_is_here() -> None:
    """Those that change nothing are named, too."""
    forms = {path for method, path, page in PAGES if method == "POST" and page not in READ_ONLY}
    assert forms == {*FORMS, *FILES}


@pytest.mark.parametrize("form", FORMS)
def test_a_form_waits_for_the_replicas(form: str, operator: ConsoleClient, nodes: Nodes) -> None:
    """The replica has what the form did when the answer comes."""
    status, text = send(operator, form)
    assert status in (200, 303), text
    first, second = (node.client.dbsize() for node in nodes.nodes)
    assert first == second


@pytest.mark.parametrize("form", FORMS)
def test_a_form_that_no_replica_confirms_says_so(form: str, operator: ConsoleClient, nodes: Nodes) -> None:
    """It is done on the primary."""
    nodes.nodes[1].freeze()
    status, text = send(operator, form)
    assert (status, "Done, but not confirmed" in text, "a failover could undo it" in text) == (503, True, True), text


@pytest.mark.parametrize("form", UNDOING)
def test_a_form_that_a_failover_undid_says_so(
    form: str, operator: ConsoleClient, nodes: Nodes, name: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The new primary has nothing of it; sent again, it is done there."""
    primary, replica = nodes.nodes
    fail_over_before_replicas_confirm(monkeypatch, nodes, name)
    primary.proxy.hold(f"replica:{replica.port}")
    status, text = send(operator, form)
    assert (status, "Run this again" in text) == (503, True), text
    status, text = send(operator, form)
    assert (status, "0 of 1 replicas confirmed it" in text) == (503, True), text
    paused = replica.client.hget("connection:shop", "state") == b"paused"
    assert paused if form.endswith("pause") else replica.client.hlen("dead_letters:shop") == 0


@pytest.mark.parametrize("form", UNDOING)
def test_a_form_that_redis_left_says_that_it_may_be_done(
    form: str, operator: ConsoleClient, nodes: Nodes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The primary is lost while the page works, and nothing takes over."""
    lose_the_primary_once_a_change_begins(monkeypatch, nodes)
    status, text = send(operator, form)
    assert (status, "Redis went away meanwhile" in text) == (503, True), text
    assert "This may be done, in part or not at all." in text
