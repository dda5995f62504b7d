"""Names of lanes: `<connection>:<n>`. A connection's lanes are a connection."""

import re
from typing import Final

LANES_PER_CONNECTION: Final = 4

_LANE: Final = re.compile(r"([a-z0-9-]+):(\d+)")


def lane_name(connection: str, number: int) -> str:
    """The lane of that number in `connection`."""
    return f"{connection}:{number}"


def connection_of(lane: str) -> str:
    """The connection a lane belongs to; raises ValueError for anything that is not a lane's name."""
    match = _LANE.fullmatch(lane)
    if match is None:
        raise ValueError("not a lane's name: expected <connection>:<number>")
    return match[1]
