"""Checks of one value: each returns None if TikTok accepts the value, else TikTok's message."""

import re
from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network

Check = Callable[[object], str | None]

NOT_A_STRING = "not a valid string"
MISSING = "missing data for required field"
NOT_HASHED = "must be hashed with SHA-256"

_EMPTY_HASHED = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
_SHA256 = re.compile(r"[0-9a-f]{64}")
_LOOKS_HASHED = re.compile(r"[0-9A-Fa-f]{64}")
_HTTP_URL = re.compile(r"https?://[^\s/?#].*", re.IGNORECASE | re.DOTALL)
_TTCLID = re.compile(r"E\.C\.P\.[^\s\x00-\x1f]{1,994}")
_CURRENCY = re.compile(r"[A-Z]{3}")
_EVENT_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,49}")
_DATE = re.compile(r"\d{8}|\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d)?(?:Z|[+-]\d\d:?\d\d))?", re.ASCII)
_LOCALE = re.compile(r"[a-z]{2,3}(?:-[A-Z][a-z]{3})?(?:-(?:[A-Z]{2}|\d{3}))?", re.ASCII)
_ZERO_ID = re.compile(r"[0-]*")
_ISO_8601 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d:\d\d)")
# Not `is_global`: it also excludes the documentation ranges, which TikTok has no reason to refuse.
_NOT_PUBLIC = tuple(
    ip_network(block)
    for block in (
        *("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "169.254.0.0/16", "100.64.0.0/10"),
        *("224.0.0.0/4", "0.0.0.0/32", "::/128", "::1/128", "fe80::/10", "fc00::/7", "ff00::/8"),
    )
)


def string(value: object) -> str | None:
    """Check for a string; TikTok converts no numbers."""
    return None if isinstance(value, str) else NOT_A_STRING


def filled(value: object) -> str | None:
    """Check for a string that is not empty."""
    return string(value) or (None if value else "shorter than minimum length 1")


def number(value: object) -> str | None:
    """Check for a JSON number."""
    return None if isinstance(value, int | float) and not isinstance(value, bool) else "not a valid number"


def count(value: object) -> str | None:
    """Check for a whole number, 0 or more."""
    whole = isinstance(value, int) and not isinstance(value, bool) and value >= 0
    return None if whole else "not a valid integer"


def year(value: object) -> str | None:
    """Check for a year of four digits."""
    return count(value) or (None if 1000 <= int(str(value)) <= 9999 else "not a valid year")


def number_range(value: object) -> str | None:
    """Check for two numbers, the lower one first."""
    if not isinstance(value, list) or len(value) != 2 or any(map(number, value)):
        return "not a valid range"
    return None if value[0] <= value[1] else "not a valid range"


def date(value: object) -> str | None:
    """Check for a date, with or without a time and its zone."""
    return string(value) or (
        None if _DATE.fullmatch(str(value)) and _is_in_calendar(str(value)) else "not a valid date"
    )


def _is_in_calendar(value: str) -> bool:
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


def locale(value: object) -> str | None:
    """Check for a language as BCP 47 writes it, such as en-US."""
    return string(value) or (None if _LOCALE.fullmatch(str(value)) else "not a valid language")


def device_id(value: object) -> str | None:
    """Check for an id of a device: not hashed, not empty and not all zeros."""
    return unhashed(value) or ("not a valid device id" if _ZERO_ID.fullmatch(str(value)) else None)


def vin(value: object) -> str | None:
    """Check for a vehicle's number of at most 17 characters."""
    return string(value) or (None if len(str(value)) <= 17 else "longer than maximum length 17")


def boolean(value: object) -> str | None:
    """Check for true or false."""
    return None if isinstance(value, bool) else "not a valid boolean"


def seconds(value: object) -> str | None:
    """Check for Unix seconds, an integer of ten digits; milliseconds are a common mistake."""
    if not isinstance(value, int) or isinstance(value, bool):
        return "not a valid integer"
    return None if 10**9 <= value < 10**10 else "must be a Unix timestamp in seconds"


def iso_8601(value: object) -> str | None:
    """Check for a date and time with time zone, such as 2020-09-17T19:49:27Z."""
    if not isinstance(value, str):
        return NOT_A_STRING
    if not _ISO_8601.fullmatch(value):
        return "not a valid datetime"
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return "not a valid datetime"
    return None


def hashed(value: object) -> str | None:
    """Check for SHA-256 as 64 lower-case hex digits, but not of the empty string."""
    if not isinstance(value, str):
        return NOT_A_STRING
    if not _SHA256.fullmatch(value):
        return NOT_HASHED
    return "must not be the hash of an empty string" if value == _EMPTY_HASHED else None


def hash_or_hashes(value: object) -> str | None:
    """Check for one hash, or a list of at least one."""
    if not isinstance(value, list):
        return hashed(value)
    return next(filter(None, map(hashed, value)), None) if value else "shorter than minimum length 1"


def unhashed(value: object) -> str | None:
    """Check for a string that is not hashed."""
    return string(value) or ("must not be hashed" if _LOOKS_HASHED.fullmatch(str(value)) else None)


def http_url(value: object) -> str | None:
    """Check for a URL of http:// or https:// and a host."""
    return string(value) or (None if _HTTP_URL.fullmatch(str(value)) else "must start with http:// or https://")


def ttclid(value: object) -> str | None:
    """Check for a click id: E.C.P. and at most 1,000 characters in all."""
    if not isinstance(value, str):
        return NOT_A_STRING
    if len(value) > 1000:
        return "longer than maximum length 1000"
    return None if _TTCLID.fullmatch(value) else "not a valid click id"


def currency(value: object) -> str | None:
    """Check for three capital letters."""
    return string(value) or (None if _CURRENCY.fullmatch(str(value)) else "not a valid currency")


def event_name(value: object) -> str | None:
    """Check for a standard or custom event name by TikTok's naming rule."""
    return string(value) or (None if _EVENT_NAME.fullmatch(str(value)) else "not a valid event name")


def strings(value: object) -> str | None:
    """Check for a list of strings."""
    return next(filter(None, map(string, value)), None) if isinstance(value, list) else "not a valid list"


def string_or_strings(value: object) -> str | None:
    """Check for one string, or a list of strings."""
    return strings(value) if isinstance(value, list) else string(value)


def public_ip(value: object) -> str | None:
    """Check for a public IPv4 or IPv6 address."""
    return _public_ip(value) if isinstance(value, str) else NOT_A_STRING


@lru_cache(maxsize=4096)
def _public_ip(text: str) -> str | None:
    try:
        address = ip_address(text)
    except ValueError:
        return "not a valid IP address"
    inner = (address.ipv4_mapped if isinstance(address, IPv6Address) else None) or address
    return "must be a public IP address" if any(inner in block for block in _NOT_PUBLIC) else None


def one_of(*values: str, says: str | None = None) -> Check:
    """Return a check for one of `values`."""
    complaint = says or f"must be one of {', '.join(values)}"
    return lambda value: None if isinstance(value, str) and value in values else complaint


def forbidden(_value: object) -> str | None:
    """Refuse a field that belongs to the other API or to another level of the request."""
    return "unknown field"
