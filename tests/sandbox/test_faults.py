"""Faults of the sandbox: what a client sees, and whether the events were accepted."""

import socket
import threading
from collections.abc import Iterator
from typing import Any, get_args

import httpx
import pytest

from sandbox.client import SandboxClient, running_sandbox
from sandbox.fault_answers import AFTERWARDS, INSTEAD
from sandbox.faults import Mode
from sandbox.rules import LEGACY, TRACK

PAGE = {"url": "https://demo.mywebsite.com/purchase"}


@pytest.fixture(scope="module")
def server() -> Iterator[SandboxClient]:
    with running_sandbox() as client:
        yield client


@pytest.fixture
def sandbox(server: SandboxClient) -> SandboxClient:
    server.clear()
    server.clear_faults()
    return server


@pytest.fixture
def http(sandbox: SandboxClient) -> Iterator[httpx.Client]:
    headers = {"Access-Token": "token"}
    with httpx.Client(base_url=sandbox.url, headers=headers, trust_env=False, timeout=0.5) as client:
        yield client


def events(*ids: str) -> dict[str, Any]:
    """Return an event/track request of events with these ids."""
    data = [{"event": "Search", "event_time": 1704721970, "event_id": event_id, "page": PAGE} for event_id in ids]
    return {"event_source": "web", "event_source_id": "pixel", "data": data}


def outcome(http: httpx.Client, body: dict[str, Any]) -> str:
    """Return what the client sees: `200 code`, `503 -` without a code, or the error."""
    try:
        answer = http.post(TRACK.path, json=body)
    except httpx.TransportError as error:
        return type(error).__name__
    try:
        return f"{answer.status_code} {answer.json()['code']}"
    except ValueError:
        return f"{answer.status_code} -"


OUTCOMES: dict[Mode, tuple[str, int]] = {
    "http_503": ("503 -", 0),
    "http_429": ("429 -", 0),
    "http": ("500 -", 0),
    "code": ("200 40002", 0),
    "throttle_40100": ("200 40100", 0),
    "error_50000": ("200 50000", 0),
    "refuse_token": ("200 40105", 0),
    "refuse_event": ("200 40002", 0),
    "partial_20001": ("200 20001", 1),
    "partial_20001_no_list": ("200 20001", 2),
    "garbage": ("200 -", 0),
    "hang": ("ReadTimeout", 0),
    "slow": ("200 0", 2),
    "reset": ("ReadError", 0),
    "take_then_reset": ("ReadError", 2),
    "take_then_hang": ("ReadTimeout", 2),
    "take_then_503": ("503 -", 2),
}


@pytest.mark.parametrize("mode", get_args(Mode))
def test_each_fault_as_a_client_sees_it(sandbox: SandboxClient, http: httpx.Client, mode: Mode) -> None:
    """The answer, how many of two events were accepted, and the count of the fault."""
    seen, taken = OUTCOMES[mode]
    sandbox.fault(mode, **({"seconds": 0.01} if mode == "slow" else {}))
    assert outcome(http, events("a", "b")) == seen
    summary = sandbox.summary()
    assert (summary["events"], summary["faults"]) == (taken, {mode: 1})


def test_every_mode_is_handled() -> None:
    """Each mode answers instead of judging, after accepting, or changes the judging or the delay."""
    assert {*INSTEAD, *AFTERWARDS, "slow", "refuse_event"} == set(get_args(Mode))


@pytest.mark.parametrize("mode", ["reset", "take_then_reset"])
def test_a_reset_is_a_tcp_reset(sandbox: SandboxClient, mode: str) -> None:
    """RST, not an orderly end."""
    sandbox.fault(mode)
    host, _, port = sandbox.url.removeprefix("http://").partition(":")
    body = httpx.Request("POST", "http://x", json=events("a")).content.decode()
    head = f"POST {TRACK.path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {len(body)}\r\nAccess-Token: t\r\n"
    request = f"{head}Content-Type: application/json\r\n\r\n{body}"
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        connection.sendall(request.encode())
        with pytest.raises(ConnectionResetError):
            connection.recv(1)


def test_a_partial_success_names_the_failed_events(sandbox: SandboxClient, http: httpx.Client) -> None:
    """Positions count from 0; the other events are accepted."""
    sandbox.fault("partial_20001", event_id=["b", "d"])
    answer = http.post(TRACK.path, json=events("a", "b", "c", "d")).json()
    assert answer["data"]["partial_failure"] is True
    assert [failed["order_in_batch"] for failed in answer["data"]["failed_events"]] == [1, 3]
    assert [event["event_id"] for event in sandbox.events()] == ["a", "c"]


def test_a_refused_event_refuses_its_request_only(sandbox: SandboxClient, http: httpx.Client) -> None:
    """So splitting the request finds it."""
    sandbox.fault("refuse_event", event_id="b")
    assert outcome(http, events("a", "b", "c")) == "200 40002"
    assert outcome(http, events("a", "c")) == "200 0"
    assert outcome(http, events("b")) == "200 40002"


def test_pixel_batch_says_which_event_was_refused(sandbox: SandboxClient, http: httpx.Client) -> None:
    """As the legacy API does."""
    sandbox.fault("refuse_event", event_id="b")
    batch = [{"type": "track", "event": "Search", "event_id": i, "context": {"page": PAGE}} for i in "ab"]
    answer = http.post(LEGACY.path, json={"pixel_code": "pixel", "batch": batch}).json()
    assert answer["message"] == "Batch.1.event_id: Refused on demand"


def test_bad_events_stay_bad(sandbox: SandboxClient, http: httpx.Client) -> None:
    """With a probability instead of an id, the same events are refused each time, so a split ends."""
    ids = [f"e{n}" for n in range(40)]
    sandbox.fault("refuse_event", probability=0.2, seed=1)
    bad = {i for i in ids if outcome(http, events(i)) != "200 0"}
    assert 0 < len(bad) < 20
    assert {i for i in ids if outcome(http, events(i)) != "200 0"} == bad
    assert outcome(http, events(*ids)) == "200 40002"
    assert outcome(http, events(*(i for i in ids if i not in bad))) == "200 0"


@pytest.mark.parametrize(
    ("settings", "struck", "spared"),
    [
        pytest.param({"event_id": "b"}, ("a", "b"), ("a", "c"), id="event_id"),
        pytest.param({"event_id": ["b", "x"]}, ("b",), ("a",), id="several event ids"),
    ],
)
def test_a_filter_spares_other_events(
    sandbox: SandboxClient, http: httpx.Client, settings: Any, struck: tuple[str, ...], spared: tuple[str, ...]
) -> None:
    """An event on which TikTok always answers 5xx."""
    sandbox.fault("http_503", **settings)
    assert outcome(http, events(*struck)) == "503 -"
    assert outcome(http, events(*spared)) == "200 0"


def test_filters_by_source_and_path_spare_the_others(sandbox: SandboxClient, http: httpx.Client) -> None:
    """One broken connection beside a healthy one."""
    sandbox.fault("error_50000", event_source_id="pixel")
    assert outcome(http, events("a")) == "200 50000"
    assert outcome(http, {**events("a"), "event_source_id": "other"}) == "200 0"
    sandbox.fault("error_50000", path=LEGACY.path)
    assert outcome(http, events("a")) == "200 0"


def test_a_count_uses_a_fault_up(sandbox: SandboxClient, http: httpx.Client) -> None:
    """Two requests get it, later ones do not."""
    sandbox.fault("error_50000", count=2)
    assert [outcome(http, events("a")) for _ in range(3)] == ["200 50000", "200 50000", "200 0"]


def test_a_probability_is_kept_and_its_seed_repeats_it(sandbox: SandboxClient, http: httpx.Client) -> None:
    """Random numbers have a seed, so a failing run can be repeated."""

    def run(seed: int) -> list[str]:
        sandbox.fault("error_50000", probability=0.5, seed=seed)
        return [outcome(http, events("a")) for _ in range(40)]

    first = run(1)
    assert 5 < first.count("200 0") < 35
    assert run(1) == first
    assert run(2) != first


def test_the_first_matching_fault_decides(sandbox: SandboxClient, http: httpx.Client) -> None:
    """A slow fault before it delays the answer, and the next fault decides it."""
    sandbox.faults(
        {"mode": "slow", "seconds": 0.01},
        {"mode": "error_50000", "count": 1},
        {"mode": "throttle_40100", "count": 1},
    )
    assert [outcome(http, events("a")) for _ in range(3)] == ["200 50000", "200 40100", "200 0"]
    assert sandbox.summary()["faults"] == {"slow": 3, "error_50000": 1, "throttle_40100": 1}


@pytest.mark.parametrize("mode", ["http_503", "http_429", "throttle_40100", "error_50000"])
def test_an_answer_may_ask_for_a_wait(sandbox: SandboxClient, http: httpx.Client, mode: str) -> None:
    """`Retry-After` has the configured value."""
    sandbox.fault(mode, retry_after=7)
    assert http.post(TRACK.path, json=events("a")).headers["retry-after"] == "7"


def test_any_status_and_any_code_can_be_asked_for(sandbox: SandboxClient, http: httpx.Client) -> None:
    """All codes of the table."""
    sandbox.fault("http", status=410)
    assert outcome(http, events("a")) == "410 -"
    sandbox.fault("code", code=40001, message="No permission to operate pixel code: X.")
    assert http.post(TRACK.path, json=events("a")).json()["message"] == "No permission to operate pixel code: X."


def test_a_hang_of_some_seconds_ends_in_a_reset(sandbox: SandboxClient, http: httpx.Client) -> None:
    """So a client without a timeout does not wait forever."""
    sandbox.fault("hang", seconds=0.01)
    assert outcome(http, events("a")) == "ReadError"


def test_the_fault_in_force_is_shown_and_ended(sandbox: SandboxClient) -> None:
    """PUT, GET, DELETE."""
    sandbox.fault("http_503", count=3)
    url = f"{sandbox.url}/_sandbox/fault"
    assert httpx.get(url, trust_env=False).json() == [{"mode": "http_503", "count": 3, "struck": 0}]
    assert httpx.delete(url, trust_env=False).status_code == 204
    assert httpx.get(url, trust_env=False).json() == []


@pytest.mark.parametrize(
    "fault", [{"mode": "sulk"}, {"mode": "http_503", "probabilty": 1}, {"mode": "http", "status": 5}]
)
def test_a_fault_that_makes_no_sense_is_refused_and_changes_nothing(
    sandbox: SandboxClient, http: httpx.Client, fault: dict[str, Any]
) -> None:
    """A typo must not look like a healthy TikTok."""
    sandbox.fault("error_50000")
    with pytest.raises(ValueError, match=r"\$"):
        sandbox.faults(fault)
    assert outcome(http, events("a")) == "200 50000"


def test_a_sandbox_stops_although_a_request_hangs() -> None:
    """It stops in time, and the client gets an error."""
    with running_sandbox() as sandbox:
        sandbox.fault("hang")
        seen: list[str] = []

        def post() -> None:
            with httpx.Client(base_url=sandbox.url, trust_env=False, timeout=60) as client:
                seen.append(outcome(client, events("a")))

        client = threading.Thread(target=post)
        client.start()
        sandbox.wait_for(lambda summary: summary["faults"] == {"hang": 1})
    client.join(timeout=10)
    assert seen[0] in ("ReadError", "RemoteProtocolError")
