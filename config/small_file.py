"""Reads small regular files, and tells whether one may have changed since."""

import errno
import hashlib
from pathlib import Path

MAX_BYTES = 1 << 20


def read_small(path: Path) -> bytes:
    """The content of a regular file of at most MAX_BYTES; anything else is an OSError, and a pipe never blocks."""
    if path.exists() and not path.is_file():
        raise OSError(errno.EINVAL, "it is not a regular file")
    with path.open("rb") as file:
        content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise OSError(errno.EFBIG, f"it is larger than {MAX_BYTES >> 20} MiB")
    return content


def digest_of(path: Path) -> bytes | None:
    """A hash of what `read_small` would return; None where it would raise."""
    try:
        return digest(read_small(path))
    except (OSError, ValueError):
        return None


def digest(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()


def signature_of(path: Path) -> tuple[int, ...] | None:
    """Device, inode, size and the times in ns of last change, links followed; None when there is no such file."""
    try:
        found = path.stat()
    except (OSError, ValueError):
        return None
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def changed_ns(signature: tuple[int, ...] | None) -> int:
    """When it last changed, in ns since 1970; 0 for a file that is not there."""
    return max(signature[-2:]) if signature else 0
