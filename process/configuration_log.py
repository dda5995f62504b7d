"""Log what became of a configuration file that a process reads again: in use, accepted or refused."""

from typing import Any

from config.errors import ConfigurationError
from config.file import ConfigurationFile


def log_refresh(log: Any, file: ConfigurationFile, before: ConfigurationError | None, *, is_new: bool) -> None:
    """Log the outcome of a `refresh`, once: `is_new` is what it returned, `before` the file's error until then."""
    if is_new:
        log.info("configuration_reloaded", file=str(file.path))
    elif before is not None and file.error is None and not file.is_held_back:
        log.info("configuration_accepted", file=str(file.path))
    elif file.error is not None and file.error is not before:
        log.error("configuration_refused", problem=file.error.sentence)
