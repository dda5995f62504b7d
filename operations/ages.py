"""Read and write an age such as `7d`."""

import re
from typing import Final

from config.reading.readers import SECONDS

_AGE: Final = re.compile(r"(\d{1,6})([dhm])")


def parse_age(text: str) -> int | None:
    """Return an age such as `7d`, `36h` or `90m` in milliseconds; None for any other text."""
    written = _AGE.fullmatch(text)
    return int(written[1]) * SECONDS[written[2]] * 1000 if written else None


def age_text(seconds: int) -> str:
    """Return whole minutes in the longest unit that divides them: `7d`, `36h` or `90m`."""
    unit, length = next((unit, length) for unit, length in SECONDS.items() if seconds % length == 0)
    return f"{seconds // length}{unit}"
