"""A worker without Celery: for each line that comes in, drain all lanes and say how many events ended.

`python -m benchmarks.instructions.worker`, with the environment of a worker.
"""

import gc
import os
import sys
from typing import Final

from benchmarks.support.bed import CONNECTION
from config.settings import Settings
from lanes.names import LANES_PER_CONNECTION
from lanes.receipts.blocks import merge_receipts
from worker.drain import drain
from worker.runtime import Runtime

A_BLOCK: Final = 1_000
"""Receipts of a block here, so that merging is counted; otherwise a block has thirty times as many."""


def main() -> None:
    """Drain on demand, until standard input ends."""
    runtime = Runtime(Settings(), os.environ["RELAY_REDIS_URL"])
    gc.disable()  # when it runs depends on what ran before
    for _ in sys.stdin:
        reports = [drain(f"{CONNECTION}:{lane}", runtime, "a-job") for lane in range(LANES_PER_CONNECTION)]
        if runtime.receipts.budget:
            merge_receipts(runtime.client_of_redis, runtime.receipts.budget, A_BLOCK)
        print("drained", sum(report.ended for report in reports), flush=True)


if __name__ == "__main__":
    main()
