"""Turn expected exceptions into sentences for the operator: what happened and what to do."""

import errno
import os
from collections.abc import Sequence
from typing import Final

from config.errors import ConfigurationError
from operations.errors import OperatorError
from store.errors import RedisAway, RedisFull

_OF_FILES: Final = {
    *(errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EFBIG),
    *(errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG, errno.ELOOP, errno.EMFILE, errno.ENFILE),
}
"""Errors that a file system reports for any file; the operator repairs them."""


def sentences_of(error: Exception) -> Sequence[str] | None:
    """Return the sentences to print, or None for a defect of relay, which needs its traceback."""
    match error:
        case ConfigurationError():
            return [str(problem) for problem in error.problems]
        case OperatorError():
            return [str(error)]
        case RedisAway():
            return [f"{error.trouble.problem}: {error.trouble.what_to_do}"]
        case RedisFull():
            return [f"Redis is full and stores nothing more: {error.what}"]
        case OSError(filename=str() | bytes() as name) if error.errno in _OF_FILES:
            return [f"{os.fsdecode(name)} cannot be read or written: {reason_of(error)}"]
        case _:
            return None


def reason_of(error: OSError) -> str:
    """Return the system's reason, such as `Address already in use`."""
    return os.strerror(error.errno) if error.errno else str(error)
