"""The page's address: from the flag, else from the event's own `page_url` (E6), and the click id in it (X4)."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapping.results import Mapped

PAGES = ("web", "legacy")
AT = {"web": "page.url", "legacy": "context.page.url"}
OWN = "https://shop.example/thanks"


def visited(bench, page_url, flags=None):
    event = bench.purchase(page_url=page_url)
    event["data"]["custom_flags"] = flags or {}
    return event


TAKEN = [
    ("as it is", OWN, OWN),
    ("the query stays", f"{OWN}?a=b&c", f"{OWN}?a=b&c"),
    ("without a fragment", f"{OWN}#token=1", OWN),
    ("without user information", "https://jane:secret@shop.example/x", "https://shop.example/x"),
    ("without a user", "HTTP://jane@shop.example:81/x?mail=a@b.example#y", "http://shop.example:81/x?mail=a@b.example"),
    ("without several", "https://a@b@shop.example", "https://shop.example"),
    ("an at sign in the path stays", "https://shop.example/@jane", "https://shop.example/@jane"),
    ("an at sign in the query stays", "https://shop.example?m=a@b", "https://shop.example?m=a@b"),
    ("with a space", " https://shop.example/red shoes ", "https://shop.example/red%20shoes"),
    ("in a list", ["", OWN], OWN),
]


@pytest.mark.parametrize("route", PAGES)
@pytest.mark.parametrize(("page_url", "sent"), [case[1:] for case in TAKEN], ids=[case[0] for case in TAKEN])
@pytest.mark.parametrize("flag", [None, "", " ", "\u00a0", [], [""]], ids=repr)
def test_page_url_stands_in_where_the_flag_is_absent(bench, at, page_url, sent, flag, route):
    """E6: with a note, and without user information and fragment."""
    mapped = bench.mapped(bench.plan(route), visited(bench, page_url, {"TikTok.URL": flag}))
    assert at(json.loads(mapped.body), AT[route]) == sent
    [note] = mapped.notes
    assert (note.field, "page_url is sent" in note.note) == ("TikTok.URL", True)


NO_ADDRESSES = [
    *(None, "", " ", "about:blank", "file:///home/jane/x.html", "app://shop", "www.shop.example", "https://"),
    *("https://jane@", "http://#x", "undefined", 7, True, {}, [], {"a": 1}, "javascript:alert(1)"),
]


@pytest.mark.parametrize("route", PAGES)
@pytest.mark.parametrize("page_url", NO_ADDRESSES, ids=repr)
def test_a_page_url_that_is_no_address_is_as_if_absent(bench, page_url, route):
    """E6: the message names both fields."""
    rejected = bench.rejected(bench.plan(route), visited(bench, page_url))
    assert (rejected.reason, rejected.field) == ("missing_url", "TikTok.URL")
    assert "page_url" in rejected.message


@pytest.mark.parametrize("route", PAGES)
def test_the_fallback_can_be_turned_off(bench, route):
    """`page_url_fallback: false`: only the flag counts, for the page and for the click id in it."""
    plan = bench.plan(route, page_url_fallback=False, ttclid_from_url=True)
    rejected = bench.rejected(plan, visited(bench, OWN))
    assert rejected.reason == "missing_url"
    assert "page_url" not in rejected.message
    event = visited(bench, f"{OWN}?ttclid=E.C.P.own", {"TikTok.URL": OWN})
    assert b"E.C.P.own" not in bench.mapped(plan, event).body


@pytest.mark.parametrize("route", PAGES)
def test_a_flag_comes_first_and_a_wrong_one_is_not_passed_over(bench, at, route):
    """E6: `page_url` replaces an absent flag, never a wrong one."""
    body = bench.body(bench.plan(route), visited(bench, OWN, {"TikTok.URL": "https://a.example"}))
    assert at(body, AT[route]) == "https://a.example"
    rejected = bench.rejected(bench.plan(route), visited(bench, OWN, {"TikTok.URL": "www.shop.example"}))
    assert rejected.reason == "invalid_url"


@pytest.mark.parametrize("route", ["app", "offline"])
def test_app_and_offline_events_have_no_page_of_their_own(bench, route):
    """E6: the fallback is for routes that need a page."""
    assert b"shop.example" not in bench.mapped(bench.plan(route), visited(bench, OWN)).body


@given(st.text(alphabet="ab@:/?#\\. %", max_size=30))
def test_no_user_information_and_no_fragment_goes_out(bench, rest):
    """E6: with any text after the scheme; the value sent is a web address."""
    result = bench.one(bench.plan(), visited(bench, f"https://{rest}"))
    if isinstance(result, Mapped):
        url = json.loads(result.body)["page"]["url"]
        host = url.removeprefix("https://").replace("\\", "/").partition("/")[0].partition("?")[0]
        assert url.startswith("https://")
        assert "#" not in url
        assert "@" not in host
        assert host


NAMES = ["TikTok.URL", "TikTok.Url", "tiktok.url", "TIKTOK.URL", " TikTok.URL "]


@pytest.mark.parametrize("name", NAMES, ids=repr)
def test_names_of_flags_compare_without_case(bench, at, name):
    """E6: also beside other flags."""
    flags = {"Other.Flag": 1, name: "https://a.example"}
    mapped = bench.mapped(bench.plan(), visited(bench, None, flags))
    assert at(json.loads(mapped.body), "page.url") == "https://a.example"
    assert mapped.notes == ()


def test_all_three_flags_compare_without_case(bench, at):
    """E6–E8: the exact name comes before another spelling, a flag with a value before a blank one."""
    flags = {
        "tiktok.url": "https://b.example",
        "TikTok.URL": "https://a.example",
        "TIKTOK.REFERRER": "https://r.example",
        "TikTok.Callback": "",
        "tiktok.callback": "E.C.P.abc",
    }
    body = bench.body(bench.plan(), visited(bench, None, flags))
    assert at(body, "page") == {"url": "https://a.example", "referrer": "https://r.example"}
    assert at(body, "user.ttclid") == "E.C.P.abc"


NEAR = ["TikTok_URL", "url", "page_url", "TikTokURL", "tiktok url", "TikTok.Urls", "TikTok.PageURL", "TikTok-Url"]


@pytest.mark.parametrize("name", NEAR)
def test_a_near_miss_is_named_in_the_message(bench, name):
    """E6: the message names the wrong name and does not quote the flag's value."""
    rejected = bench.rejected(bench.plan(), visited(bench, None, {name: "https://jane.example"}))
    assert rejected.reason == "missing_url"
    assert f"`{name}`" in rejected.message
    assert "jane" not in rejected.message


@pytest.mark.parametrize(
    ("name", "meant"),
    [("TikTok.Referer", "TikTok.Referrer"), ("TikTok_Callback", "TikTok.Callback"), ("ttclid", "TikTok.Callback")],
)
def test_a_near_miss_of_what_is_sent_without_is_a_note(bench, name, meant):
    """E7, E8: the event is sent, and a note reports the lost field."""
    [note] = bench.mapped(bench.plan(), visited(bench, None, {"TikTok.URL": OWN, name: "x"})).notes
    assert (note.field, f"`{name}`" in note.note) == (meant, True)


@pytest.mark.parametrize("name", ["Facebook.EventId", "Google.Gclid", "Snap.ClickId", "x" * 50, "Urls.Seen"])
def test_flags_of_other_services_are_not_named(bench, name):
    """No note names them."""
    flags = {"TikTok.URL": OWN, name: "x"}
    assert bench.mapped(bench.plan(), visited(bench, None, flags)).notes == ()
    assert name not in bench.rejected(bench.plan(), visited(bench, None, {name: "x"})).message.replace("TikTok.URL", "")


CLICKS = [
    ("?ttclid=E.C.P.a", "E.C.P.a"),
    ("?TTCLID=E.C.P.a", "E.C.P.a"),
    ("?a=b&TtClId=E%2EC.P.a", "E.C.P.a"),
    ("?ttclid=&TTCLID=E.C.P.a", "E.C.P.a"),
    ("?ttclid=__CLICKID__&TTCLID=E.C.P.a", "E.C.P.a"),
    ("?xttclid=E.C.P.a", None),
    ("?ttclid=__CLICKID__", None),
    ("#ttclid=E.C.P.a", None),
]


@pytest.mark.parametrize("given_as", ["flag", "page_url"])
@pytest.mark.parametrize(("query", "click"), CLICKS)
def test_the_click_id_is_found_in_either_address(bench, at, query, click, given_as):
    """X4: in any case of its name; the first valid one."""
    url = f"https://shop.example/{query}"
    event = visited(bench, *((None, {"TikTok.URL": url}) if given_as == "flag" else (url,)))
    assert at(bench.body(bench.plan(ttclid_from_url=True), event), "user.ttclid") == click
