"""The queue's Lua scripts; `common.lua` opens with the glossary of the keys. Calls are in the modules beside."""

from typing import Final

import redis

from lanes.names import LANES_PER_CONNECTION
from lanes.settlement import RECHECK_MS
from store.scripts import PROFILE_NUMBERS, ScriptFolder, Scripts

DAY_MS: Final = 86_400_000
HOUR_MS: Final = 3_600_000
HOURS_KEPT: Final = 15 * 24
"""Hours of hourly counts: two weeks to compare with, and the day that runs."""
HOUR_NAMES: Final = 400
"""Names that an hour counts of a connection; further ones are not counted."""
DEAD_LETTER_OVERHEAD: Final = 460
"""What Redis needs for a dead letter beside its bytes, at most."""
SHARED_PART_OVERHEAD: Final = 300
"""What Redis needs, beside its bytes, for a part that several dead letters share, at most."""

LOOK_MS: Final = 1_000
"""How long a worker without a signal waits at most before it looks again at what is due."""
GATHER_MS: Final = 20
"""After a look that found lanes, the next one waits this long for more: a job for several events costs less."""
LATE_MS: Final = 100
"""How much longer than a job gathers its lane is kept for it, and gets the appends: the job may be late."""
NUMBER_KEPT_S: Final = 86_400
"""How long Redis keeps the number of a process's last append."""

LANE_SCRIPTS: Final = ScriptFolder(
    __package__,
    (
        ("LANES", LANES_PER_CONNECTION),
        ("DAY", DAY_MS),
        ("HOUR", HOUR_MS),
        ("HOURS_KEPT", HOURS_KEPT),
        ("HOUR_NAMES", HOUR_NAMES),
        ("RECHECK_MS", RECHECK_MS),
        ("LOOK_MS", LOOK_MS),
        ("GATHER_MS", GATHER_MS),
        ("LATE_MS", LATE_MS),
        ("NUMBER_KEPT_S", NUMBER_KEPT_S),
        ("DEAD_LETTER_OVERHEAD", DEAD_LETTER_OVERHEAD),
        ("SHARED_PART_OVERHEAD", SHARED_PART_OVERHEAD),
        *PROFILE_NUMBERS,
    ),
)


def lane_scripts(client: redis.Redis) -> Scripts:
    """Return the queue's scripts on this client."""
    return Scripts(client, LANE_SCRIPTS)
