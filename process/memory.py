"""Keep the memory of this process small, where the C library is glibc; elsewhere these functions do less."""

import ctypes
import gc
from typing import Final

_ARENA_MAX: Final = -8
"""M_ARENA_MAX of glibc's malloc.h."""


def use_one_arena() -> None:
    """Let all threads share one arena: memory that one thread freed then serves the others. Call it before any thread.

    Threads of Python seldom allocate at the same instant, so they do not wait for it.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_ARENA_MAX, 1)


def give_back() -> None:
    """Collect what nothing refers to, and return free memory to the system."""
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
