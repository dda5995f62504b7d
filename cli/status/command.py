"""`relay status`: what was received and how it ended, from one reading of the ledger."""

import contextlib
import signal
import threading
import time
from collections.abc import Iterator
from typing import Any, Final

import click
import redis
from rich.console import Group, RenderableType
from rich.live import Live
from rich.text import Text

from cli.check.clocks import findings_of_clocks
from cli.check.dead_letters import findings_of_dead_letters
from cli.context import redis_url, settings_here
from cli.status.days import show_days
from cli.status.match_keys import show_match_keys
from cli.status.screen import Seen, describe_refusal, screen
from cli.terminal.output import BAD, MUTED, console, note, print_json
from config.settings import Settings
from delivery.dead_letter import rfc3339
from lanes.ledger import ConnectionReading, read_ledger, recount
from lanes.receipts.blocks import receipts_kept
from operations.alerts.drift.state import read_watches
from operations.alerts.drift.words import as_object, describe_drift
from operations.alerts.outage import as_fields
from operations.archive.reach import archive_as_object, archive_status
from operations.errors import OperatorError
from operations.format import plural
from operations.receipts.reach import receipts_as_object
from operations.status.connections import Overview, overview
from operations.status.imbalance import describe_imbalance
from operations.status.profiles import describe_profiles, profiles_as_object
from operations.status.rates import Rates
from store.client import connect
from store.diagnosis.probe import Probe
from store.diagnosis.trouble import refusal
from store.errors import RedisAway
from store.records.profiles import budget_of, profile_usage
from store.replication.durability import read_durability
from store.server import memory_use

REFRESH_S: Final = 1.0
RECOUNTS: Final = 5


def status(*, as_json: bool, watch: bool, verify: bool, match_keys: bool, days: int | None) -> None:
    """Show what was received and how it ended, for each connection."""
    _check(as_json=as_json, watch=watch, verify=verify, match_keys=match_keys, days=days)
    settings = settings_here()
    with connect(redis_url(settings)) as client:
        if match_keys:
            show_match_keys(client, overview(settings, client), days or 1, as_json=as_json)
            return
        if days is not None:
            show_days(client, overview(settings, client), days, as_json=as_json)
            return
        if watch:
            _watch(settings, client)
            return
        seen = overview(settings, client)
        trouble, receipts = Probe(client).trouble(), receipts_kept(client)
        archive = archive_status(settings, client)
        durability = read_durability(client, settings.replicas, settings.durability)
        drift = read_watches(client)
        if as_json:
            redis_trouble = as_fields(trouble) if trouble else None
            about: dict[str, Any] = {"redis": redis_trouble, "a_202_means": durability.meaning}
            about["archive"] = archive_as_object(archive)
            found = [as_object(each, name) for name, watch in drift.items() for each in watch.findings]
            about["profiles"] = profiles_as_object(profile_usage(client), _profile_budget(settings, client))
            print_json({**seen.as_object(), "receipts": receipts_as_object(receipts), "drift": found, **about})
            if seen.refused:
                note(describe_refusal(seen))
        else:
            profiles = _profiles(settings, client)
            console().print(screen(Seen(seen, memory_use(client), None, trouble, receipts, archive, profiles)))
            note(f"A 202 means {durability.meaning}: docs/two-disks.md#what-a-202-means says what that survives.")
            for line in describe_drift(drift):
                note(line)
            for finding in (*findings_of_clocks(settings), *findings_of_dead_letters(settings)):
                note(f"{finding.found}: {finding.remedy}")
        if verify:
            _verify(client, seen)


def _profiles(settings: Settings, client: redis.Redis) -> str:
    """Return how many profiles are kept; "" where there are none. Raise RedisAway."""
    usage = profile_usage(client)
    return describe_profiles(usage, _profile_budget(settings, client)) if usage.names else ""


def _profile_budget(settings: Settings, client: redis.Redis) -> int:
    return budget_of(settings.profiles_memory, memory_use(client).limit or 0)


def _check(*, as_json: bool, watch: bool, verify: bool, match_keys: bool, days: int | None) -> None:
    """Raise UsageError for options that cannot be combined."""
    if watch and (as_json or verify):
        raise click.UsageError("--watch cannot be combined with --json or --verify.")
    if days is not None and (watch or verify):
        raise click.UsageError("--days cannot be combined with --watch or --verify.")
    if match_keys and (watch or verify):
        raise click.UsageError("--match-keys cannot be combined with --watch or --verify.")


def _watch(settings: Settings, client: redis.Redis) -> None:
    """Refresh the screen until Ctrl-C, also while Redis is unreachable."""
    shown: RenderableType = ""
    rates, probe = Rates(), Probe(client)
    with Live(console=console(), screen=True, auto_refresh=False) as live, _interrupted() as interrupted:
        try:
            while not interrupted.is_set():
                try:
                    seen = overview(settings, client)
                    rates.add(seen.reading)
                    receipts, archive = receipts_kept(client), archive_status(settings, client)
                    memory, profiles = memory_use(client), _profiles(settings, client)
                    shown = screen(Seen(seen, memory, rates, probe.trouble(), receipts, archive, profiles))
                    line = Text(f"{rfc3339(seen.reading.now_ms)[11:19]} UTC · Ctrl-C ends", style=MUTED)
                except RedisAway as away:
                    line = Text(f"{away.trouble.problem}; the figures below are older.", style=BAD)
                live.update(Group(line, shown), refresh=True)
                time.sleep(REFRESH_S)
        except KeyboardInterrupt:
            pass


@contextlib.contextmanager
def _interrupted() -> Iterator[threading.Event]:
    """Yield an event that Ctrl-C sets.

    KeyboardInterrupt alone can get lost: Python drops what is raised while an object is being finalized.
    """
    interrupted = threading.Event()

    def interrupt(*_: object) -> None:
        interrupted.set()
        raise KeyboardInterrupt

    former = signal.signal(signal.SIGINT, interrupt)
    try:
        yield interrupted
    finally:
        signal.signal(signal.SIGINT, former)


def _verify(client: redis.Redis, seen: Overview) -> None:
    """Print for each connection whether a recount agrees with the ledger. Raise OperatorError for any difference."""
    faults = [f"{status.id}: {fault}" for status in seen.statuses for fault in describe_imbalance(status.reading)]
    for status in seen.statuses:
        try:
            counted = _recount(client, status.id)
        except redis.RedisError as error:
            raise refusal(error) from None
        if counted is None:
            note(f"{status.id}: changed during the count, so it could not be compared; its ledger balances")
        elif counted[0] != counted[1]:
            faults.append(f"{status.id}: the ledger has {counted[0]:,} waiting, the chunks have {counted[1]:,}")
        else:
            note(f"{status.id}: counted {plural(counted[1], 'event')} waiting, as in the ledger")
    if faults:
        raise OperatorError("The ledger does not balance:\n" + "\n".join(faults))


def _recount(client: redis.Redis, connection: str) -> tuple[int, int] | None:
    """Return the waiting events in the ledger and in the chunks at one moment; None if the connection kept changing."""
    for _ in range(RECOUNTS):
        before = _read(client, connection)
        counted = recount(client, connection)
        after = _read(client, connection)
        if before.counts == after.counts and before.waiting == after.waiting:
            return before.waiting, counted
    return None


def _read(client: redis.Redis, connection: str) -> ConnectionReading:
    readings = read_ledger(client, [connection], []).connections
    return next(reading for reading in readings if reading.name == connection)
