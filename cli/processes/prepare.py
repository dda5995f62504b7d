"""Prepare the process of every command: forbid core dumps, and print in any character set."""

import codecs
import resource
import sys
from typing import Final, TextIO

_NO_DUMP_BYTES: Final = 1
"""Linux writes no core file smaller than a page, and with a limit of exactly 1 passes none to a program."""

_PLAIN: Final = {"…": "...", "→": "->", "←": "<-", "×": "x", "–": "-", "—": "-", "·": "-", "≤": "<=", "≥": ">="}
_HANDLER: Final = "relay-plain"


def prepare_process() -> None:
    """Prepare this process; call it once, before any output and before any secret is read."""
    _forbid_core_dumps()
    codecs.register_error(_HANDLER, _plain)
    for stream in (sys.stdout, sys.stderr):
        _print_everything(stream)


def _forbid_core_dumps() -> None:
    """Keep keys, tokens and personal data out of core files; child processes inherit the limit."""
    _, hard = resource.getrlimit(resource.RLIMIT_CORE)
    limit = _NO_DUMP_BYTES if hard == resource.RLIM_INFINITY else min(_NO_DUMP_BYTES, hard)
    resource.setrlimit(resource.RLIMIT_CORE, (limit, limit))


def _print_everything(stream: TextIO) -> None:
    """Replace characters that the terminal cannot show, where Python would raise UnicodeEncodeError."""
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors=_HANDLER)


def _plain(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object[error.start : error.end]
    return "".join(_PLAIN.get(character, "?") for character in text), error.end
