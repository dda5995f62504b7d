"""Name TikTok events that an operator chose, and that relay does not know or no connection sends."""

from collections.abc import Iterable, Iterator, Sequence

from config.model import Connection
from config.nearest import unknown
from config.vocabulary import TIKTOK_EVENTS
from mapping.native import native_events
from operations.status.connections import Overview


def tiktok_events(connections: Iterable[Connection]) -> list[str]:
    """Return TikTok's standard events, then the custom events of these connections."""
    custom = (mapping.tiktok_event for connection in connections for mapping in connection.custom_mappings)
    return list(dict.fromkeys([*TIKTOK_EVENTS, *custom]))


def unknown_events(events: Sequence[str], seen: Overview) -> Iterator[str]:
    """Yield the sentences about each of `events` that is no TikTok event; upper and lower case count as equal.

    While the configuration file is refused, its custom events are unknown, and nothing is yielded.
    """
    known = tiktok_events(status.connection for status in seen.statuses if status.connection)
    folded = {name.casefold() for name in known}
    for event in events if seen.refused is None else ():
        if event.casefold() not in folded:
            yield unknown("TikTok event", event, known)


def unsent_events(events: Sequence[str], connections: Sequence[str], seen: Overview) -> Iterator[str]:
    """Yield a sentence about each of `events` that none of these connections sends; no `connections` mean all.

    While the configuration file is refused, nothing is yielded.
    """
    chosen = [status for status in seen.statuses if not connections or status.id in connections]
    sent = {name.casefold() for status in chosen if status.connection for name in _sent_by(status.connection)}
    of = f"for {', '.join(connections)}" if connections else "for any connection"
    for event in events if seen.refused is None else ():
        if event.casefold() not in sent:
            yield f"{event}: no event becomes this {of} with the present configuration."


def _sent_by(connection: Connection) -> Iterator[str]:
    """Yield the TikTok events that events of this connection can become."""
    yield from filter(None, native_events(connection).values())
    yield from (mapping.tiktok_event for mapping in connection.custom_mappings)
