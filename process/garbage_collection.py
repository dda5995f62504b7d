"""Tune garbage collection for ingest, where much lives as long as the process and requests leave no cycles.

Not for a worker, which collects seldom anyway: mapped events are of types without collection. A cycle that a library
leaves may hold a request's megabyte, which must be freed soon.
"""

import gc
from typing import Final

THRESHOLDS: Final = (20_000, 50, 100)
"""Python's defaults (700, 10, 10) scan everything after a few hundred requests in flight, and find nothing."""


def tune_garbage_collection() -> None:
    """Exclude everything loaded so far from garbage collection, and scan new objects less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
