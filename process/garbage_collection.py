"""The garbage collector, told what ingest is like: much that lives for ever, and requests that leave no cycles.

Not for a worker: its HTTP client leaves cycles that hold a request's megabyte each, and they must go soon.
"""

import gc
from typing import Final

THRESHOLDS: Final = (20_000, 50, 100)
"""Python's own (700, 10, 10) look through everything after a few hundred requests in flight, and find nothing."""


def tune_garbage_collection() -> None:
    """Call when a process has loaded what it needs: that is never looked through again, the rest more rarely."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
