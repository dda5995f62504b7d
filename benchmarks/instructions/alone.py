"""Count the instructions of events that are posted alone: of ingest, a whole worker with Celery, and the server.

Posts come in waves of 1, 8 and 64, each once TikTok has the wave before. What the processes do without work is counted
apart and subtracted: ten seconds of it, as a rate.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final, NamedTuple

from benchmarks.instructions.callgrind import Counter
from benchmarks.instructions.counted_bed import CountedBed
from benchmarks.support.bed import Bed
from benchmarks.support.data import batches
from benchmarks.support.load import drive
from benchmarks.support.waiting import wait_for

WAVES: Final = {1: 24, 8: 12, 64: 6}
"""Posts at once → how many waves."""
IDLE_S: Final = 10.0
NO_FLOWER_S: Final = 25.0
"""By then a worker sends no events of jobs, because Flower did not ask for them."""
ARRIVE_WITHIN_S: Final = 300.0


class _Counted(NamedTuple):
    """Instructions of each process, and how long they were counted."""

    instructions: list[int]
    seconds: float


def count_alone(folder: Path) -> Iterator[tuple[int, list[float]]]:
    """Yield, for each size of a wave, the instructions of ingest, worker and server for an event."""
    with ExitStack() as stack:
        bed = stack.enter_context(CountedBed(folder))
        bed.environment |= {"PYTHONHASHSEED": "0"}
        ingest, url = bed.ingest()
        counters = [Counter(process.pid, folder) for process in (ingest, bed.worker(), bed.server)]
        began = time.monotonic()
        for seed in (2, 3):
            _post(bed, url, batches(64, 1, seed=seed))
        time.sleep(max(0.0, NO_FLOWER_S - (time.monotonic() - began)))
        idle = _counted(counters, lambda: time.sleep(IDLE_S))
        for together, waves in WAVES.items():
            counted = _counted(counters, lambda: _post_waves(bed, url, together, waves))  # noqa: B023 - called at once
            yield (
                together,
                [
                    (of_work - of_idle / idle.seconds * counted.seconds) / (together * waves)
                    for of_work, of_idle in zip(counted.instructions, idle.instructions, strict=True)
                ],
            )


def _counted(counters: Sequence[Counter], work: Callable[[], object]) -> _Counted:
    """Count while `work` runs."""
    before = [counter.instructions for counter in counters]
    with ExitStack() as stack:
        for counter in counters:
            stack.enter_context(counter.counting())
        began = time.monotonic()
        work()
        seconds = time.monotonic() - began
    counted = [counter.instructions - former for counter, former in zip(counters, before, strict=True)]
    return _Counted(counted, seconds)


def _post_waves(bed: Bed, url: str, together: int, waves: int) -> None:
    for wave in range(waves):
        _post(bed, url, batches(together, 1, seed=100 * together + wave))


def _post(bed: Bed, url: str, bodies: Sequence[bytes]) -> None:
    """Post these at once, and return when TikTok has them."""
    expected = bed.tiktok.count() + len(bodies)
    drive(url, "/v2/events", bodies, len(bodies), 0)
    wait_for(lambda: bed.tiktok.count() >= expected, "events at TikTok", ARRIVE_WITHIN_S)
