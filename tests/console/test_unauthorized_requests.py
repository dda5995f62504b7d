"""A request of a stranger, or of another site, does nothing and learns nothing: every page of the console, in turn."""

from itertools import product

import pytest
from support.bench import Bench
from support.console_client import PASSWORD, ConsoleClient, visible_text
from support.events import purchase

from console.app import PAGES

LETTER = "0123456789abcdef012345"
ADDRESSES = {
    (method, path.format(id="shop" if "connections" in path else LETTER, day="2026-11-24")) for method, path, _ in PAGES
}
POSTS = sorted(path for method, path in ADDRESSES if method == "POST")
GETS = sorted(path for method, path in ADDRESSES if method == "GET")

FROM_ELSEWHERE: tuple[dict[str, str], ...] = (
    {"origin": "https://evil.example"},
    {"origin": "null"},
    {"referer": "https://evil.example/page"},
    {"referer": ""},
    {"sec-fetch-site": "cross-site"},
    {"origin": "SELF", "sec-fetch-site": "cross-site"},
    {"origin": "SELF", "sec-fetch-site": "same-site"},
)


def state_of(bench: Bench) -> dict[bytes, bytes | None]:
    """Everything in Redis that is not of a session."""
    keys = [key for key in bench.redis.scan_iter() if not key.startswith(b"console:")]
    return {key: bench.redis.dump(key) for key in keys}


@pytest.fixture
def before(bench: Bench) -> dict[bytes, bytes | None]:
    """Something there is to see and to do; as it was before anybody tried."""
    bench.put([purchase(1, custom_flags={"TikTok.URL": "www.shop.example/"})])
    bench.drain()
    return state_of(bench)


def test_a_stranger_sees_the_login_page_and_no_other(anonymous: ConsoleClient) -> None:
    """Wherever they go."""
    for path in GETS:
        answer = anonymous.get(path)
        assert (answer.status_code, answer.headers["location"].partition("?")[0]) == (303, "/console/login"), path
        assert answer.content == b""


def test_a_stranger_does_nothing(bench: Bench, before: dict[bytes, bytes | None], anonymous: ConsoleClient) -> None:
    """Also with a cookie and a token made up."""
    anonymous.http.cookies.set("relay_console", "made-up", path="/console")
    anonymous.csrf = "0" * 64
    for path, part in product(POSTS, (False, True)):
        answer = anonymous.post(path, part=part, sure="1", late="send")
        assert answer.headers.get("location", answer.headers.get("hx-redirect")) == "/console/login", path
        assert state_of(bench) == before, path


def test_another_site_does_nothing(bench: Bench, before: dict[bytes, bytes | None], operator: ConsoleClient) -> None:
    """Even if a browser sent it with the cookie, and it knew the token."""
    for path, headers in product(POSTS, FROM_ELSEWHERE):
        sent = {name: operator.url if value == "SELF" else value for name, value in headers.items()}
        answer = operator.http.post(path, data={"csrf": operator.csrf, "sure": "1"}, headers=sent)
        assert answer.status_code == 403, (path, headers)
        assert "another site" in visible_text(answer)
        assert state_of(bench) == before, path


def test_who_is_no_browser_may_sign_in_and_act(anonymous: ConsoleClient) -> None:
    """A script names no origin: with the password it gets a session, and acts with that session's token."""
    answer = anonymous.http.post("/console/login", data={"password": PASSWORD})
    assert (answer.status_code, answer.headers["location"]) == (303, "/console")
    assert anonymous.http.get("/console").status_code == 200
    assert anonymous.http.post("/console/logout").status_code == 403


def test_a_form_without_the_sessions_token_does_nothing(
    bench: Bench, before: dict[bytes, bytes | None], operator: ConsoleClient
) -> None:
    """Only pages of this session have it."""
    for path, token in product(POSTS, ("", "0" * 64, "ü")):
        answer = operator.http.post(path, data={"csrf": token, "sure": "1"}, headers={"origin": operator.url})
        assert answer.status_code == 403, (path, token)
        assert state_of(bench) == before, path


def test_every_answer_has_the_strict_headers(operator: ConsoleClient) -> None:
    """Pages, refusals, files: nothing inline, nothing framed, nothing kept but files."""
    for path in [*GETS, "/console/login", "/console/nowhere", "/console/static/console.css"]:
        answer = operator.get(path)
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert ("no-store" in answer.headers["cache-control"]) is ("static" not in path)
        for forbidden in ("<style", " style=", "<script>", " onclick=", "javascript:"):
            assert forbidden not in answer.text, path


def test_what_no_page_takes_is_refused_with_the_same_headers(operator: ConsoleClient) -> None:
    """Other methods, other addresses; a final slash is no other address."""
    for method, path, status in (
        ("PUT", "/console", 405),
        ("DELETE", "/console/dead-letters", 405),
        ("POST", "/console/nowhere", 404),
        ("GET", "/console/nowhere", 404),
    ):
        answer = operator.http.request(method, path, data={"csrf": operator.csrf}, headers={"origin": operator.url})
        assert answer.status_code == status, (method, path)
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert operator.get("/console/").headers["location"] == "/console"


def test_a_login_from_another_site_is_refused(anonymous: ConsoleClient) -> None:
    """Nobody is signed in without wanting to."""
    answer = anonymous.http.post("/console/login", data={"password": "x"}, headers={"origin": "https://evil.example"})
    assert answer.status_code == 403


def test_strangers_may_send_little(anonymous: ConsoleClient) -> None:
    """What cannot be a password is not read; and what is no form neither."""
    assert anonymous.post("/console/login", password="x" * 10_000).status_code == 413
    answer = anonymous.http.post("/console/login", json={"password": "x"}, headers={"origin": anonymous.url})
    assert answer.status_code == 413


def test_only_known_files_are_files(anonymous: ConsoleClient) -> None:
    """No path leads out of them."""
    for name in ("../app.py", "..%2fapp.py", "htmx.LICENSE.txt", "%2e%2e/app.py"):
        assert anonymous.get(f"/console/static/{name}").status_code in (303, 404)
    found = anonymous.get("/console/static/htmx.min.js")
    assert (found.status_code, found.headers["content-type"]) == (200, "text/javascript; charset=utf-8")


def test_a_page_that_fails_says_so_and_nothing_of_why(operator: ConsoleClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """The words of an exception may quote an event."""
    monkeypatch.setattr("console.services.Services.store", lambda _: {}["someone@shop.example"])
    answer = operator.get("/console/dead-letters")
    assert answer.status_code == 500
    assert "KeyError" in visible_text(answer)
    assert "someone@shop.example" not in answer.text
