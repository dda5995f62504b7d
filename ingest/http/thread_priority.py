"""The event loop before other threads: how soon a thread that computes lets the loop take batches."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

GIVES_WAY_S: Final = 0.0005
"""How long a thread that computes may keep the event loop from running (Python's own: 5 ms)."""


@contextmanager
def prefer_event_loop() -> Iterator[None]:
    """Within the block, threads give way this soon."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(GIVES_WAY_S)
    try:
        yield
    finally:
        sys.setswitchinterval(before)
