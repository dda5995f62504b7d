"""Who gets in: the password, sessions that all processes share, and tries that are slowed."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import httpx
import pytest
from support.bench import Bench
from support.console_client import PASSWORD, ConsoleClient, visible_text

Open = Callable[..., AbstractContextManager[str]]


def is_in(operator: ConsoleClient) -> bool:
    """Whether the visitor sees pages."""
    return operator.get("/console").status_code == 200


def test_without_a_password_there_is_no_console_and_a_sentence_says_how_to_have_one(open_console: Open) -> None:
    """Whatever is asked of it."""
    with open_console(admin_password=None) as url, httpx.Client(base_url=url, trust_env=False) as http:
        for answer in (http.get("/console"), http.get("/console/login"), http.post("/console/dead-letters/replay")):
            assert answer.status_code == 404
            assert "RELAY_ADMIN_PASSWORD" in answer.text
        assert http.get("/health/live").status_code == 200


def test_the_password_opens_a_session_in_a_cookie_that_only_this_site_gets(anonymous: ConsoleClient) -> None:
    """HttpOnly, SameSite=Strict, only for the console; Secure is for https."""
    wrong = anonymous.sign_in("wrong")
    assert (wrong.status_code, "set-cookie" in wrong.headers) == (403, False)
    assert not is_in(anonymous)
    right = anonymous.sign_in()
    cookie = right.headers["set-cookie"].lower()
    assert all(part in cookie for part in ("httponly", "samesite=strict", "path=/console"))
    assert "secure" not in cookie
    assert is_in(anonymous)


@pytest.mark.parametrize(("trusted", "secure"), [("127.0.0.1", True), ("10.0.0.1", False)])
def test_behind_a_trusted_proxy_that_speaks_https_the_cookie_is_secure(
    open_console: Open, trusted: str, secure: bool
) -> None:
    """And only a trusted one is believed."""
    with open_console(trusted_proxies=trusted) as url:
        operator = ConsoleClient(url, **{"x-forwarded-proto": "https", "x-forwarded-for": "203.0.113.9"})
        answer = operator.post("/console/login", password=PASSWORD)
        assert ("secure" in answer.headers["set-cookie"].lower()) is secure
        operator.close()


@pytest.mark.parametrize(
    ("wanted", "gets"),
    [
        ("/console/dead-letters", "/console/dead-letters"),
        ("https://evil.example/", "/console"),
        ("//evil.example/", "/console"),
        ("/console//evil.example", "/console"),
        ("/v2/events", "/console"),
        ("/console/login", "/console"),
    ],
)
def test_after_signing_in_one_is_where_one_wanted_to_go_but_nowhere_else(
    anonymous: ConsoleClient, wanted: str, gets: str
) -> None:
    """Whatever stands in the address."""
    answer = anonymous.post("/console/login", password=PASSWORD, next=wanted)
    assert (answer.status_code, answer.headers["location"]) == (303, gets)


def test_sessions_hold_in_every_ingest_process_and_signing_out_ends_them_in_all(open_console: Open) -> None:
    """For they are Redis's."""
    with open_console() as url, open_console() as other_url:
        operator, other = ConsoleClient(url), ConsoleClient(other_url)
        operator.sign_in()
        other.http.cookies.update(operator.http.cookies)
        assert is_in(other)
        assert other.post("/console/logout").status_code == 303
        assert not is_in(operator)
        operator.close()
        other.close()


@pytest.mark.parametrize(("password", "holds"), [(PASSWORD, True), ("another", False)])
def test_a_session_outlives_a_restart_but_not_its_password(open_console: Open, password: str, holds: bool) -> None:
    """Whoever changes the password sends everybody out."""
    with open_console() as url:
        before = ConsoleClient(url)
        before.sign_in()
    with open_console(admin_password=password) as url:
        after = ConsoleClient(url)
        after.http.cookies.update(before.http.cookies)
        assert is_in(after) is holds
        before.close()
        after.close()


def test_what_redis_keeps_of_a_session_opens_nothing(
    bench: Bench, operator: ConsoleClient, anonymous: ConsoleClient
) -> None:
    """Neither its key nor its value is a token."""
    (key,) = bench.redis.keys("console:session:*")
    for guess in (key.decode().rpartition(":")[2], (bench.redis.get(key) or b"").hex()):
        anonymous.http.cookies.set("relay_console", guess, path="/console")
        assert not is_in(anonymous)
    assert is_in(operator)


def test_tries_are_slowed_for_one_address_and_not_for_others(open_console: Open) -> None:
    """In every process, with the sentence that says how long; the right password does not help before."""
    with open_console(trusted_proxies="127.0.0.1") as url, open_console(trusted_proxies="127.0.0.1") as other_url:
        one = ConsoleClient(url, **{"x-forwarded-for": "203.0.113.1"})
        same = ConsoleClient(other_url, **{"x-forwarded-for": "203.0.113.1"})
        other = ConsoleClient(other_url, **{"x-forwarded-for": "203.0.113.2"})
        for _ in range(5):
            assert one.sign_in("guess").status_code == 403
        slowed = same.sign_in()
        assert (slowed.status_code, slowed.headers["retry-after"]) == (429, "1")
        assert "Too many tries" in visible_text(slowed)
        assert other.sign_in().status_code == 303
        for operator in (one, same, other):
            operator.close()


def test_a_neighbourhood_of_ipv6_counts_as_one(open_console: Open) -> None:
    """Who has a /64 has more addresses than guesses."""
    with open_console(trusted_proxies="127.0.0.1") as url:
        answers = []
        for number in range(6):
            operator = ConsoleClient(url, **{"x-forwarded-for": f"2001:db8:1:2::{number}"})
            answers.append(operator.sign_in("guess").status_code)
            operator.close()
        assert answers == [403, 403, 403, 403, 403, 429]


def test_at_maxmemory_one_can_sign_in_to_make_room(bench: Bench, anonymous: ConsoleClient) -> None:
    """For letters that are mended make room."""
    bench.redis.config_set("maxmemory", 1)
    assert anonymous.sign_in().status_code == 303
    assert is_in(anonymous)


def test_while_redis_is_away_the_console_says_so(open_console: Open) -> None:
    """With 503, and not with a page that knows nothing."""
    with open_console(redis_url="redis://127.0.0.1:1/0") as url:
        lost = ConsoleClient(url)
        lost.http.cookies.set("relay_console", "of-a-session-perhaps", path="/console")
        for answer in (lost.get("/console"), lost.sign_in()):
            assert answer.status_code == 503
            assert "Redis does not answer" in visible_text(answer)
        lost.close()
