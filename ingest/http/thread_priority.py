"""Prefer the event loop to other threads: batches wait less for a thread that computes."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

SWITCH_INTERVAL_S: Final = 0.0005
"""How long a computing thread may keep the event loop waiting (Python's default: 5 ms)."""


@contextmanager
def prefer_event_loop() -> Iterator[None]:
    """Use SWITCH_INTERVAL_S within the block."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    try:
        yield
    finally:
        sys.setswitchinterval(before)
