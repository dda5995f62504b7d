"""Record who saw personal data of dead letters, and who erased a person: in the log and in Redis's audit log."""

import time
from collections.abc import Mapping, Sequence
from typing import Final, TypeVar

import msgspec
import redis
import structlog

from delivery.dead_letter import rfc3339
from operations.dead_letters.store import DeadLetterStore
from operations.erasure import Erasure
from store.append_only_file import Rewriting
from store.errors import RedisFull
from store.records.audit_log import add_entry, entries

MOST_IDS: Final = 20
REVEALS: Final = "reveals"
ERASURES: Final = "erasures"

ON_DISK: Final[dict[Rewriting, str]] = {
    "rewritten": "Redis rewrote its append-only file: no data of the person is left in it",
    "no file": "this Redis keeps no append-only file, so there is none to rewrite",
    "not allowed": "this Redis does not allow BGREWRITEAOF: its file keeps what was removed until its provider "
    "rewrites it. Ask the provider when that happens, and how long backups are kept",
    "failed": "Redis could not rewrite its append-only file: look at its log and at the space on its disk, then run "
    "this again",
    "still running": "Redis is still rewriting its append-only file: INFO persistence says when it is done",
    "behind": "this replica did not receive the removal in time, so its file still has the data: see why its "
    "replication stands still, then run this again",
    "not reached": "relay cannot reach this replica with the user and password of RELAY_REDIS_URL, so its file may "
    "still have the data: run BGREWRITEAOF there",
}
ON_DISK_IS_DONE: Final = ("rewritten", "no file")
_UNREADABLE: Final = "this entry cannot be read"

Entry = TypeVar("Entry")
log = structlog.get_logger("relay.audit")


class Reveal(msgspec.Struct, frozen=True):
    """One reveal: `number` dead letters were shown; `dead_letters` has the first of their ids."""

    at: str
    who: str
    host: str
    command: str
    number: int
    dead_letters: tuple[str, ...]


class PastErasure(msgspec.Struct, frozen=True):
    """One erasure; `kinds` are identity types, never values."""

    at: str
    who: str
    host: str
    kinds: tuple[str, ...]
    events: int
    dead_letters: int
    profiles: int
    complete: bool
    on_disk: str


def note_reveal(store: DeadLetterStore, who: str, host: str, command: str, dead_letter_ids: Sequence[str]) -> None:
    """Record that `who`, at `host`, sees these dead letters unmasked. Call it before they are shown."""
    reveal = Reveal(_now(), who, host, command, len(dead_letter_ids), tuple(dead_letter_ids[:MOST_IDS]))
    log.warning("personal_data_revealed", **msgspec.structs.asdict(reveal))
    try:
        add_entry(store.client, REVEALS, msgspec.json.encode(reveal))
    except RedisFull as error:  # the log has it, and correcting dead letters is what frees memory
        log.warning("reveal_not_stored", why=error.what)


def past_reveals(store: DeadLetterStore) -> list[Reveal]:
    """Return the reveals in Redis, newest first; one that cannot be read says so."""
    unreadable = Reveal("unknown", "unknown", "unknown", _UNREADABLE, 0, ())
    return [_read(entry, unreadable) for entry in entries(store.client, REVEALS)]


def files_left(on_disk: Rewriting, replicas: Mapping[str, Rewriting]) -> Rewriting:
    """Return how the rewriting of all files ended: the first that is not done, if there is one."""
    return next((each for each in (on_disk, *replicas.values()) if each not in ON_DISK_IS_DONE), on_disk)


def note_erasure(
    client: redis.Redis, who: str, host: str, kinds: tuple[str, ...], erasure: Erasure, on_disk: Rewriting
) -> None:
    """Record who erased a person, and how much was removed."""
    counts = erasure.events, erasure.dead_letters, erasure.profiles
    entry = PastErasure(_now(), who, host, kinds, *counts, complete=erasure.is_complete, on_disk=on_disk)
    log.warning("person_erased", **msgspec.structs.asdict(entry))
    try:
        add_entry(client, ERASURES, msgspec.json.encode(entry))
    except RedisFull as error:  # the log has it
        log.warning("erasure_not_stored", why=error.what)


def past_erasures(client: redis.Redis) -> list[PastErasure]:
    """Return the erasures in Redis, newest first; one that cannot be read says so."""
    unreadable = PastErasure("unknown", "unknown", "unknown", (_UNREADABLE,), 0, 0, 0, complete=False, on_disk="failed")
    return [_read(entry, unreadable) for entry in entries(client, ERASURES)]


def _read(entry: bytes, unreadable: Entry) -> Entry:
    """Return the stored entry, or `unreadable` where it is damaged or written by a newer relay."""
    try:
        return msgspec.json.decode(entry, type=type(unreadable))
    except (msgspec.DecodeError, UnicodeDecodeError):
        return unreadable


def _now() -> str:
    return rfc3339(time.time_ns() // 1_000_000)
