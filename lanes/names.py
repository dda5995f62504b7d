"""Names of lanes: `<connection>:<n>`, with n from 0 to the number of lanes less one."""

import random
import re
from typing import Final

LANES_PER_CONNECTION: Final = 4
DAYS_KEPT: Final = 90
"""Days for which daily counts are kept, for each connection."""

_LANE: Final = re.compile(r"([a-z0-9-]+):(\d+)")


def lane_name(connection: str, number: int) -> str:
    """Return the name of the connection's lane of that number."""
    return f"{connection}:{number}"


def random_lane() -> int:
    """Return the number of any lane, so that load spreads over all of them."""
    return random.randrange(LANES_PER_CONNECTION)  # noqa: S311 - keeps no secret


def connection_of(lane: str) -> str:
    """Return the connection of a lane. Raise ValueError when `lane` is no lane's name."""
    match = _LANE.fullmatch(lane)
    if match is None:
        raise ValueError("not a lane's name: expected <connection>:<number>")
    return match[1]
