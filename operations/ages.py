"""Read an age such as `7d`."""

import re
from typing import Final

_AGE: Final = re.compile(r"(\d{1,6})([dhm])")
_UNITS_MS: Final = {"m": 60_000, "h": 3_600_000, "d": 86_400_000}


def parse_age(text: str) -> int | None:
    """Return an age such as `7d`, `36h` or `90m` in milliseconds; None for any other text."""
    written = _AGE.fullmatch(text)
    return int(written[1]) * _UNITS_MS[written[2]] if written else None
