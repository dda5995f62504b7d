"""Who was shown personal data of dead letters, and when: told to the log, and kept in Redis for who asks later."""

import time
from collections.abc import Sequence
from typing import Final

import msgspec
import structlog

from delivery.dead_letter import rfc3339
from operations.dead_letters.store import LetterBox
from store.audit_log import entries, keep_entry
from store.errors import RedisFull

MOST_IDS: Final = 20

log = structlog.get_logger("relay.reveals")


class Reveal(msgspec.Struct, frozen=True):
    """One entry; `letters` are ids, and the first of them where there were many."""

    at: str
    who: str
    host: str
    command: str
    number: int
    letters: tuple[str, ...]


def note_reveal(box: LetterBox, who: str, host: str, command: str, letter_ids: Sequence[str]) -> None:
    """Write down that `who`, at `host`, is shown these letters unmasked; call it before they are."""
    at = rfc3339(time.time_ns() // 1_000_000)
    reveal = Reveal(at, who, host, command, len(letter_ids), tuple(letter_ids[:MOST_IDS]))
    log.warning("personal_data_revealed", **msgspec.structs.asdict(reveal))
    try:
        keep_entry(box.client, "reveals", msgspec.json.encode(reveal))
    except RedisFull as error:  # mending letters is what makes room: the log has it
        log.warning("reveal_not_stored", why=error.what)


def kept_reveals(box: LetterBox) -> list[Reveal]:
    """Those that are kept, newest first."""
    return [_read(entry) for entry in entries(box.client, "reveals")]


def _read(entry: bytes) -> Reveal:
    """Return the entry; one that is damaged, or a newer relay's, says so, so that the others are read."""
    try:
        return msgspec.json.decode(entry, type=Reveal)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return Reveal("unknown", "unknown", "unknown", "this entry cannot be read", 0, ())
