"""What the demo reads at its end: the stand-in's record, the dead letters and the ledger."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from cli.demo.posts import Post
from config.model import Configuration
from delivery.dead_letter import DeadLetter
from lanes.ledger import Reading
from operations.preview.preview import split_all


class Outcome(NamedTuple):
    """What became of every event: each part is read from its own source."""

    received: list[dict[str, Any]]
    """Events that the stand-in for TikTok received."""
    dead_letters: list[DeadLetter]
    reading: Reading
    """The ledger at one instant."""


def events_posted(posts: Iterable[Post]) -> Counter[str]:
    """Count the posted events of each input."""
    counts: Counter[str] = Counter()
    for post in posts:
        counts[post.input] += sum(len(batch.events) for batch in split_all(post.file.batches))
    return counts


def connection_of(received: Mapping[str, Any], configuration: Configuration) -> str:
    """Return the id of the connection that sent this event, or its event source id when no connection has it."""
    source = received["event_source_id"] or received["pixel_code"]
    connections = configuration.connections.values()
    return next((connection.id for connection in connections if connection.event_source_id == source), str(source))
