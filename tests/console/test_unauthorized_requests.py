"""Requests without a session, or from another site, change nothing and reveal nothing, for every page."""

from itertools import product

import pytest
from support.bench import Bench
from support.console_client import PASSWORD, ConsoleClient, visible_text
from support.events import purchase

from console.app import PAGES
from store.records.processes import KEY as PROCESSES

DEAD_LETTER_ID = "0123456789abcdef012345"
URLS = {
    (method, path.format(id="shop" if "connections" in path else DEAD_LETTER_ID, day="2026-11-24"))
    for method, path, _ in PAGES
}
POSTS = sorted(path for method, path in URLS if method == "POST")
GETS = sorted(path for method, path in URLS if method == "GET")

CROSS_SITE_HEADERS: tuple[dict[str, str], ...] = (
    {"origin": "https://evil.example"},
    {"origin": "null"},
    {"referer": "https://evil.example/page"},
    {"referer": ""},
    {"sec-fetch-site": "cross-site"},
    {"origin": "SELF", "sec-fetch-site": "cross-site"},
    {"origin": "SELF", "sec-fetch-site": "same-site"},
)


def state_of(bench: Bench) -> dict[bytes, bytes | None]:
    """Return everything in Redis except sessions and the processes."""
    keys = [key for key in bench.redis.scan_iter() if not key.startswith((b"console:", PROCESSES.encode()))]
    return {key: bench.redis.dump(key) for key in keys}


@pytest.fixture
def before(bench: Bench) -> dict[bytes, bytes | None]:
    """Create a dead letter, so that pages have something to show and do; return the state of Redis."""
    bench.put([purchase(1, custom_flags={"TikTok.URL": "www.shop.example/"})])
    bench.drain()
    return state_of(bench)


def test_without_a_session_every_page_leads_to_the_login(anonymous: ConsoleClient) -> None:
    """The redirect has an empty body."""
    for path in GETS:
        answer = anonymous.get(path)
        assert (answer.status_code, answer.headers["location"].partition("?")[0]) == (303, "/console/login"), path
        assert answer.content == b""


def test_without_a_session_no_form_does_anything(
    bench: Bench, before: dict[bytes, bytes | None], anonymous: ConsoleClient
) -> None:
    """The client sends an invented cookie and an invented token."""
    anonymous.http.cookies.set("relay_console", "made-up", path="/console")
    anonymous.csrf = "0" * 64
    for path, part in product(POSTS, (False, True)):
        answer = anonymous.post(path, part=part, sure="1", late="send")
        assert answer.headers.get("location", answer.headers.get("hx-redirect")) == "/console/login", path
        assert state_of(bench) == before, path


def test_a_form_of_another_site_does_nothing(
    bench: Bench, before: dict[bytes, bytes | None], operator: ConsoleClient
) -> None:
    """The request has the session's cookie and the right token."""
    for path, headers in product(POSTS, CROSS_SITE_HEADERS):
        sent = {name: operator.url if value == "SELF" else value for name, value in headers.items()}
        answer = operator.http.post(path, data={"csrf": operator.csrf, "sure": "1"}, headers=sent)
        assert answer.status_code == 403, (path, headers)
        assert "Another site" in visible_text(answer)
        assert state_of(bench) == before, path


def test_a_script_can_sign_in_and_needs_the_token(anonymous: ConsoleClient) -> None:
    """A script sends no origin. The password gives it a session; its forms need the session's token."""
    answer = anonymous.http.post("/console/login", data={"password": PASSWORD})
    assert (answer.status_code, answer.headers["location"]) == (303, "/console")
    assert anonymous.http.get("/console").status_code == 200
    assert anonymous.http.post("/console/logout").status_code == 403


def test_a_form_without_the_token_of_the_session_does_nothing(
    bench: Bench, before: dict[bytes, bytes | None], operator: ConsoleClient
) -> None:
    """Only pages of this session contain the token."""
    for path, token in product(POSTS, ("", "0" * 64, "ü")):
        answer = operator.http.post(path, data={"csrf": token, "sure": "1"}, headers={"origin": operator.url})
        assert answer.status_code == 403, (path, token)
        assert state_of(bench) == before, path


def test_every_answer_has_the_security_headers(operator: ConsoleClient) -> None:
    """Pages have no inline code, cannot be framed, and are not cached; static files may be cached."""
    pages = [path for path in GETS if not path.endswith("/stream")]  # test_live_page.py reads that one
    for path in [*pages, "/console/login", "/console/nowhere", "/console/static/console.css"]:
        answer = operator.get(path)
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert ("no-store" in answer.headers["cache-control"]) is ("static" not in path)
        for inline in ("<style", " style=", "<script>", " onclick=", "javascript:"):
            assert inline not in answer.text, path


def test_unknown_methods_and_pages_are_refused_with_the_same_headers(operator: ConsoleClient) -> None:
    """A final slash leads to the page without it."""
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


def test_signing_in_from_another_site_is_refused(anonymous: ConsoleClient) -> None:
    """Another site cannot sign a browser in."""
    answer = anonymous.http.post("/console/login", data={"password": "x"}, headers={"origin": "https://evil.example"})
    assert answer.status_code == 403


def test_without_a_session_forms_must_be_small(anonymous: ConsoleClient) -> None:
    """A body that is too large for a password is not read, and neither is one that is not a form."""
    assert anonymous.post("/console/login", password="x" * 10_000).status_code == 413
    answer = anonymous.http.post("/console/login", json={"password": "x"}, headers={"origin": anonymous.url})
    assert answer.status_code == 413


def test_only_the_listed_static_files_are_served(anonymous: ConsoleClient) -> None:
    """No path leads to another file."""
    for name in ("../app.py", "..%2fapp.py", "htmx.LICENSE.txt", "%2e%2e/app.py"):
        assert anonymous.get(f"/console/static/{name}").status_code in (303, 404)
    found = anonymous.get("/console/static/htmx.min.js")
    assert (found.status_code, found.headers["content-type"]) == (200, "text/javascript; charset=utf-8")


def test_the_page_of_an_internal_error_shows_only_its_type(
    operator: ConsoleClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message of an exception may quote an event."""
    monkeypatch.setattr("console.services.Services.store", lambda _: {}["someone@shop.example"])
    answer = operator.get("/console/dead-letters")
    assert answer.status_code == 500
    assert "KeyError" in visible_text(answer)
    assert "someone@shop.example" not in answer.text
