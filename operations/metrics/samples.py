"""How metrics take their values from one reading of Redis: the vocabulary of the catalogue's rows."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, get_args

from lanes.ledger import DEAD_LETTERS_REMOVED
from lanes.receipts.archive import ArchiveKept
from lanes.receipts.blocks import ReceiptsKept
from operations.alerts.drift.finding import DETECTORS
from operations.alerts.drift.judge import Watch
from operations.match_keys import KeyCounts, MatchKeyDay
from operations.metrics.histograms import Distribution, Histogram
from operations.status.connections import ConnectionStatus, Overview, State
from operations.status.sources import SourceStatus
from store.records.profiles import Usage
from store.replication.durability import Durability, Wanted
from store.server import MemoryUse

Sample = tuple[tuple[str, ...], float | Distribution]
"""The labels' values, in the row's order, and the metric's."""

DEAD: Final = "dead_lettered:"
REQUESTS: Final = "requests:"
"""What begins the names of the measures that count deaths by reason and requests by verdict."""

PHONES: Final = "phones_without_country"
"""The measure of events whose phone number says no country (E9)."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What there is to tell; without `overview`, Redis did not answer."""

    overview: Overview | None = None
    memory: MemoryUse | None = None
    answers: Mapping[str, int] | None = None
    durability: Durability | None = None
    wanted: Wanted | None = None
    receipts: ReceiptsKept | None = None
    archive: ArchiveKept | None = None
    profiles: Usage | None = None
    match_keys: Sequence[MatchKeyDay] = ()
    sources: Sequence[SourceStatus] = ()
    drift: Mapping[str, Watch] = field(default_factory=dict)


Take = Callable[[Snapshot], Iterable[Sample]]
"""How a metric's samples are taken."""


def _statuses(snapshot: Snapshot) -> list[ConnectionStatus]:
    return snapshot.overview.statuses if snapshot.overview else []


def each(value: Callable[[ConnectionStatus], float | Distribution]) -> Take:
    """Take one sample a connection."""
    return lambda snapshot: [((status.id,), value(status)) for status in _statuses(snapshot)]


def by(values: Callable[[ConnectionStatus], Mapping[str, int]]) -> Take:
    """Take samples of each connection, one for each value of a second label."""
    return lambda snapshot: [
        ((status.id, label), value) for status in _statuses(snapshot) for label, value in values(status).items()
    ]


def ledger(*names: str) -> Take:
    """Take these counters of the ledger."""
    return by(lambda each_status: {name: each_status.reading.counts.get(name, 0) for name in names})


def removed_dead_letters() -> Take:
    """Take the counters of dead letters that left the store: `replayed`, `discarded`, `erased`."""
    names = {name.removeprefix("dead_letters_"): name for name in DEAD_LETTERS_REMOVED}
    return by(lambda each_status: {how: each_status.reading.counts.get(name, 0) for how, name in names.items()})


def measures(prefix: str) -> Take:
    """Take the measures whose names have that prefix; the rest of the name is the label."""

    def named(each_status: ConnectionStatus) -> dict[str, int]:
        found = each_status.reading.measures.items()
        return {name.removeprefix(prefix): count for name, count in found if name.startswith(prefix)}

    return by(named)


def histogram(kept: Histogram) -> Take:
    """Take a histogram, from the measures that hold it."""
    return each(lambda each_status: kept.read(each_status.reading.measures))


def of_input(name: str) -> Take:
    """Take a counter of each input."""
    return lambda s: [
        ((each_status.id,), each_status.counts.get(name, 0))
        for each_status in (s.overview.reading.inputs if s.overview else ())
    ]


def states(each_status: ConnectionStatus) -> dict[str, int]:
    """Return 1 for the connection's state and 0 for every other state."""
    return {state: int(state == each_status.state) for state in get_args(State)}


def missing(each_status: ConnectionStatus) -> int:
    """Return by how many events and dead letters the connection's ledger does not balance."""
    return abs(each_status.reading.discrepancy) + abs(each_status.reading.dead_letter_discrepancy)


def of_sources(value: Callable[[SourceStatus], float | None]) -> Take:
    """Take one figure of each source, where it is known."""
    return lambda snapshot: [
        ((source.id,), figure) for source in snapshot.sources if (figure := value(source)) is not None
    ]


def messages_of_sources(snapshot: Snapshot) -> list[Sample]:
    """Return the counts of messages by source."""
    return [((source.id, what), number) for source in snapshot.sources for what, number in source.counts.items()]


def of_durability(value: Callable[[Durability, Wanted | None], int]) -> Take:
    """Take one figure of what a 202 means; none before Redis has answered."""
    return lambda snapshot: [((), value(snapshot.durability, snapshot.wanted))] if snapshot.durability else []


def of_memory(value: Callable[[MemoryUse], int | None]) -> Take:
    """Take one figure of Redis's memory; none where the server does not report it."""

    def known(snapshot: Snapshot) -> list[Sample]:
        figure = value(snapshot.memory) if snapshot.memory else None
        return [] if figure is None else [((), figure)]

    return known


def of_receipts(value: Callable[[ReceiptsKept], float | None]) -> Take:
    """Take a figure of the receipts; none where there never was a receipt."""

    def known(snapshot: Snapshot) -> list[Sample]:
        figure = value(snapshot.receipts) if snapshot.receipts else None
        return [] if figure is None else [((), figure)]

    return known


def of_archive(value: Callable[[ArchiveKept], float | None]) -> Take:
    """Take a figure of the archive; none without an archive."""

    def known(snapshot: Snapshot) -> list[Sample]:
        figure = value(snapshot.archive) if snapshot.archive else None
        return [] if figure is None else [((), figure)]

    return known


def of_drift(snapshot: Snapshot) -> list[Sample]:
    """Take 1 for each thing that stopped or changed; of a connection without any, 0 for each detector."""
    found: dict[tuple[str, ...], float | Distribution] = {}
    for connection, watch in snapshot.drift.items():
        for detector in DETECTORS:
            found[connection, detector, ""] = 0
        for each_finding in watch.findings:
            found[connection, each_finding.detector, each_finding.subject or each_finding.reason] = 1
    return list(found.items())


def of_profiles(value: Callable[[Usage], int]) -> Take:
    """Take a figure of the profiles of users."""
    return lambda snapshot: [] if snapshot.profiles is None else [((), value(snapshot.profiles))]


def of_match_keys(values: Callable[[KeyCounts], Iterable[tuple[tuple[str, ...], int]]]) -> Take:
    """Take counts of today's match keys, by connection, TikTok event and further labels."""
    return lambda snapshot: [
        ((day.connection, event, *labels), value)
        for day in snapshot.match_keys
        for event, counts in day.events.items()
        for labels, value in values(counts)
    ]
