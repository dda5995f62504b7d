"""Read small regular files, and find out whether one may have changed."""

import errno
import hashlib
from pathlib import Path

MAX_BYTES = 1 << 20


def read_small(path: Path) -> bytes:
    """Return the content of a regular file of at most MAX_BYTES. Raise OSError for all else; never block on a pipe."""
    if path.exists() and not path.is_file():
        raise OSError(errno.EINVAL, "it is not a regular file")
    with path.open("rb") as file:
        content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise OSError(errno.EFBIG, f"it is larger than {MAX_BYTES >> 20} MiB")
    return content


def digest_of(path: Path) -> bytes | None:
    """Return a hash of the file's content; None where `read_small` raises."""
    try:
        return digest(read_small(path))
    except (OSError, ValueError):
        return None


def digest(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()


def signature_of(path: Path) -> tuple[int, ...] | None:
    """Return device, inode, size and the times of the last change in ns, links followed; None without a file."""
    try:
        found = path.stat()
    except (OSError, ValueError):
        return None
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def changed_ns(signature: tuple[int, ...] | None) -> int:
    """Return the time of the last change in ns since 1970; 0 without a file."""
    return max(signature[-2:]) if signature else 0
