"""Wait for a condition: the deadline is so generous that a busy machine fails no test."""

import threading
import time
from collections.abc import Callable
from typing import Any, Final

POLL_S: Final = 0.02
DEADLINE_S: Final = 120.0


def until(condition: Callable[[], Any], seconds: float = DEADLINE_S) -> Any:
    """Return what `condition` returns as soon as that is true; fail the test after `seconds`."""
    deadline = time.monotonic() + seconds
    while not (result := condition()):
        assert time.monotonic() < deadline, f"the condition is still false after {seconds:.0f} s"
        threading.Event().wait(POLL_S)
    return result
