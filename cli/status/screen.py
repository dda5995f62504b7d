"""The screen of `relay status`: the state at the top, what to do below, in as many columns as fit."""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.measure import Measurement
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from cli.status.balance import balance_line
from cli.status.sources import sources_part
from cli.terminal.output import BAD, CAREFUL, GOOD, MUTED, STATE_STYLES, count, state, table
from lanes.receipts.blocks import ReceiptsKept
from operations.archive.reach import ArchiveStatus, describe_archive
from operations.format import duration, plural, size
from operations.receipts.reach import describe_receipts
from operations.status.connections import ConnectionStatus, Overview
from operations.status.describe import describe_status
from operations.status.processes import describe_problem
from operations.status.rates import Rates
from store.errors import Trouble
from store.server import MemoryUse

NEARLY_FULL: Final = 0.8


class Seen(NamedTuple):
    """What is shown: one reading of the status, and rates where there are several readings (`--watch`)."""

    overview: Overview
    memory: MemoryUse
    rates: Rates | None = None
    trouble: Trouble | None = None
    """Why Redis accepts no writes, although it can be read."""
    receipts: ReceiptsKept | None = None
    archive: ArchiveStatus | None = None
    profiles: str = ""
    """How many profiles are kept; "" where there are none."""


HELD_BACK: Final = (
    "The configuration file has just lost a connection. In case it is still being written, ingest uses the previous "
    "file until the new status has been unchanged for 10 s."
)


class _Column(NamedTuple):
    """A column of the table; on a narrow screen, columns of least `worth` are omitted first."""

    name: str
    worth: int
    cell: Callable[[ConnectionStatus, Rates | None], Text]


def _counter(name: str) -> Callable[[ConnectionStatus, Rates | None], Text]:
    return lambda status, _: count(status.reading.counts.get(name, 0))


def _received_rate(status: ConnectionStatus, rates: Rates | None) -> Text:
    rate = rates.of(status.id) if rates else None
    return Text("–", MUTED) if rate is None else _rate(rate.received)


def _ended_rate(status: ConnectionStatus, rates: Rates | None) -> Text:
    rate = rates.of(status.id) if rates else None
    return Text("–", MUTED) if rate is None else _rate(rate.ended)


def _rate(per_second: float) -> Text:
    """Return events a second as a whole number; small rates have status decimal."""
    if 0 < per_second < 9.95:
        return Text(f"{per_second:.1f}")
    return count(round(per_second))


def _oldest(status: ConnectionStatus, _: Rates | None) -> Text:
    return Text("–", MUTED) if status.oldest_waiting_s is None else Text(duration(status.oldest_waiting_s))


_COLUMNS: Final = (
    _Column("in/s", 9, _received_rate),
    _Column("out/s", 9, _ended_rate),
    _Column("accepted", 4, _counter("accepted")),
    _Column("delivered", 5, _counter("delivered")),
    _Column("dead-\nlettered", 3, _counter("dead_lettered")),
    _Column("unsupported", 1, _counter("unsupported")),
    _Column("withheld", 2, _counter("withheld")),
    _Column("waiting", 8, lambda status, _: count(status.reading.waiting)),
    _Column("oldest", 7, _oldest),
    _Column("dead\nletters", 6, lambda status, _: count(status.reading.dead_letters)),
)


def screen(seen: Seen) -> RenderableType:
    """Return the whole screen."""
    statuses = seen.overview.statuses
    parts: list[RenderableType] = []
    if seen.overview.refused:
        parts += [Text(describe_refusal(seen.overview), style=BAD), ""]
    if seen.overview.may_be_held_back:
        parts += [Text(HELD_BACK, style=CAREFUL), ""]
    if seen.trouble:
        parts += [Text.assemble((seen.trouble.problem, BAD), "\n", ("To do  ", "bold"), seen.trouble.what_to_do), ""]
    parts += [_head(seen), "", _Connections(seen) if statuses else Text("no connections", style=MUTED)]
    parts += _unhealthy(seen)
    for report in seen.overview.processes:
        if report.problem is not None:
            parts += ["", Text(describe_problem(report), style=BAD)]
    parts += ["", _inputs(seen), *sources_part(seen.overview.sources), "", *_ledger(seen)]
    if seen.receipts is not None:
        parts += ["", Text(describe_receipts(seen.receipts), style=MUTED)]
    if seen.archive is not None:
        failing = seen.archive.kept.failing_since_ms is not None
        parts.append(Text(f"archive {describe_archive(seen.archive)}", style=CAREFUL if failing else MUTED))
    if seen.profiles:
        parts.append(Text(seen.profiles, style=MUTED))
    if dead_letters := _dead_letters(statuses):
        parts += ["", dead_letters]
    return Group(*parts)


def describe_refusal(overview: Overview) -> str:
    """Return that the configuration file is refused, and why."""
    return f"The configuration file is refused, so the previous configuration stays in force:\n{overview.refused}"


def _head(seen: Seen) -> Text:
    """Return `412 events waiting · Redis 34 MB of 1.0 GB (3%)`, with the rates of all connections."""
    used, limit = seen.memory
    waiting = sum(status.reading.waiting for status in seen.overview.statuses)
    full = used / limit if limit and used is not None else 0.0
    memory = _memory(used, limit, full)
    parts = [Text(f"{plural(waiting, 'event')} waiting"), Text(memory, style=BAD if full > NEARLY_FULL else "")]
    if seen.rates is not None:
        rates = [rate for status in seen.overview.statuses if (rate := seen.rates.of(status.id))]
        received, ended = sum(rate.received for rate in rates), sum(rate.ended for rate in rates)
        parts.insert(0, Text.assemble("in ", _rate(received), "/s, out ", _rate(ended), "/s"))
    if seen.overview.cell:
        parts.insert(0, Text(f"cell {seen.overview.cell}", style="bold"))
    return Text.assemble((" · ", MUTED)).join(parts)


def _memory(used: int | None, limit: int | None, full: float) -> str:
    if used is None or limit is None:
        return "Redis memory, limit unknown (INFO is not permitted or does not say)"
    return f"Redis {size(used)}" + (f" of {size(limit)} ({full:.0%})" if limit else ", without a limit")


class _Connections:
    """The table of connections, with the columns that fit."""

    def __init__(self, seen: Seen) -> None:
        self._seen = seen

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        columns = [column for column in _COLUMNS if self._seen.rates is not None or not column.name.endswith("/s")]
        for worth in sorted(column.worth for column in columns):
            rows = self._table(columns)
            if Measurement.get(console, options.update(max_width=10_000), rows).maximum <= options.max_width:
                break
            columns = [column for column in columns if column.worth > worth]
        yield self._table(columns)

    def _table(self, columns: Sequence[_Column]) -> Table:
        names = [column.name for column in columns]
        rows = table("connection", "state", *names, right=names)
        for status in self._seen.overview.statuses:
            rows.add_row(status.id, state(status.state), *(column.cell(status, self._seen.rates) for column in columns))
        return rows


def _unhealthy(seen: Seen) -> list[RenderableType]:
    """Return the state of each unhealthy connection, and what to do about it."""
    parts: list[RenderableType] = []
    for status in seen.overview.statuses:
        text, what_to_do = describe_status(status, seen.overview.reading.now_ms), status.what_to_do
        if text != "healthy" or what_to_do:
            parts += ["", Text.assemble((f"{status.id}  ", "bold"), (text, STATE_STYLES.get(status.state, "")))]
        if what_to_do:
            parts.append(Padding(Text.assemble(("To do  ", "bold"), what_to_do), (0, 0, 0, 2)))
    return parts


def _inputs(seen: Seen) -> RenderableType:
    rows = table("input", "accepted", "unrouted", right=("accepted", "unrouted"))
    for each in seen.overview.reading.inputs:
        rows.add_row(each.id, count(each.counts.get("accepted", 0)), count(each.counts.get("unrouted", 0)))
    return rows


def _ledger(seen: Seen) -> list[RenderableType]:
    """Return the verdict and a line for each connection; `--watch` shows only lines that do not balance."""
    statuses = seen.overview.statuses
    if all(status.reading.balances for status in statuses):
        verdict = Text("ledger balances", style=GOOD)
    else:
        verdict = Text("ledger does NOT balance", style=f"bold {BAD}")
    rows = table("", "")
    rows.show_header = False
    for status in statuses:
        if seen.rates is None or not status.reading.balances:
            rows.add_row(status.id, balance_line(status.reading))
    return [verdict, rows] if rows.rows else [verdict]


def _dead_letters(statuses: Sequence[ConnectionStatus]) -> Text | None:
    """Return the number of dead letters by reason, and the command that lists them."""
    number = sum(status.reading.dead_letters for status in statuses)
    if not number:
        return None
    by_reason: dict[str, int] = {}
    for status in statuses:
        for reason, labelled in status.reading.labels.items():
            by_reason[reason] = by_reason.get(reason, 0) + labelled
    most = sorted(by_reason.items(), key=lambda reason: (-reason[1], reason[0]))
    reasons = ", ".join(f"{reason} ×{number:,}" for reason, number in most)
    return Text.assemble(
        (f"{plural(number, 'dead letter')}: relay dead-letters list", CAREFUL), (f"  {reasons}", MUTED)
    )
