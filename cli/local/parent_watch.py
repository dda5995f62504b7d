"""Stop a child of `relay up` when its parent is gone: its standard input, a pipe that only the parent holds, ends.

This works on every Unix, for a parent killed with SIGKILL, and when a worker replaces itself by exec.
"""

import os
import signal
import threading
import time
from typing import Final

VARIABLE: Final = "RELAY_SUPERVISED"
"""Set by the parent for its children, whose standard input is a pipe from it."""

LEAVE_WITHIN_S: Final = 30.0


def leave_with_parent() -> None:
    """Finish work in progress and exit once the supervising parent, if there is one, is gone."""
    if os.environ.get(VARIABLE):
        threading.Thread(target=_wait_for_parent, name="relay-parent-watch", daemon=True).start()


def _wait_for_parent() -> None:
    while os.read(0, 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(LEAVE_WITHIN_S)
    os._exit(1)  # the next relay up needs this port and these slots
