"""Name the operator who runs a command, for the audit log."""

import getpass
import os


def who() -> str:
    """Return the system's user name, with the user behind `sudo` in parentheses; the user id where it has no name."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):
        name = str(os.getuid())
    sudo_user = os.environ.get("SUDO_USER")
    return f"{name} ({sudo_user})" if sudo_user else name
