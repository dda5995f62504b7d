"""Read `.env` of the working directory, as docker compose does: variables that are not set yet come from it."""

import os
from collections.abc import MutableMapping
from pathlib import Path
from typing import Final

from dotenv import dotenv_values

from config.errors import ConfigurationError, Problem

ENV_FILE: Final = Path(".env")


def load_env_file(path: Path = ENV_FILE, environ: MutableMapping[str, str] = os.environ) -> None:
    """Add the variables of the file at `path` to `environ`; those already set stay. The file may be missing.

    Raise ConfigurationError if the file cannot be read; messages show no value.
    """
    if not path.is_file():
        return
    try:
        values = dotenv_values(path, encoding="utf-8-sig")
    except OSError as error:
        raise ConfigurationError([Problem(str(path), None, f"cannot be read: {error.strerror}")]) from None
    except ValueError:
        raise ConfigurationError([Problem(str(path), None, "is not UTF-8 text")]) from None
    for name, value in values.items():
        if value:
            environ.setdefault(name, value)
