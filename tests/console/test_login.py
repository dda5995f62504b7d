"""Signing in: the password, sessions that all processes share, and waits between attempts."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import httpx
import pytest
from support.bench import Bench
from support.console_client import PASSWORD, ConsoleClient, visible_text

Open = Callable[..., AbstractContextManager[str]]


def is_signed_in(client: ConsoleClient) -> bool:
    """Return whether the client gets pages."""
    return client.get("/console").status_code == 200


def test_without_a_password_the_console_is_off_and_a_sentence_says_how_to_switch_it_on(open_console: Open) -> None:
    """Every request for the console gets this sentence."""
    with open_console(admin_password=None) as url, httpx.Client(base_url=url, trust_env=False) as http:
        for answer in (http.get("/console"), http.get("/console/login"), http.post("/console/dead-letters/replay")):
            assert answer.status_code == 404
            assert "RELAY_ADMIN_PASSWORD" in answer.text
        assert http.get("/health/live").status_code == 200


def test_the_password_starts_a_session_in_a_cookie_for_this_site_only(anonymous: ConsoleClient) -> None:
    """The cookie is HttpOnly, SameSite=Strict and only for the console; it is Secure over https."""
    wrong = anonymous.sign_in("wrong")
    assert (wrong.status_code, "set-cookie" in wrong.headers) == (403, False)
    assert not is_signed_in(anonymous)
    right = anonymous.sign_in()
    cookie = right.headers["set-cookie"].lower()
    assert all(part in cookie for part in ("httponly", "samesite=strict", "path=/console"))
    assert "secure" not in cookie
    assert is_signed_in(anonymous)


@pytest.mark.parametrize(("trusted", "secure"), [("127.0.0.1", True), ("10.0.0.1", False)])
def test_the_cookie_is_secure_behind_a_trusted_proxy_with_https(open_console: Open, trusted: str, secure: bool) -> None:
    """The headers of a proxy that is not trusted are ignored."""
    with open_console(trusted_proxies=trusted) as url:
        operator = ConsoleClient(url, **{"x-forwarded-proto": "https", "x-forwarded-for": "203.0.113.9"})
        answer = operator.post("/console/login", password=PASSWORD)
        assert ("secure" in answer.headers["set-cookie"].lower()) is secure
        operator.close()


@pytest.mark.parametrize(
    ("next_page", "location"),
    [
        ("/console/dead-letters", "/console/dead-letters"),
        ("https://evil.example/", "/console"),
        ("//evil.example/", "/console"),
        ("/console//evil.example", "/console"),
        ("/v2/events", "/console"),
        ("/console/login", "/console"),
    ],
)
def test_signing_in_leads_to_the_requested_page_of_the_console_only(
    anonymous: ConsoleClient, next_page: str, location: str
) -> None:
    """Other values of `next` lead to the overview."""
    answer = anonymous.post("/console/login", password=PASSWORD, next=next_page)
    assert (answer.status_code, answer.headers["location"]) == (303, location)


def test_a_session_is_valid_in_every_ingest_process_and_signing_out_ends_it_in_all(open_console: Open) -> None:
    """Sessions are in Redis."""
    with open_console() as url, open_console() as other_url:
        operator, other = ConsoleClient(url), ConsoleClient(other_url)
        operator.sign_in()
        other.http.cookies.update(operator.http.cookies)
        assert is_signed_in(other)
        assert other.post("/console/logout").status_code == 303
        assert not is_signed_in(operator)
        operator.close()
        other.close()


@pytest.mark.parametrize(("password", "is_valid"), [(PASSWORD, True), ("another", False)])
def test_a_session_survives_a_restart_but_not_a_new_password(open_console: Open, password: str, is_valid: bool) -> None:
    """A new password ends all sessions."""
    with open_console() as url:
        before = ConsoleClient(url)
        before.sign_in()
    with open_console(admin_password=password) as url:
        after = ConsoleClient(url)
        after.http.cookies.update(before.http.cookies)
        assert is_signed_in(after) is is_valid
        before.close()
        after.close()


def test_what_redis_keeps_of_a_session_does_not_sign_in(
    bench: Bench, operator: ConsoleClient, anonymous: ConsoleClient
) -> None:
    """Neither the key nor the value in Redis is a token."""
    (key,) = bench.redis.keys("console:session:*")
    for guess in (key.decode().rpartition(":")[2], (bench.redis.get(key) or b"").hex()):
        anonymous.http.cookies.set("relay_console", guess, path="/console")
        assert not is_signed_in(anonymous)
    assert is_signed_in(operator)


def test_attempts_from_one_address_wait_and_others_do_not(open_console: Open) -> None:
    """This holds in every process, for the right password too. The page says how long to wait."""
    with open_console(trusted_proxies="127.0.0.1") as url, open_console(trusted_proxies="127.0.0.1") as other_url:
        first = ConsoleClient(url, **{"x-forwarded-for": "203.0.113.1"})
        same = ConsoleClient(other_url, **{"x-forwarded-for": "203.0.113.1"})
        other = ConsoleClient(other_url, **{"x-forwarded-for": "203.0.113.2"})
        for _ in range(5):
            assert first.sign_in("guess").status_code == 403
        refused = same.sign_in()
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "1")
        assert "Too many attempts" in visible_text(refused)
        assert other.sign_in().status_code == 303
        for operator in (first, same, other):
            operator.close()


def test_a_64_network_of_ipv6_counts_as_one_address(open_console: Open) -> None:
    """The owner of a /64 network has more addresses than guesses."""
    with open_console(trusted_proxies="127.0.0.1") as url:
        answers = []
        for number in range(6):
            operator = ConsoleClient(url, **{"x-forwarded-for": f"2001:db8:1:2::{number}"})
            answers.append(operator.sign_in("guess").status_code)
            operator.close()
        assert answers == [403, 403, 403, 403, 403, 429]


def test_an_operator_can_sign_in_at_maxmemory(bench: Bench, anonymous: ConsoleClient) -> None:
    """The operator makes room by replaying or discarding dead letters."""
    bench.redis.config_set("maxmemory", 1)
    assert anonymous.sign_in().status_code == 303
    assert is_signed_in(anonymous)


def test_the_console_says_that_redis_does_not_answer(open_console: Open) -> None:
    """The status is 503, not a page without data."""
    with open_console(redis_url="redis://127.0.0.1:1/0") as url:
        client = ConsoleClient(url)
        client.http.cookies.set("relay_console", "some-token", path="/console")
        for answer in (client.get("/console"), client.sign_in()):
            assert answer.status_code == 503
            assert "Redis does not answer" in visible_text(answer)
        client.close()
