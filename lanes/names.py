"""Names of lanes: `<connection>:<n>`, with n from 0 to the number of lanes less one."""

import random
import re
import time
from typing import Final

LANES_PER_CONNECTION: Final = 4
DAYS_KEPT: Final = 90
"""Days for which daily counts are kept, for each connection."""

LANE_FOR_S: Final = 0.02
"""How long a process appends to one lane before it takes the next one."""
_BEGIN: Final = random.random() * LANES_PER_CONNECTION  # noqa: S311 - keeps no secret

_LANE: Final = re.compile(r"([a-z0-9-]+):(\d+)")


def lane_name(connection: str, number: int) -> str:
    """Return the name of the connection's lane of that number."""
    return f"{connection}:{number}"


def random_lane() -> int:
    """Return the number of any lane, so that load spreads over all of them."""
    return random.randrange(LANES_PER_CONNECTION)  # noqa: S311 - keeps no secret


def lane_of_the_moment() -> int:
    """Return the number of the lane for an append now.

    Appends within the same LANE_FOR_S share a lane, so that requests have more events. Each process begins with another
    lane.
    """
    return int(time.monotonic() / LANE_FOR_S + _BEGIN) % LANES_PER_CONNECTION


def connection_of(lane: str) -> str:
    """Return the connection of a lane. Raise ValueError when `lane` is no lane's name."""
    match = _LANE.fullmatch(lane)
    if match is None:
        raise ValueError("not a lane's name: expected <connection>:<number>")
    return match[1]
