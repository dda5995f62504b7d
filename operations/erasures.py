"""Who erased a person, when, and how much there was: told to the log and kept in Redis; never whom."""

import time
from typing import Final

import msgspec
import redis
import structlog

from delivery.dead_letter import rfc3339
from operations.erasure import Erasure
from store.append_only_file import Rewriting
from store.audit_log import entries, keep_entry
from store.errors import RedisFull

log = structlog.get_logger("relay.erasures")

ON_DISK: Final[dict[Rewriting, str]] = {
    "rewritten": "Redis's append-only file was written anew: nothing of them is left in it",
    "no file": "this Redis keeps no append-only file, so there is none to write anew",
    "not allowed": "this Redis does not allow BGREWRITEAOF: its file keeps what was removed until its provider "
    "writes it anew. Ask them when that is, and how long backups are kept",
    "failed": "Redis could not write its append-only file anew: look at its log and at the space on its disk, then run "
    "this again",
    "still running": "Redis is still writing its append-only file anew: INFO persistence says when it is done",
}


class PastErasure(msgspec.Struct, frozen=True):
    """One entry; `kinds` are identity types, never values."""

    at: str
    who: str
    host: str
    kinds: tuple[str, ...]
    events: int
    letters: int
    addresses: int
    complete: bool
    on_disk: str


def note_erasure(
    client: redis.Redis, who: str, host: str, kinds: tuple[str, ...], erasure: Erasure, on_disk: Rewriting
) -> None:
    """Write down what was erased, and by whom."""
    at = rfc3339(time.time_ns() // 1_000_000)
    counts = erasure.events, erasure.letters, erasure.addresses
    entry = PastErasure(at, who, host, kinds, *counts, complete=erasure.is_complete, on_disk=on_disk)
    log.warning("person_erased", **msgspec.structs.asdict(entry))
    try:
        keep_entry(client, "erasures", msgspec.json.encode(entry))
    except RedisFull as error:  # the log has it
        log.warning("erasure_not_stored", why=error.what)


def past_erasures(client: redis.Redis) -> list[PastErasure]:
    """Those that are kept, newest first."""
    return [_read(entry) for entry in entries(client, "erasures")]


def _read(entry: bytes) -> PastErasure:
    """Return the entry; one that is damaged, or a newer relay's, says so, so that the others are read."""
    try:
        return msgspec.json.decode(entry, type=PastErasure)
    except (msgspec.DecodeError, UnicodeDecodeError):
        why = "this entry cannot be read"
        return PastErasure("unknown", "unknown", "unknown", (why,), 0, 0, 0, complete=False, on_disk="failed")
