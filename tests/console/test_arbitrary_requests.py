"""Requests of any kind get an answer, and never an internal error."""

from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.console_client import ConsoleClient, visible_text

from console.app import PAGES, PUBLIC_PAGES

HEADERS = ("origin", "referer", "host", "sec-fetch-site", "x-forwarded-for", "x-forwarded-proto", "x-forwarded-host")
NOT_IN_HEADERS = "".join(map(chr, (*range(9), *range(10, 32), 127)))  # the client refuses to send these
VALUES = st.sampled_from(
    ["http://[", "https://]", "null", "//", "http://", "https://x:99999", "[::1]:", "::", "a b", "%", "0", "-1", ""]
) | st.text(st.characters(codec="latin-1", exclude_characters=NOT_IN_HEADERS), max_size=20).map(str.strip)
PARTS = st.sampled_from(
    ["0001-01-01", "9999-12-31", "0000-00-00", "1e400", "shop", "-", "..", "%00", "\ud800", "9" * 400, "2026-W10-1"]
) | st.text(max_size=12)
FIELDS = (
    *("id", "connection", "reason", "field", "tiktok_event", "received", "search", "page", "next", "sure", "late"),
    *("ids", "days", "event", "outcome"),
)
MANY = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@MANY
@given(
    row=st.sampled_from([*PAGES, *PUBLIC_PAGES]),
    part=PARTS,
    headers=st.dictionaries(st.sampled_from(HEADERS), VALUES, max_size=3),
    fields=st.dictionaries(st.sampled_from(FIELDS), PARTS, max_size=3),
)
def test_no_request_causes_an_internal_error(
    operator: ConsoleClient,
    row: tuple[str, str, object],
    part: str,
    headers: dict[str, str],
    fields: dict[str, str],
) -> None:
    """Headers, path segments and fields are such that no browser sends them."""
    method, pattern, _ = row
    if pattern.endswith(("logout", "send")):
        return
    segment = quote(part, errors="surrogatepass", safe="")
    url = pattern.replace("{id}", segment).replace("{day}", segment).replace("{name}", segment)
    given_fields = {name: value.encode("utf-8", "surrogatepass") for name, value in fields.items()}
    sent = {name: value.encode("latin-1") for name, value in headers.items()}
    if url.endswith("/stream"):  # it lasts until the browser leaves
        with operator.http.stream(method, url, params=given_fields, headers=sent) as answer:
            first = next(answer.iter_bytes())
        assert answer.status_code < 500, first
        return
    if method == "GET":
        answer = operator.http.get(url, params=given_fields, headers=sent)
    else:
        answer = operator.http.post(url, data={"csrf": operator.csrf, **given_fields}, headers=sent)
    assert answer.status_code < 500, visible_text(answer)


@pytest.mark.parametrize("origin", ["http://[", "https://[::1", "http://", "\xff"])
def test_an_invalid_origin_counts_as_another_site(anonymous: ConsoleClient, origin: str) -> None:
    """The answer is 403, not 500."""
    answer = anonymous.http.post(
        "/console/login", data={"password": "x"}, headers={b"origin": origin.encode("latin-1")}
    )
    assert answer.status_code == 403
    assert "Another site" in visible_text(answer)


@pytest.mark.parametrize("day", ["0001-01-01", "1999-12-31", "9999-12-31", "2026-13-01", "yesterday"])
def test_a_day_that_cannot_have_events_has_no_page(operator: ConsoleClient, day: str) -> None:
    """Python's first date has no day before it."""
    assert operator.get(f"/console/days/{day}").status_code == 404


def test_the_size_of_a_pasted_file_is_limited(operator: ConsoleClient) -> None:
    """The answer to a larger file says at once what to use instead."""
    operator.get("/console/configuration")
    answer = operator.post("/console/configuration", file="- a\n" * (1 << 18))
    assert "A pasted file may have at most 128 KiB. Check a larger one with relay check." in visible_text(answer)
    assert len(answer.content) < 1 << 18
