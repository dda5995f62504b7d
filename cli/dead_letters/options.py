"""Turn the options that select dead letters, such as `--connection` and `--reason`, into a query; check them."""

from collections.abc import Iterator
from typing import Any, Final

import click

from cli.terminal.output import note
from operations.dead_letters.index import find_once
from operations.dead_letters.query import DeadLetterQuery, Found, IndexKey
from operations.dead_letters.store import DeadLetterStore
from operations.dead_letters.unknown import absent_field, unknown_conditions

NOTHING_CHOSEN: Final = "Nothing selected. Pass ids, conditions such as --reason, or --all."


def find(store: DeadLetterStore, conditions: dict[str, Any]) -> tuple[DeadLetterQuery, Found]:
    """Return the query of these options and what it finds. Raise UsageError for a condition that relay does not know.

    A field that no dead letter has is noted.
    """
    query = DeadLetterQuery(**{name: value for name, value in conditions.items() if name != "every"})

    def keys() -> Iterator[IndexKey]:
        return (key for key, _ in find_once(store.client, store.connections, DeadLetterQuery()).keys)

    for sentence in unknown_conditions(query, store.connections, keys):
        raise click.UsageError(sentence)
    found = find_once(store.client, store.connections, query)
    absent = None if found else absent_field(query, keys)
    if absent is not None:
        note(absent)
    return query, found


def check(conditions: dict[str, Any]) -> None:
    """Raise UsageError when the options choose nothing, or both ids and conditions."""
    chosen = any(value is not None for name, value in conditions.items() if name not in ("ids", "every"))
    if not conditions["ids"] and not conditions["every"] and not chosen:
        raise click.UsageError(NOTHING_CHOSEN)
    if conditions["ids"] and (conditions["every"] or chosen):
        raise click.UsageError("Pass either ids or conditions, not both.")
