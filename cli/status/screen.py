"""What `relay status` shows people: how it goes at the top, who must do what below, in as many columns as fit."""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.measure import Measurement
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from cli.status.balance import balance_line
from cli.terminal.output import BAD, CAREFUL, GOOD, MUTED, STATE_STYLES, count, state, table
from operations.format import duration, plural, size
from operations.status.connections import ConnectionStatus, Overview
from operations.status.describe import describe_status
from operations.status.rates import Rates
from store.errors import Trouble
from store.server import MemoryUse

NEARLY_FULL: Final = 0.8


class Seen(NamedTuple):
    """What is shown: one reading, and the pace where there are several (`--watch`)."""

    overview: Overview
    memory: MemoryUse
    rates: Rates | None = None
    trouble: Trouble | None = None
    """Why Redis takes no writes, though it can be read."""


HELD_BACK: Final = (
    "the configuration file lost a connection a moment ago: ingest goes on by the former file until the new one has "
    "stood for 10 s, in case it is still being written"
)


class _Column(NamedTuple):
    """A column of connections; the least `worth` goes first where there is no room."""

    name: str
    worth: int
    cell: Callable[[ConnectionStatus, Rates | None], Text]


def _book(name: str) -> Callable[[ConnectionStatus, Rates | None], Text]:
    return lambda one, _: count(one.reading.counts.get(name, 0))


def _came(one: ConnectionStatus, rates: Rates | None) -> Text:
    rate = rates.of(one.id) if rates else None
    return Text("–", MUTED) if rate is None else _pace(rate.came)


def _ended(one: ConnectionStatus, rates: Rates | None) -> Text:
    rate = rates.of(one.id) if rates else None
    return Text("–", MUTED) if rate is None else _pace(rate.ended)


def _pace(per_second: float) -> Text:
    """A whole number, but for the small ones that are not nothing."""
    if 0 < per_second < 9.95:
        return Text(f"{per_second:.1f}")
    return count(round(per_second))


def _oldest(one: ConnectionStatus, _: Rates | None) -> Text:
    return Text("–", MUTED) if one.oldest_waiting_s is None else Text(duration(one.oldest_waiting_s))


_COLUMNS: Final = (
    _Column("in/s", 9, _came),
    _Column("out/s", 9, _ended),
    _Column("accepted", 4, _book("accepted")),
    _Column("delivered", 5, _book("delivered")),
    _Column("dead-\nlettered", 3, _book("dead_lettered")),
    _Column("unsupported", 1, _book("unsupported")),
    _Column("withheld", 2, _book("withheld")),
    _Column("waiting", 8, lambda one, _: count(one.reading.waiting)),
    _Column("oldest", 7, _oldest),
    _Column("dead\nletters", 6, lambda one, _: count(one.reading.dead_letters)),
)


def screen(seen: Seen) -> RenderableType:
    """Everything."""
    statuses = seen.overview.statuses
    parts: list[RenderableType] = []
    if seen.overview.refused:
        parts += [Text(refused_words(seen.overview), style=BAD), ""]
    if seen.overview.may_be_held_back:
        parts += [Text(HELD_BACK, style=CAREFUL), ""]
    if seen.trouble:
        parts += [Text.assemble((seen.trouble.problem, BAD), "\n", ("To do  ", "bold"), seen.trouble.what_to_do), ""]
    parts += [_head(seen), "", _Connections(seen) if statuses else Text("no connections", style=MUTED)]
    parts += _not_healthy(seen)
    parts += ["", _inputs(seen), "", *_ledger(seen)]
    if letters := _letters(statuses):
        parts += ["", letters]
    return Group(*parts)


def refused_words(overview: Overview) -> str:
    """That the configuration file is refused, and why."""
    return f"the configuration file is refused, what was in force before stays:\n{overview.refused}"


def _head(seen: Seen) -> Text:
    """`412 events wait · Redis 34 MB of 1.0 GB (3%)`, and the pace of all together."""
    used, limit = seen.memory
    waiting = sum(one.reading.waiting for one in seen.overview.statuses)
    full = used / limit if limit and used is not None else 0.0
    memory = _memory(used, limit, full)
    parts = [Text(f"{plural(waiting, 'event')} waiting"), Text(memory, style=BAD if full > NEARLY_FULL else "")]
    if seen.rates is not None:
        rates = [rate for one in seen.overview.statuses if (rate := seen.rates.of(one.id))]
        came, ended = sum(rate.came for rate in rates), sum(rate.ended for rate in rates)
        parts.insert(0, Text.assemble("in ", _pace(came), "/s, out ", _pace(ended), "/s"))
    return Text.assemble((" · ", MUTED)).join(parts)


def _memory(used: int | None, limit: int | None, full: float) -> str:
    if used is None or limit is None:
        return "Redis memory, limit unknown (INFO is not permitted, or leaves it out)"
    return f"Redis {size(used)}" + (f" of {size(limit)} ({full:.0%})" if limit else ", without a limit")


class _Connections:
    """The table of connections, with the columns that its place has room for."""

    def __init__(self, seen: Seen) -> None:
        self._seen = seen

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        columns = [one for one in _COLUMNS if self._seen.rates is not None or not one.name.endswith("/s")]
        for worth in sorted(one.worth for one in columns):
            made = self._table(columns)
            if Measurement.get(console, options.update(max_width=10_000), made).maximum <= options.max_width:
                break
            columns = [one for one in columns if one.worth > worth]
        yield self._table(columns)

    def _table(self, columns: Sequence[_Column]) -> Table:
        names = [one.name for one in columns]
        made = table("connection", "state", *names, right=names)
        for one in self._seen.overview.statuses:
            made.add_row(one.id, state(one.state), *(column.cell(one, self._seen.rates) for column in columns))
        return made


def _not_healthy(seen: Seen) -> list[RenderableType]:
    """Of each connection that is not: how it stands, and what someone has to do."""
    parts: list[RenderableType] = []
    for one in seen.overview.statuses:
        words, what_to_do = describe_status(one, seen.overview.reading.now_ms), one.what_to_do
        if words != "healthy" or what_to_do:
            parts += ["", Text.assemble((f"{one.id}  ", "bold"), (words, STATE_STYLES.get(one.state, "")))]
        if what_to_do:
            parts.append(Padding(Text.assemble(("To do  ", "bold"), what_to_do), (0, 0, 0, 2)))
    return parts


def _inputs(seen: Seen) -> RenderableType:
    made = table("input", "accepted", "unrouted", right=("accepted", "unrouted"))
    for one in seen.overview.reading.inputs:
        made.add_row(one.id, count(one.counts.get("accepted", 0)), count(one.counts.get("unrouted", 0)))
    return made


def _ledger(seen: Seen) -> list[RenderableType]:
    """The verdict, and each connection's sum; while watching only sums that are wrong, for they are long."""
    statuses = seen.overview.statuses
    if all(one.reading.balances for one in statuses):
        verdict = Text("ledger balances", style=GOOD)
    else:
        verdict = Text("ledger does NOT balance", style=f"bold {BAD}")
    made = table("", "")
    made.show_header = False
    for one in statuses:
        if seen.rates is None or not one.reading.balances:
            made.add_row(one.id, balance_line(one.reading))
    return [verdict, made] if made.rows else [verdict]


def _letters(statuses: Sequence[ConnectionStatus]) -> Text | None:
    """How many dead letters of which reasons, and where to look."""
    letters = sum(one.reading.dead_letters for one in statuses)
    if not letters:
        return None
    by_reason: dict[str, int] = {}
    for one in statuses:
        for reason, number in one.reading.labels.items():
            by_reason[reason] = by_reason.get(reason, 0) + number
    most = sorted(by_reason.items(), key=lambda reason: (-reason[1], reason[0]))
    reasons = ", ".join(f"{reason} ×{number:,}" for reason, number in most)
    return Text.assemble(
        (f"{plural(letters, 'dead letter')}: relay dead-letters list", CAREFUL), (f"  {reasons}", MUTED)
    )
