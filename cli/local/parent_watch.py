"""How a child of `relay up` learns that its parent is gone: standard input, a pipe only the parent holds, ends.

It works for a parent killed with SIGKILL, on every Unix, and across the worker's replacing itself.
"""

import os
import signal
import threading
import time
from typing import Final

VARIABLE: Final = "RELAY_SUPERVISED"
"""Set by the parent for its children: standard input is its lifeline."""

LEAVE_WITHIN_S: Final = 30.0


def leave_with_parent() -> None:
    """Where a parent supervises this process: leave, finishing what has begun, as soon as it is gone."""
    if os.environ.get(VARIABLE):
        threading.Thread(target=_wait_for_parent, name="relay-companion", daemon=True).start()


def _wait_for_parent() -> None:
    while os.read(0, 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(LEAVE_WITHIN_S)
    os._exit(1)  # it did not go: its port and its slots belong to the next relay up
