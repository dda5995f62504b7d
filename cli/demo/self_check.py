"""The demo checks itself: what preview foretold, what TikTok's stand-in took and what the books say must agree."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from cli.demo.posts import Post
from config.dead_letter_reasons import REJECTED_BY_TIKTOK
from config.model import Configuration
from delivery.dead_letter import DeadLetter
from lanes.ledger import Reading
from operations.preview.preview import pairs_of, preview_all, split_all
from operations.status.imbalance import describe_imbalance

Row = tuple[str, str, str]
"""(connection, what happened to it, event id)."""


class Outcome(NamedTuple):
    """What became of everything: TikTok's record, the letters and the books, each read from its own source."""

    taken: list[dict[str, Any]]
    letters: list[DeadLetter]
    reading: Reading


def events_posted(posts: Iterable[Post]) -> Counter[str]:
    """Events by input."""
    counts: Counter[str] = Counter()
    for post in posts:
        counts[post.input] += sum(len(batch.events) for batch in split_all(post.file.batches))
    return counts


def connection_of(taken: Mapping[str, Any], configuration: Configuration) -> str:
    """Whose event it is, by its event source id."""
    source = taken["event_source_id"] or taken["pixel_code"]
    return next((one.id for one in configuration.connections.values() if one.event_source_id == source), str(source))


def differences(
    posts: Iterable[Post], refused: Iterable[Row], configuration: Configuration, outcome: Outcome
) -> list[str]:
    """Sentences, one for each thing that does not agree; none when all is as it must be.

    `refused`: what TikTok's stand-in was told to refuse, as (connection, TikTok event, event id).
    """
    posts = list(posts)
    sent, dead = _foretold(posts, configuration)
    for row in refused:
        sent[row] -= 1
        dead[row[0], REJECTED_BY_TIKTOK.code, row[2]] += 1
    taken = Counter((connection_of(one, configuration), one["event"], one["event_id"]) for one in outcome.taken)
    letters = Counter((one.connection, one.reason, str(one.event_id)) for one in outcome.letters)
    return [
        *_compared("TikTok did not receive", "TikTok received unforeseen", +sent, taken),
        *_compared("no dead letter for", "unforeseen dead letter for", dead, letters),
        *_books(events_posted(posts), taken, letters, outcome.reading),
    ]


def _foretold(posts: list[Post], configuration: Configuration) -> tuple[Counter[Row], Counter[Row]]:
    """(what will be sent, what will be dead), as preview says; every event of the demo has an id and a time."""
    sent: Counter[Row] = Counter()
    dead: Counter[Row] = Counter()
    for post in posts:
        pairs = [pair for pair in pairs_of(configuration) if pair[0].id == post.input]
        for made in preview_all(post.file.batches, pairs, ""):
            sent.update((made.connection, item.tiktok_event, item.event_id) for item in made.items)
            dead.update((made.connection, one.reason, str(one.event_id)) for _, one in made.rejected)
    return sent, dead


def _compared(missing: str, unforeseen: str, expected: Counter[Row], found: Counter[Row]) -> list[str]:
    return [
        *(f"{missing} {' '.join(row)}" for row in (expected - found).elements()),
        *(f"{unforeseen} {' '.join(row)}" for row in (found - expected).elements()),
    ]


def _books(posted: Counter[str], taken: Counter[Row], letters: Counter[Row], reading: Reading) -> list[str]:
    """The books add up, and say the same as TikTok's record and the letters that are there."""
    faults = [f"{group.name}: {fault}" for group in reading.groups for fault in describe_imbalance(group)]
    counted = [(one.id, "accepted", one.books, posted[one.id]) for one in reading.inputs]
    for group in reading.groups:
        counted.append((group.name, "delivered", group.books, _of(group.name, taken)))
        counted.append((group.name, "dead", group.books, _of(group.name, letters)))
    return faults + [
        f"{name}: the books say {books.get(counter, 0)} {counter}, and there are {there}"
        for name, counter, books, there in counted
        if books.get(counter, 0) != there
    ]


def _of(connection: str, rows: Counter[Row]) -> int:
    return sum(number for row, number in rows.items() if row[0] == connection)
