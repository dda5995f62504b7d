"""Whatever is asked of the console, in whatever way: an answer, and never that relay is at fault."""

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
FIELDS = ("id", "connection", "reason", "field", "tiktok_event", "received", "search", "page", "next", "sure", "late")
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
    path=st.booleans(),
)
def test_no_request_finds_a_fault(
    operator: ConsoleClient,
    row: tuple[str, str, object],
    part: str,
    headers: dict[str, str],
    fields: dict[str, str],
    path: bool,
) -> None:
    """Headers, places in paths and fields that no browser sends."""
    method, pattern, _ = row
    if pattern.endswith(("logout", "send")):
        return
    written = quote(part, errors="surrogatepass", safe="")
    address = pattern.replace("{id}", written).replace("{day}", written).replace("{name}", written)
    given_fields = {name: value.encode("utf-8", "surrogatepass") for name, value in fields.items()}
    sent = {name: value.encode("latin-1") for name, value in headers.items()}
    if method == "GET":
        answer = operator.http.get(address, params=given_fields, headers=sent)
    else:
        answer = operator.http.post(address, data={"csrf": operator.csrf, **given_fields}, headers=sent)
    assert answer.status_code < 500, visible_text(answer)


@pytest.mark.parametrize("origin", ["http://[", "https://[::1", "http://", "\xff"])
def test_an_origin_that_is_no_address_is_another_site(anonymous: ConsoleClient, origin: str) -> None:
    """And no fault."""
    answer = anonymous.http.post(
        "/console/login", data={"password": "x"}, headers={b"origin": origin.encode("latin-1")}
    )
    assert answer.status_code == 403
    assert "another site" in visible_text(answer)


@pytest.mark.parametrize("day", ["0001-01-01", "1999-12-31", "9999-12-31", "2026-13-01", "yesterday"])
def test_a_day_that_cannot_have_events_is_no_page(operator: ConsoleClient, day: str) -> None:
    """The first one of all has none before it."""
    assert operator.get(f"/console/days/{day}").status_code == 404


def test_a_pasted_file_has_a_bound(operator: ConsoleClient) -> None:
    """Beyond it a sentence says what to use instead, at once."""
    operator.get("/console/configuration")
    answer = operator.post("/console/configuration", file="- a\n" * (1 << 18))
    assert "A pasted file may have 128 KiB: check a larger one with relay check." in visible_text(answer)
    assert len(answer.content) < 1 << 18
