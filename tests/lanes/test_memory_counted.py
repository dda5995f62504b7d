"""What relay counts for a dead letter is at least what Redis uses for it, on every server."""

import pytest
import redis
from support.lane import NOW, AppendEvents
from support.memory import used_memory

from lanes.lanes import ClaimLimits, Lanes
from lanes.settlement import BatchSizing, Lease, Released, Settlement, StoredDeadLetter

AT_ONCE = 415
DEAD_LETTERS = 20 * AT_ONCE
"""More than 8,192: Redis has just doubled its tables, and needs most for each entry."""
ID, PART_ID, CONTENT, PART = "{:032x}", "{:016x}", b"x" * 700, b"y" * 600


@pytest.mark.parametrize("share", ["nothing", "one part of all", "a part of each"])
def test_a_dead_letter_uses_at_most_what_is_counted(
    share: str, client: redis.Redis, lanes: Lanes, append: AppendEvents
) -> None:
    """Its ids and its places in Redis's tables included, and the part that it shares."""
    append(*range(AT_ONCE))
    before = used_memory(client)
    for first in range(0, DEAD_LETTERS, AT_ONCE):
        append(*range(AT_ONCE))
        numbers = range(first, first + AT_ONCE)
        parts = {"nothing": {}, "one part of all": {0: PART}, "a part of each": dict.fromkeys(numbers, PART)}[share]
        settlement = Settlement(
            BatchSizing(),
            trim=1,
            counts={"dead_lettered": AT_ONCE},
            dead_letters=[StoredDeadLetter(ID.format(n), "rejected", CONTENT, part_of(n, share)) for n in numbers],
            shared={PART_ID.format(number): part for number, part in parts.items()},
        )
        lease = lanes.claim("shop:0", ClaimLimits(events=AT_ONCE), NOW)
        assert isinstance(lease, Lease)
        assert lanes.settle(lease, settlement, now_ms=NOW) == Released(waiting=AT_ONCE)
    counted = int(client.hget("connection:shop", "dead_letter_bytes") or 0)
    used = used_memory(client) - before
    assert used <= counted, f"{used / DEAD_LETTERS:.0f} bytes used, {counted / DEAD_LETTERS:.0f} counted for each"


def part_of(number: int, share: str) -> str:
    """Return the id of the part that the dead letter shares; empty for none."""
    return {"nothing": "", "one part of all": PART_ID.format(0), "a part of each": PART_ID.format(number)}[share]
