"""Rules of what a browser knows: the page's address, TikTok's click id and its cookie (E6, E8, E11)."""

import re
from urllib.parse import quote, unquote

from mapping.hashing import is_hashed
from mapping.remarks import LeftOut, Noted, Refused
from mapping.values import text

_WEB_URL = re.compile(r"(https?)(://[^\s/?#].*)", re.IGNORECASE | re.DOTALL).fullmatch
_SPACE = re.compile(r"\s")
_TTCLID = re.compile(r"E\.C\.P\.[^\s\x00-\x1f]{1,994}").fullmatch
_TTP = re.compile(r"[\w.~-]{1,256}", re.ASCII).fullmatch

MISSING_URL = Refused(
    "missing_url",
    "is missing: TikTok takes no web event without it. Set the custom flag TikTok.URL to the page's full address",
)
_INVALID_URL = Refused(
    "invalid_url",
    "must start with http:// or https:// and a host. Set the custom flag TikTok.URL to the page's full address",
)
_INVALID_TTCLID = Refused(
    "invalid_ttclid",
    "is not a click id of TikTok: those start with E.C.P. and have at most 1000 characters, none of them a space. "
    "Leave the flag out where there is none, or set invalid_ttclid: drop_field to send such events without it",
)
_TTCLID_DROPPED = LeftOut("not a click id of TikTok, and the connection says invalid_ttclid: drop_field")
_PAGES_NOT_ONE = LeftOut("the flag is absent, and the ttclid in the page's address is not a click id of TikTok")
_FROM_PAGE = "the flag is absent: taken from the page's address (ttclid_from_url)"
_NOT_A_TTP = LeftOut("not the value of TikTok's _ttp cookie")


def web_url(value: object) -> str | Refused | None:
    """An absolute address of a web page (E6), written as a browser would: scheme in small letters, spaces as %20."""
    url = text(value)
    if not isinstance(url, str):
        return url if url is None else _INVALID_URL
    match = _WEB_URL(url.strip())
    if match is None:
        return _INVALID_URL
    return match[1].lower() + _SPACE.sub(lambda space: quote(space[0]), match[2])


def ttclid(value: object) -> str | Refused | None:
    """A click id, never cut (E8); what ad macros leave behind when nobody filled them in is none."""
    if value is None or value == "":
        return None
    return value if isinstance(value, str) and _TTCLID(value) else _INVALID_TTCLID


def ttclid_or_nothing(value: object) -> str | LeftOut | None:
    """The same where the connection says `invalid_ttclid: drop_field`."""
    click = ttclid(value)
    return _TTCLID_DROPPED if isinstance(click, Refused) else click


def ttclid_in(url: object) -> Noted | LeftOut | None:
    """The click id that TikTok put in the query of the page's address (X4); a bad one costs no event."""
    if not isinstance(url, str) or "ttclid" not in url:
        return None
    pairs = (pair.partition("=") for pair in url.partition("#")[0].partition("?")[2].split("&"))
    found = next((unquote(value) for name, _, value in pairs if name == "ttclid" and value), None)
    if found is None:
        return None
    return Noted(found, _FROM_PAGE) if _TTCLID(found) else _PAGES_NOT_ONE


def ttp(value: object) -> str | LeftOut | None:
    """TikTok's cookie as the browser holds it (E11)."""
    cookie = text(value)
    if cookie is None:
        return None
    if not isinstance(cookie, str) or not _TTP(cookie.strip()) or is_hashed(cookie.strip()):
        return _NOT_A_TTP
    return cookie.strip()
