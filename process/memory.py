"""Give memory that is free inside this process back to the machine."""

import ctypes
import gc


def give_back() -> None:
    """Collect what nothing refers to, and return free memory to the system, where the C library can (glibc)."""
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
