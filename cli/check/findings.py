"""What `relay check` says: one thing looked at, and what to do about it."""

from typing import Literal

import msgspec


class Finding(msgspec.Struct, frozen=True):
    """One thing looked at: how it is, what was found, and what to do about it (empty: nothing)."""

    check: str
    status: Literal["ok", "warning", "wrong"]
    found: str
    remedy: str = ""
