"""Prepare the process of any command: no core dumps, and output that no terminal's character set can break."""

import codecs
import resource
import sys
from typing import Final, TextIO

_NO_DUMP_BYTES: Final = 1
"""Linux writes no core file under a page, and hands none to a program when the limit is exactly 1."""

_PLAIN: Final = {"…": "...", "→": "->", "←": "<-", "×": "x", "–": "-", "—": "-", "·": "-", "≤": "<=", "≥": ">="}
_HANDLER: Final = "relay-plain"


def prepare_process() -> None:
    """Call once, before anything is printed or any secret is read."""
    _forbid_core_dumps()
    codecs.register_error(_HANDLER, _plain)
    for stream in (sys.stdout, sys.stderr):
        _print_everything(stream)


def _forbid_core_dumps() -> None:
    """Keep keys, tokens and personal data in memory out of core files; children inherit the limit."""
    _, hard = resource.getrlimit(resource.RLIMIT_CORE)
    limit = _NO_DUMP_BYTES if hard == resource.RLIM_INFINITY else min(_NO_DUMP_BYTES, hard)
    resource.setrlimit(resource.RLIMIT_CORE, (limit, limit))


def _print_everything(stream: TextIO) -> None:
    """Let a terminal that lacks a character get a plain one, where Python would end with a traceback."""
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors=_HANDLER)


def _plain(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object[error.start : error.end]
    return "".join(_PLAIN.get(character, "?") for character in text), error.end
