"""Turn the options that select dead letters, such as `--connection` and `--reason`, into a query; check them."""

from typing import Any, Final

import click

from cli.terminal.usage_errors import unknown_id
from operations.dead_letters.query import DeadLetterQuery
from operations.dead_letters.store import DeadLetterStore

NOTHING_CHOSEN: Final = "Nothing selected. Pass ids, conditions such as --reason, or --all."


def query_of(store: DeadLetterStore, conditions: dict[str, Any]) -> DeadLetterQuery:
    """Return the query of these options. Raise UsageError for an unknown connection."""
    query = DeadLetterQuery(**{name: value for name, value in conditions.items() if name != "every"})
    if query.connection is not None and query.connection not in store.connections:
        raise unknown_id("connection", query.connection, store.connections)
    return query


def check(conditions: dict[str, Any]) -> None:
    """Raise UsageError when the options choose nothing, or both ids and conditions."""
    chosen = any(value is not None for name, value in conditions.items() if name not in ("ids", "every"))
    if not conditions["ids"] and not conditions["every"] and not chosen:
        raise click.UsageError(NOTHING_CHOSEN)
    if conditions["ids"] and (conditions["every"] or chosen):
        raise click.UsageError("Pass either ids or conditions, not both.")
