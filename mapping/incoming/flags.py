"""Rename an event's custom flags to the names that the rows use, and find names that are nearly one of these."""

import re
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, Final, TypeAlias

from config.text_cache import cached_by_text
from mapping.values import is_blank

Flags: TypeAlias = dict[str, Any]

URL: Final = "TikTok.URL"
REFERRER: Final = "TikTok.Referrer"
CALLBACK: Final = "TikTok.Callback"
FLAGS: Final = frozenset({URL, REFERRER, CALLBACK})
"""The flags that relay reads."""

_BY_FOLD: Final = {name.casefold(): name for name in FLAGS}
_NEAR: Final = {
    **{name.casefold().replace(".", ""): name for name in FLAGS},
    **dict.fromkeys(("tiktokttclid", "tiktokclickid", "ttclid"), CALLBACK),
    **dict.fromkeys(("tiktokpageurl", "pageurl", "url"), URL),
    **dict.fromkeys(("referrer", "referer"), REFERRER),
}
_LIKENESS: Final = 0.8
_SEPARATORS: Final = re.compile(r"[\W_]+")
_LONGEST_NAME: Final = 40

NO_FLAGS: Final[Flags] = {}


def by_name(flags: Flags) -> tuple[Flags, Mapping[str, str]]:
    """Return the flags under their known names, and each unknown name with the absent flag that it may mean.

    Names compare without case. The exact name comes before others, a flag with a value before a blank one.
    """
    found: Flags = {name: value for name, value in flags.items() if name in FLAGS}
    others = [name for name in flags if name not in FLAGS]
    for name in others:
        known = _BY_FOLD.get(name.strip().casefold())
        if known is not None and _is_empty(found.get(known)):
            found[known] = flags[name]
    misnamed = {name: near for name in others if (near := _near(name)) and _is_empty(found.get(near))}
    return found, misnamed


@cached_by_text(1024)
def _near(name: str) -> str | None:
    """Return the flag that `name` may mean; None for a flag itself and for any other name."""
    if len(name) > _LONGEST_NAME or name.strip().casefold() in _BY_FOLD:
        return None
    plain = _SEPARATORS.sub("", name.casefold())
    likely = get_close_matches(plain, _NEAR, n=1, cutoff=_LIKENESS)
    return _NEAR[likely[0]] if likely else None


def _is_empty(value: object) -> bool:
    return value is None or is_blank(value) or value == []
