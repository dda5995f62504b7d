"""Trace events by their ids: receipts, what waits, and dead letters that are older than the receipts."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec
import redis

from delivery.dead_letter import DeadLetter, dead_lettered_at_ms, rfc3339
from delivery.receipt import ReceiptFields, decode_receipt, digest_secrets, digester
from lanes.chunk import read_header
from lanes.dead_letters import dead_letter_ids, read_dead_letters
from lanes.errors import ChunkUnreadable
from lanes.ledger import Reading
from lanes.receipts.archive import archive_kept
from lanes.receipts.blocks import receipts_kept, search_receipts
from operations.archive.search import ALWAYS, Archive, Span
from operations.archive.storage import ArchiveError
from operations.dead_letters.store import DeadLetterStore
from operations.format import plural
from operations.receipts.item import TraceItem
from operations.receipts.waiting import find_waiting

_CLOCKS_MS: Final = 120_000
"""How far two dates may differ: a dead letter has the later date of two clocks, a receipt that of Redis."""


@dataclass(frozen=True, slots=True)
class Trace:
    """What is known of some events, by id in the order asked for; each oldest first.

    `since_ms`: receipts were read from this time on; None where there never was any. `until_ms`: up to this time, None
    for now. `lost`: the receipts that could not be archived in time. `archive_problem`: why the archive could
    not be read, so that older receipts are missing; "" when it could, or there is none.
    """

    items: dict[str, list[TraceItem]]
    since_ms: int | None
    archive_problem: str = ""
    until_ms: int | None = None
    lost: int = 0

    @property
    def unknown(self) -> list[str]:
        """The ids of events of which nothing is known."""
        return [event_id for event_id, items in self.items.items() if not items]


def describe_reach(found: Trace) -> str:
    """Return which receipts were read: without this, `not seen` means nothing."""
    if found.since_ms is None:
        return "There are no receipts yet."
    until = "now" if found.until_ms is None else rfc3339(found.until_ms)
    reach = f"Receipts were read from {rfc3339(found.since_ms)} to {until}."
    if found.lost:
        reach += f" {plural(found.lost, 'receipt')} could not be archived in time: these are missing."
    return reach


def trace(
    store: DeadLetterStore,
    reading: Reading,
    event_ids: Iterable[str],
    archive: Archive | None = None,
    span: Span = ALWAYS,
) -> Trace:
    """Return what is known of these events: what ended within `span`, and what waits. Raise RedisAway.

    `reading` is of the ledger, just before.

    What waits is read first, so that an item that ends meanwhile is not missed; then its receipt counts. The archive is
    read last: what Redis removes meanwhile is there.
    """
    items: dict[str, list[TraceItem]] = {event_id: [] for event_id in event_ids}
    lanes = [lane for connection in reading.connections for lane in connection.lanes]
    waiting = list(find_waiting(store.client, store.codec, lanes, items))
    ended, since_ms, problem = _ended(store, list(items), archive, span)
    for item in _with_dead_letters(store.client, ended):
        items[item.event_id].append(item)
    for item in _older_dead_letters(store, since_ms, items):
        if span.has(item.at_ms or 0):
            items[item.event_id].append(item)
    for item in waiting:
        if not _ended_since(item, items[item.event_id], reading.now_ms):
            items[item.event_id].append(item)
    by_time = {event_id: sorted(found, key=_time) for event_id, found in items.items()}
    lost = 0 if archive is None else archive_kept(store.client).lost
    return Trace(by_time, _later(since_ms, span.since_ms), problem, span.until_ms, lost)


def _later(reach_ms: int | None, since_ms: int | None) -> int | None:
    """Return from when on receipts were read; None where there are none."""
    return None if reach_ms is None else max(reach_ms, since_ms or 0)


def _ended(
    store: DeadLetterStore, event_ids: Sequence[str], archive: Archive | None, span: Span
) -> tuple[list[TraceItem], int | None, str]:
    """Return the receipts of these events, how far back receipts reach, and why the archive could not be read."""
    found = [item for item in _receipts(store, event_ids) if span.has(item.at_ms or 0)]
    since_ms = receipts_kept(store.client).since_ms
    if archive is None:
        return found, since_ms, ""
    try:
        archived = archive.search(store.client, event_ids, since_ms, span)
    except ArchiveError as error:
        return found, since_ms, str(error)
    older = Counter(TraceItem(event_id, receipt.facts, receipt.at_ms) for event_id, receipt in archived.receipts)
    both = Counter(found) | older  # a receipt that is in Redis and in the archive is one
    return list(both.elements()), min(filter(None, (since_ms, archived.since_ms)), default=None), ""


def _receipts(store: DeadLetterStore, event_ids: Sequence[str]) -> Iterator[TraceItem]:
    """Yield the receipts of these events that are in Redis."""
    by_digest: dict[bytes, str] = {}
    for secret in digest_secrets(store.keyring):
        by_digest.update(zip(digester(secret)(event_ids), event_ids, strict=True))
    for hit in search_receipts(store.client, by_digest):
        try:
            facts = decode_receipt(hit.body, hit.place)
        except (msgspec.MsgspecError, IndexError, TypeError, ValueError):
            continue  # a later version wrote it
        yield TraceItem(by_digest[hit.id], facts, hit.at_ms)


def _with_dead_letters(client: redis.Redis, found: Sequence[TraceItem]) -> Iterator[TraceItem]:
    """Yield these items, with dead letters that are still in the store."""
    ids: dict[str, list[str]] = {}
    for item in found:
        if item.facts.outcome == "dead_lettered" and item.facts.dead_letter:
            ids.setdefault(item.facts.connection, []).append(item.facts.dead_letter)
    dead_letters = {each.id: each for connection, some in ids.items() for each in _read(client, connection, some)}
    for item in found:
        there = item.facts.outcome == "dead_lettered" and item.facts.dead_letter in dead_letters
        yield item._replace(dead_letter=dead_letters[item.facts.dead_letter or ""]) if there else item


def _older_dead_letters(
    store: DeadLetterStore, since_ms: int | None, items: dict[str, list[TraceItem]]
) -> Iterator[TraceItem]:
    """Yield the dead letters of these events that have no receipt any more. Their ids say how old they are."""
    known = {item.facts.dead_letter for found in items.values() for item in found}
    for connection in store.connections:
        ids = dead_letter_ids(store.client, connection)
        if since_ms is not None:
            ids = [each for each in ids if (dead_lettered_at_ms(each) or 0) < since_ms + _CLOCKS_MS]
        for dead_letter in _read(store.client, connection, [each for each in ids if each not in known]):
            if dead_letter.event_id in items:
                yield TraceItem(
                    dead_letter.event_id or "", _facts(dead_letter), dead_letter.at_ms, dead_letter=dead_letter
                )


def _read(client: redis.Redis, connection: str, ids: Sequence[str]) -> Iterator[DeadLetter]:
    """Yield the named dead letters that are in the store and can be read."""
    for stored in read_dead_letters(client, [(connection, each) for each in ids]):
        try:
            yield DeadLetter.decode(stored or b"")
        except msgspec.MsgspecError:
            continue


def _facts(dead_letter: DeadLetter) -> ReceiptFields:
    try:
        received_ms = read_header(dead_letter.source).received_ms
    except ChunkUnreadable:
        received_ms = 0
    return ReceiptFields(
        dead_letter.connection,
        dead_letter.input,
        "dead_lettered",
        dead_letter.tiktok_event,
        dead_letter.reason,
        received_ms,
        dead_letter.attempts,
        tiktok_code=dead_letter.tiktok_code,
        tiktok_request_id=dead_letter.tiktok_request_id,
        job=dead_letter.job,
        dead_letter=dead_letter.id,
    )


def _ended_since(waiting: TraceItem, found: Sequence[TraceItem], since_ms: int) -> bool:
    """Return whether an item of the same event and connection ended after the backlog was looked through."""
    connection = waiting.facts.connection
    return any(item.facts.connection == connection and (item.at_ms or 0) >= since_ms for item in found)


def _time(item: TraceItem) -> tuple[float, int]:
    """Return the key that sorts items by the time when they ended; waiting items come last."""
    return (float("inf") if item.at_ms is None else item.at_ms, item.facts.received_ms)
