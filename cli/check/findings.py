"""One result of `relay check`."""

from typing import Literal

import msgspec


class Finding(msgspec.Struct, frozen=True):
    """What was checked, its status, what was found, and what to do about it (empty: nothing)."""

    check: str
    status: Literal["ok", "warning", "wrong"]
    found: str
    remedy: str = ""
