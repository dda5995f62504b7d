"""Who runs a command, for what is written down of it."""

import getpass
import os


def who() -> str:
    """The user, as the system names them, and who became them with sudo; a number where it has no name (containers)."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):
        name = str(os.getuid())
    behind = os.environ.get("SUDO_USER")
    return f"{name} ({behind})" if behind else name
