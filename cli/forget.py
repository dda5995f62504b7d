"""`relay forget`: erase a person's data from Redis and from its disk."""

import socket
import sys
import time
from collections.abc import Mapping, Sequence
from typing import Any, Final

from rich.console import RenderableType

from cli.changes import CONFIRM_WITHIN_MS, FAILOVER_WITHIN_S, changing, open_store
from cli.context import configuration_of
from cli.terminal.identities import read_identities
from cli.terminal.operator import who
from cli.terminal.output import console, count, note, plain, print_json, table
from lanes.appends.kept import KEEP_S
from operations.audit import ON_DISK, ON_DISK_IS_DONE, files_left, note_erasure, past_erasures
from operations.dead_letters.store import DeadLetterStore
from operations.erasure import Eraser, Erasure
from operations.format import plural
from operations.receipts.what_stays import describe_what_stays
from process.logs import configure_logging
from store.append_only_file import Rewriting, rewrite_file
from store.records.profiles import ProfileCodec, ProfileStore
from store.replication.confirmation import confirmations, through_failover
from store.replication.replicas import primary_id, replicas_of, rewrite_files_of_replicas

_UNREAD: Final = {
    "email": "not an email address, so relay finds the same text only. Check it for typing errors.",
    "mobile_number": "not an international number, so relay may not find it. Pass it with + and the country code.",
}
_NEITHER: Final = "neither an email address nor an international number, so relay finds the same text only."
"""What is said of an identity that TikTok could not read, by its type; and of any other type."""
LOOK_AGAIN_S: Final = KEEP_S + 5.0


def forget(*, written: tuple[str, ...], identity_file: Any, dry_run: bool, past: bool, as_json: bool) -> None:
    """Erase a person's data: waiting events, dead letters, profiles, and their traces on disk."""
    if past:
        _show_past(as_json=as_json)
        return
    identities = read_identities(written, identity_file)
    on_disk: Rewriting | None = None
    replicas: Mapping[str, Rewriting] = {}
    with open_store() as store:
        configure_logging(store.settings)
        eraser = Eraser(store, configuration_of(store.settings), identities, dry_run=dry_run)
        for kind in eraser.unread():
            note(f"{kind}: {_UNREAD.get(kind, _NEITHER)}")
        profiles = ProfileStore(store.client, ProfileCodec(store.settings.keyring))
        if dry_run:
            erasure = eraser.erase(profiles)
        else:
            erasure, on_disk, replicas = _erase(store, eraser, profiles)
            kinds = tuple(dict.fromkeys(identity.kind for identity in identities))
            left = files_left(on_disk, replicas)
            with changing(store.settings, store.client):
                note_erasure(store.client, who(), socket.gethostname(), kinds, erasure, left)
        staying = describe_what_stays(store.settings, store.client)
    if as_json:
        print_json(_object(erasure, on_disk, replicas))
    else:
        console().print(_table(erasure))
    _print_totals(erasure, on_disk, replicas, staying)
    sys.exit(not erasure.is_complete or (on_disk is not None and files_left(on_disk, replicas) not in ON_DISK_IS_DONE))


def _erase(
    store: DeadLetterStore, eraser: Eraser, profiles: ProfileStore
) -> tuple[Erasure, Rewriting, Mapping[str, Rewriting]]:
    """Erase from memory and from files; do it again when Redis failed over meanwhile: the new primary may lack it.

    Ingest may also have made the person's last appends again; it keeps appends for half a minute.
    """
    client = store.client
    primary, erasure = through_failover(lambda: primary_id(client), FAILOVER_WITHIN_S), None
    while True:
        found = through_failover(lambda: eraser.erase(profiles), FAILOVER_WITHIN_S)
        erasure = erasure.followed_by(found) if erasure else found
        through_failover(lambda: _wait_for_replicas(store), FAILOVER_WITHIN_S)
        note("Erased from memory. Redis now rewrites its append-only file …")
        on_disk = through_failover(lambda: rewrite_file(client), FAILOVER_WITHIN_S)
        replicas = through_failover(lambda: rewrite_files_of_replicas(client), FAILOVER_WITHIN_S)
        former, primary = primary, through_failover(lambda: primary_id(client), FAILOVER_WITHIN_S)
        if primary == former:
            return erasure, on_disk, replicas
        note(f"Redis failed over meanwhile. Looking again in {LOOK_AGAIN_S:.0f} s …")
        time.sleep(LOOK_AGAIN_S)


def _wait_for_replicas(store: DeadLetterStore) -> None:
    """Wait until all replicas that follow have the erasure, or RELAY_REPLICAS of them. Raise RedisAway."""
    following = len(replicas_of(store.client))
    confirmations(store.client, max(store.settings.replicas, following), CONFIRM_WITHIN_MS)


def _object(erasure: Erasure, on_disk: Rewriting | None, replicas: Mapping[str, Rewriting]) -> dict[str, Any]:
    return {
        "dry_run": on_disk is None,
        "complete": erasure.is_complete,
        "connections": erasure.connections,
        "profiles": erasure.profiles,
        "on_disk": on_disk,
        "replicas": replicas,
    }


def _table(erasure: Erasure) -> RenderableType:
    numbers = ("waiting events", "dead letters")
    rows = table("connection", *numbers, right=numbers)
    for connection in erasure.connections:
        rows.add_row(connection.id, count(connection.events), count(connection.dead_letters))
    return rows


def _print_totals(
    erasure: Erasure, on_disk: Rewriting | None, replicas: Mapping[str, Rewriting], staying: Sequence[str]
) -> None:
    """Print totals and what is left to do on stderr."""
    total = f"{plural(erasure.events, 'waiting event')}, {plural(erasure.dead_letters, 'dead letter')}"
    verb = "would be erased" if on_disk is None else "erased"
    note(f"{verb}: {total}, {plural(erasure.profiles, 'profile')}")
    if erasure.keeps_coming:
        note("New events of this person keep arriving. Stop their sender, then run this again.")
    for connection in erasure.connections:
        if connection.in_delivery:
            note(f"{connection.id}: a worker is still sending this person's events. Run this again in a minute.")
        if connection.unreadable:
            unread = plural(connection.unreadable, "chunk or dead letter", "chunks or dead letters")
            note(f"{connection.id}: {unread} cannot be read and may hold data of this person: {connection.what_to_do}")
    if not (erasure.events or erasure.dead_letters or erasure.profiles):
        note("Nothing of this person was found. Check the identities: relay finds what it is given, and nothing else.")
    if on_disk is not None:
        note(ON_DISK[on_disk])
    for sentence in staying:
        note(sentence)
    for replica, how in replicas.items():
        note(f"Replica {replica}: {ON_DISK[how]}")


def _show_past(*, as_json: bool) -> None:
    with open_store() as store:
        found = past_erasures(store.client)
    if as_json:
        print_json(found)
        return
    rows = table("at", "who", "by", "events", "dead letters", "complete", right=("events", "dead letters"))
    for erasure in found:
        by = ", ".join(erasure.kinds)
        complete = "yes" if erasure.complete and erasure.on_disk in ON_DISK_IS_DONE else "no"
        rows.add_row(
            erasure.at,
            plain(f"{erasure.who} on {erasure.host}"),
            by,
            f"{erasure.events:,}",
            f"{erasure.dead_letters:,}",
            complete,
        )
    if found:
        console().print(rows)
    else:
        note("No erasures.")
