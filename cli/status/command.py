"""`relay status`: what came in and what became of it, from one reading at one instant."""

import time
from typing import Final

import click
import redis
from rich.console import Group, RenderableType
from rich.live import Live
from rich.text import Text

from cli.check.clocks import findings_of_clocks
from cli.check.dead_letters import findings_of_dead_letters
from cli.context import redis_url, settings_here
from cli.status.days import show_days
from cli.status.screen import Seen, refused_words, screen
from cli.terminal.output import BAD, MUTED, console, note, print_json
from config.settings import Settings
from delivery.dead_letter import rfc3339
from lanes.ledger import ConnectionReading, read_ledger, recount
from operations.alerts.outage import as_fields
from operations.errors import OperatorError
from operations.format import plural
from operations.status.connections import Overview, overview
from operations.status.daily import MOST_DAYS
from operations.status.imbalance import describe_imbalance
from operations.status.rates import Rates
from store.client import connect
from store.errors import RedisAway
from store.probe import Probe
from store.server import memory_use
from store.trouble import refusal

REFRESH_S: Final = 1.0
RECOUNTS: Final = 5


@click.command
@click.option("--json", "as_json", is_flag=True, help="JSON alone on stdout.")
@click.option("--watch", is_flag=True, help="Stay, and look again every second.")
@click.option(
    "--days",
    type=click.IntRange(1, MOST_DAYS),
    metavar="N",
    help="Instead: where the events of each of the last N days (UTC) went, to the TikTok event and the reason.",
)
@click.option("--verify", is_flag=True, help="Count every chunk again; exit code 1 when the ledger does not balance.")
def status(*, as_json: bool, watch: bool, verify: bool, days: int | None) -> None:
    """Say what came in and what became of it, connection by connection."""
    if watch and (as_json or verify):
        raise click.UsageError("--watch is for people: without --json and --verify")
    if days is not None and (watch or verify):
        raise click.UsageError("--days is about days gone by: without --watch and --verify")
    settings = settings_here()
    with connect(redis_url(settings)) as client:
        if days is not None:
            show_days(client, overview(settings, client), days, as_json=as_json)
            return
        if watch:
            _watch(settings, client)
            return
        seen = overview(settings, client)
        trouble = Probe(client).trouble()
        if as_json:
            print_json({**seen.as_object(), "redis": as_fields(trouble) if trouble else None})
            if seen.refused:
                note(refused_words(seen))
        else:
            console().print(screen(Seen(seen, memory_use(client), trouble=trouble)))
            for finding in (*findings_of_clocks(settings), *findings_of_dead_letters(settings)):
                note(f"{finding.found}: {finding.remedy}")
        if verify:
            _verify(client, seen)


def _watch(settings: Settings, client: redis.Redis) -> None:
    """Until Ctrl-C. Redis may go and come back."""
    shown: RenderableType = ""
    rates, probe = Rates(), Probe(client)
    with Live(console=console(), screen=True, auto_refresh=False) as live:
        try:
            while True:
                try:
                    seen = overview(settings, client)
                    rates.add(seen.reading)
                    shown = screen(Seen(seen, memory_use(client), rates, probe.trouble()))
                    said = Text(f"{rfc3339(seen.reading.now_ms)[11:19]} UTC · Ctrl-C ends", style=MUTED)
                except RedisAway as away:
                    said = Text(f"{away.trouble.problem}; what stands below was read before.", style=BAD)
                live.update(Group(said, shown), refresh=True)
                time.sleep(REFRESH_S)
        except KeyboardInterrupt:
            pass


def _verify(client: redis.Redis, seen: Overview) -> None:
    """Report for each connection whether its ledger balances and a recount agrees. Raises OperatorError when not."""
    faults = [f"{one.id}: {fault}" for one in seen.statuses for fault in describe_imbalance(one.reading)]
    for status in seen.statuses:
        try:
            counted = _recount(client, status.id)
        except redis.RedisError as error:
            raise refusal(error) from None
        if counted is None:
            note(f"{status.id}: events moved during the recount, which therefore says nothing; its ledger balances")
        elif counted[0] != counted[1]:
            faults.append(f"{status.id}: its ledger says {counted[0]:,} waiting, the chunks hold {counted[1]:,}")
        else:
            note(f"{status.id}: counted again: {plural(counted[1], 'event')} waiting, as its ledger says")
    if faults:
        raise OperatorError("the ledger does not balance:\n" + "\n".join(faults))


def _recount(client: redis.Redis, connection: str) -> tuple[int, int] | None:
    """Return (waiting by the ledger, waiting by the chunks) while nothing moved; None when events always moved."""
    for _ in range(RECOUNTS):
        before = _ledger_of(client, connection)
        counted = recount(client, connection)
        after = _ledger_of(client, connection)
        if before.counts == after.counts and before.waiting == after.waiting:
            return before.waiting, counted
    return None


def _ledger_of(client: redis.Redis, connection: str) -> ConnectionReading:
    return next(each for each in read_ledger(client, [connection], []).connections if each.name == connection)
