"""The demo agrees with itself: preview, the stand-in's record, the dead letters and the ledger say the same."""

import asyncio
import io
from collections import Counter
from collections.abc import Iterable

import pytest
from rich.console import Console

from cli.demo.command import REFUSED_EVENTS, DemoRun
from cli.demo.environment import DemoEnvironment, make_environment
from cli.demo.outcome import Outcome, connection_of, events_posted
from cli.demo.posts import Post, demo_posts
from config.dead_letter_reasons import REJECTED_BY_TIKTOK
from config.model import Configuration
from lanes.ledger import Reading
from operations.preview.preview import pairs_of, preview_all
from operations.status.imbalance import describe_imbalance

NOW_MS = 1_800_000_000_000
StatusRow = tuple[str, str, str]
"""(connection, TikTok event or reason, event id)."""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[DemoEnvironment, Outcome]:
    """One run of the demo with its real processes."""
    environment = make_environment(tmp_path_factory.mktemp("demo"))
    outcome = asyncio.run(DemoRun(environment, Console(file=io.StringIO(), width=110)).run(keep=False))
    return environment, outcome


def test_preview_stand_in_dead_letters_and_ledger_agree(run: tuple[DemoEnvironment, Outcome]) -> None:
    """Every event that preview would send or refuse is where preview says, and is counted there."""
    environment, outcome = run
    assert differences(demo_posts(NOW_MS), environment.configuration, outcome) == []


def test_an_event_that_is_missing_is_a_difference(run: tuple[DemoEnvironment, Outcome]) -> None:
    """The comparison itself notices an event that the stand-in did not receive, and a dead letter that is gone."""
    environment, outcome = run
    posts = demo_posts(NOW_MS)
    for fewer in (
        outcome._replace(received=outcome.received[1:]),
        outcome._replace(dead_letters=outcome.dead_letters[1:]),
    ):
        assert len(differences(posts, environment.configuration, fewer)) == 2


def differences(posts: list[Post], configuration: Configuration, outcome: Outcome) -> list[str]:
    """Return a sentence for each thing that does not agree."""
    sent, rejected = _previewed(posts, configuration)
    for row in REFUSED_EVENTS:
        sent[row] -= 1
        rejected[row[0], REJECTED_BY_TIKTOK.code, row[2]] += 1
    received = Counter(
        (connection_of(each, configuration), each["event"], each["event_id"]) for each in outcome.received
    )
    dead_letters = Counter((each.connection, each.reason, str(each.event_id)) for each in outcome.dead_letters)
    return [
        *_compared("TikTok did not receive", "TikTok received, against preview,", +sent, received),
        *_compared("no dead letter for", "a dead letter, against preview, for", rejected, dead_letters),
        *_ledger_differences(events_posted(posts), received, dead_letters, outcome.reading),
    ]


def _previewed(posts: Iterable[Post], configuration: Configuration) -> tuple[Counter[StatusRow], Counter[StatusRow]]:
    """Return what preview would send and what it would reject; every event of the demo has an id and a time."""
    sent: Counter[StatusRow] = Counter()
    rejected: Counter[StatusRow] = Counter()
    for post in posts:
        pairs = [pair for pair in pairs_of(configuration) if pair[0].id == post.input]
        for preview in preview_all(post.file.batches, pairs, ""):
            sent.update((preview.connection, item.tiktok_event, item.event_id) for item in preview.items)
            rejected.update((preview.connection, each.reason, str(each.event_id)) for _, each in preview.rejected)
    return sent, rejected


def _compared(missing: str, unexpected: str, expected: Counter[StatusRow], found: Counter[StatusRow]) -> list[str]:
    return [
        *(f"{missing} {' '.join(row)}" for row in (expected - found).elements()),
        *(f"{unexpected} {' '.join(row)}" for row in (found - expected).elements()),
    ]


def _ledger_differences(
    posted: Counter[str], received: Counter[StatusRow], dead_letters: Counter[StatusRow], reading: Reading
) -> list[str]:
    """Compare the ledger's counters with what was posted and received and with the dead letters that exist."""
    faults = [f"{group.name}: {fault}" for group in reading.connections for fault in describe_imbalance(group)]
    counted = [(each.id, "accepted", each.counts, posted[each.id]) for each in reading.inputs]
    for group in reading.connections:
        counted.append((group.name, "delivered", group.counts, _of_connection(group.name, received)))
        counted.append((group.name, "dead_lettered", group.counts, _of_connection(group.name, dead_letters)))
    return faults + [
        f"{name}: the ledger counts {counters.get(counter, 0)} {counter}, found {found}"
        for name, counter, counters, found in counted
        if counters.get(counter, 0) != found
    ]


def _of_connection(connection: str, rows: Counter[StatusRow]) -> int:
    return sum(number for row, number in rows.items() if row[0] == connection)
