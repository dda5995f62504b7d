"""The rules of what a browser sends: the page's address, TikTok's click id and its cookie (E6, E8, E11)."""

import re
from urllib.parse import quote, unquote

from config import dead_letter_reasons as reasons
from mapping.fields.characters import without_invisible
from mapping.fields.hashing import is_hashed
from mapping.fields.placeholders import NO_USER, is_no_user
from mapping.results import OmitField, RejectEvent, SendWithNote
from mapping.values import first, is_blank, text

_WEB_URL = re.compile(r"(https?)(://[^\s/?#\\].*)", re.IGNORECASE | re.DOTALL).fullmatch
_USER_INFORMATION = re.compile(r"(?<=://)[^/?#\\]*@")
_SPACE = re.compile(r"\s")
_TTCLID = re.compile(r"E\.C\.P\.[^\s\x00-\x1f]{1,994}").fullmatch
TTP = re.compile(r"[\w.~-]{1,256}", re.ASCII).fullmatch

MISSING_URL = RejectEvent(
    reasons.MISSING_URL.code,
    "is missing: TikTok takes no web event without it. Set the custom flag TikTok.URL to the page's full address",
)
MISSING_PAGE = RejectEvent(
    reasons.MISSING_URL.code,
    "is missing, and page_url holds no http(s) address in its place: TikTok takes no web event without it. "
    "Set the custom flag TikTok.URL to the page's full address",
)
_INVALID_URL = RejectEvent(
    reasons.INVALID_URL.code,
    "must start with http:// or https:// and a host. Set the custom flag TikTok.URL to the page's full address",
)
_INVALID_TTCLID = RejectEvent(
    reasons.INVALID_TTCLID.code,
    "is not a click id of TikTok: those start with E.C.P. and have at most 1000 characters, none of them a space. "
    "Leave the flag out where there is none, or set invalid_ttclid: drop_field to send such events without it",
)
_TTCLID_DROPPED = OmitField("not a click id of TikTok, and the connection says invalid_ttclid: drop_field")
_PAGES_NOT_ONE = OmitField("the flag is absent, and the ttclid in the page's address is not a click id of TikTok")
_PAGE_URL = "the flag is absent: page_url is sent, without user information and fragment (page_url_fallback)"
_FROM_PAGE = "the flag is absent: taken from the page's address (ttclid_from_url)"
_NOT_A_TTP = OmitField("not the value of TikTok's _ttp cookie")


def web_url(value: object) -> str | RejectEvent | None:
    """Return the absolute address of a web page (E6) as a browser writes it: scheme in lower case, spaces as %20."""
    url = text(value)
    if not isinstance(url, str):
        return url if url is None else _INVALID_URL
    match = _WEB_URL(url.strip())
    if match is None:
        return _INVALID_URL
    return match[1].lower() + _SPACE.sub(lambda space: quote(space[0]), match[2])


def page_or_flag(flag: object, page_url: object) -> object:
    """Return the flag `TikTok.URL`; where it is absent `page_url` with a note, None where both are absent."""
    own = first(flag)
    if own is not None and not is_blank(own):
        return own
    address = page_address(page_url)
    return None if address is None else SendWithNote(address, _PAGE_URL)


def page_address(page_url: object) -> str | None:
    """Return `page_url` without user information and fragment; None unless it is a web address."""
    url = web_url(first(page_url))
    if not isinstance(url, str):
        return None
    address = web_url(_USER_INFORMATION.sub("", url.partition("#")[0]))
    return address if isinstance(address, str) else None


def web_url_or_page(value: object) -> str | SendWithNote | RejectEvent | None:
    """E6: as `web_url`, for a result of `page_or_flag`."""
    return value if isinstance(value, SendWithNote) else web_url(value)


def ttclid(value: object) -> str | RejectEvent | None:
    """Return a click id unchanged (E8); an ad macro that was not filled in is rejected."""
    if value is None or is_blank(value):
        return None
    return value if isinstance(value, str) and _TTCLID(value) else _INVALID_TTCLID


def ttclid_or_nothing(value: object) -> str | OmitField | None:
    """Return the same, but omit an invalid one: for connections with `invalid_ttclid: drop_field`."""
    click = ttclid(value)
    return _TTCLID_DROPPED if isinstance(click, RejectEvent) else click


def ttclid_in(url: object) -> SendWithNote | OmitField | None:
    """Return the click id in the query of the page's address (X4); an invalid one is omitted."""
    if not isinstance(url, str) or "ttclid" not in url.lower():
        return None
    pairs = (pair.partition("=") for pair in url.partition("#")[0].partition("?")[2].split("&"))
    found = [unquote(value) for name, _, value in pairs if name.lower() == "ttclid" and value]
    if not found:
        return None
    return next((SendWithNote(click, _FROM_PAGE) for click in found if _TTCLID(click)), _PAGES_NOT_ONE)


def ttp(value: object) -> str | OmitField | None:
    """Return TikTok's cookie as the browser holds it (E11)."""
    if type(value) is str and TTP(value):
        trimmed = value
    else:
        cookie = text(value)
        if cookie is None:
            return None
        trimmed = without_invisible(cookie).strip() if isinstance(cookie, str) else ""
        if not TTP(trimmed):
            return _NOT_A_TTP
    if is_hashed(trimmed):
        return _NOT_A_TTP
    return NO_USER if is_no_user(trimmed) else trimmed
