"""What each layer may raise that is no defect, as sentences for the person at the terminal."""

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
"""What a file system may say of any file: the operator's to repair, and no defect."""


def sentences_of(error: Exception) -> Sequence[str] | None:
    """What to say of it; None for a defect, which deserves its traceback."""
    match error:
        case ConfigurationError():
            return [str(problem) for problem in error.problems]
        case OperatorError():
            return [str(error)]
        case RedisAway():
            return [f"{error.trouble.problem}: {error.trouble.what_to_do}"]
        case RedisFull():
            return [f"Redis takes nothing more: {error.what}"]
        case OSError(filename=str() | bytes() as name) if error.errno in _OF_FILES:
            return [f"{os.fsdecode(name)} cannot be used: {reason_of(error)}"]
        case _:
            return None


def reason_of(error: OSError) -> str:
    """Why, in the system's words: `Address already in use`."""
    return os.strerror(error.errno) if error.errno else str(error)
