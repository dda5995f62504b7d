"""An event's custom flags under the names that the rows know them by, and those that nearly have such a name."""

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
"""Those that relay reads."""

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
    """Return the flags under their own names, and the misnamed: each with the absent flag that it may be meant for.

    Names compare without case: the name itself comes before others, one that says something before blanks.
    """
    found: Flags = {name: value for name, value in flags.items() if name in FLAGS}
    others = [name for name in flags if name not in FLAGS]
    for name in others:
        known = _BY_FOLD.get(name.strip().casefold())
        if known is not None and _says_nothing(found.get(known)):
            found[known] = flags[name]
    misnamed = {name: near for name in others if (near := _near(name)) and _says_nothing(found.get(near))}
    return found, misnamed


@cached_by_text(1024)
def _near(name: str) -> str | None:
    """Return the flag that `name` may be meant for; None for one that is another's business, or a flag itself."""
    if len(name) > _LONGEST_NAME or name.strip().casefold() in _BY_FOLD:
        return None
    plain = _SEPARATORS.sub("", name.casefold())
    likely = get_close_matches(plain, _NEAR, n=1, cutoff=_LIKENESS)
    return _NEAR[likely[0]] if likely else None


def _says_nothing(value: object) -> bool:
    return value is None or is_blank(value) or value == []
