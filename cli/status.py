"""`relay status`: what came in and what became of it, from one reading at one instant."""

import time
from typing import Final

import click
import redis
from rich.console import Group, RenderableType
from rich.live import Live
from rich.text import Text

from cli.balance import balance_line
from cli.check_letters import findings_of_letters
from cli.output import BAD, CAREFUL, GOOD, MUTED, console, count, note, print_json, state, table
from cli.setting import redis_url, settings_here
from cli.status_days import show_days
from config.settings import Settings
from lanes.books import GroupReading, read_books, recount
from lanes.client import connect
from lanes.errors import RedisAway
from lanes.scripts import refusal
from operations.balance import faults_of
from operations.days import MOST_DAYS
from operations.errors import BadNews
from operations.standing import Overview, Standing, overview
from operations.words import duration, plural

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
@click.option("--verify", is_flag=True, help="Count every chunk anew; exit code 1 when the books do not balance.")
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
        if as_json:
            print_json(seen.as_object())
            if seen.refused:
                note(_refused(seen))
        else:
            console().print(screen(seen))
            for finding in findings_of_letters(settings):
                note(f"{finding.found}: {finding.remedy}")
        if verify:
            _verify(client, seen)


def _watch(settings: Settings, client: redis.Redis) -> None:
    """Until Ctrl-C. Redis may go and come back."""
    shown: RenderableType = ""
    with Live(console=console(), screen=True, auto_refresh=False) as live:
        try:
            while True:
                try:
                    shown = screen(overview(settings, client))
                except RedisAway:
                    shown = Group(shown, Text("Redis does not answer; what is above was read before.", style=BAD))
                live.update(shown, refresh=True)
                time.sleep(REFRESH_S)
        except KeyboardInterrupt:
            pass


def screen(seen: Overview) -> RenderableType:
    """Everything, for people."""
    parts: list[RenderableType] = []
    if seen.refused:
        parts += [Text(_refused(seen), style=BAD), ""]
    parts += [_inputs(seen), "", _connections(seen), "", *_books(seen)]
    what_to_do = [(standing, what) for standing in seen.standings if (what := standing.what_to_do)]
    if what_to_do:
        parts += ["", Text("To do", style="bold")]
        parts += [Text.assemble((f"{standing.id}  ", "bold"), what) for standing, what in what_to_do]
    letters = sum(standing.books.letters for standing in seen.standings)
    if letters:
        parts += ["", Text(f"{plural(letters, 'dead letter')}: relay dead-letters list", style=CAREFUL)]
    return Group(*parts)


def _inputs(seen: Overview) -> RenderableType:
    made = table("input", "accepted", "unrouted", right=("accepted", "unrouted"))
    for one in seen.reading.inputs:
        unrouted = one.books.get("unrouted", 0)
        made.add_row(one.id, count(one.books.get("accepted", 0)), count(unrouted))
    return made


_COLUMNS: Final = ("accepted", "delivered", "dead", "unsupported", "withheld", "waiting", "oldest", "letters")


def _connections(seen: Overview) -> RenderableType:
    made = table("connection", "state", *_COLUMNS, "next try", right=(*_COLUMNS, "next try"))
    for standing in seen.standings:
        books = standing.books
        counts = [count(books.books.get(name, 0)) for name in _COLUMNS[:5]]
        oldest = Text("–", MUTED) if standing.oldest_waiting_s is None else Text(duration(standing.oldest_waiting_s))
        made.add_row(
            standing.id,
            state(standing.state),
            *counts,
            count(books.waiting),
            oldest,
            count(books.letters),
            _next_try(standing, seen.reading.now_ms),
        )
    return made


def _next_try(standing: Standing, now_ms: int) -> Text:
    if standing.next_attempt_ms is None:
        return Text("–", style=MUTED)
    return Text(f"in {duration(max(0, standing.next_attempt_ms - now_ms) / 1000)}", style=CAREFUL)


def _books(seen: Overview) -> list[RenderableType]:
    if not seen.standings:
        return [Text("no connections", style=MUTED)]
    balanced = all(standing.books.balances for standing in seen.standings)
    verdict = Text("books balance", style=GOOD) if balanced else Text("books do NOT balance", style=f"bold {BAD}")
    made = table("", "")
    made.show_header = False
    for standing in seen.standings:
        made.add_row(standing.id, balance_line(standing.books))
    return [verdict, made]


def _refused(seen: Overview) -> str:
    return f"the configuration file is refused, what was in force before stays:\n{seen.refused}"


def _verify(client: redis.Redis, seen: Overview) -> None:
    """Say of each connection whether its books balance and a recount agrees; BadNews when not."""
    faults = [f"{one.id}: {fault}" for one in seen.standings for fault in faults_of(one.books)]
    for standing in seen.standings:
        try:
            counted = _recount(client, standing.id)
        except redis.RedisError as error:
            raise refusal(error) from None
        if counted is None:
            note(f"{standing.id}: moved while it was counted; its books balance, the recount says nothing")
        elif counted[0] != counted[1]:
            faults.append(f"{standing.id}: its books say {counted[0]:,} waiting, the chunks hold {counted[1]:,}")
        else:
            note(f"{standing.id}: counted anew, {plural(counted[1], 'event')} waiting, as its books say")
    if faults:
        raise BadNews("books do not balance:\n" + "\n".join(faults))


def _recount(client: redis.Redis, group: str) -> tuple[int, int] | None:
    """(waiting by the books, waiting by the chunks) of a moment when nothing moved; None when it always did."""
    for _ in range(RECOUNTS):
        before = _books_of(client, group)
        counted = recount(client, group)
        after = _books_of(client, group)
        if before.books == after.books and before.waiting == after.waiting:
            return before.waiting, counted
    return None


def _books_of(client: redis.Redis, group: str) -> GroupReading:
    return next(one for one in read_books(client, [group], []).groups if one.name == group)
