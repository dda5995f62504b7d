"""Options that select dead letters, such as `--connection` and `--reason`, and their checks."""

from collections.abc import Callable
from typing import Any, Final, TypeVar

import click

from cli.terminal.usage_errors import unknown_id
from operations.dead_letters.query import DeadLetterQuery, parse_age, parse_day
from operations.dead_letters.store import DeadLetterStore

Command = TypeVar("Command", bound=Callable[..., Any])


def _age(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    """Return an age such as `7d` unchanged. Raise BadParameter for any other text."""
    if value is not None and parse_age(value) is None:
        raise click.BadParameter("write an age as 7d, 36h or 90m", ctx, param)
    return value


def _day(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    """Return a day such as `2026-11-24` unchanged. Raise BadParameter for any other text."""
    if value is not None and parse_day(value) is None:
        raise click.BadParameter("write a day as 2026-11-24", ctx, param)
    return value


_CONDITIONS: Final = (
    click.option("--connection", metavar="ID", help="Only dead letters of this connection."),
    click.option("--reason", metavar="REASON", help="Only with this reason, such as invalid_url."),
    click.option(
        "--field", metavar="FIELD", help="Only with an error in this field, such as TikTok.URL; - for no field."
    ),
    click.option("--tiktok-event", metavar="NAME", help="Only of this TikTok event, such as Purchase; - for none."),
    click.option("--received", metavar="DAY", callback=_day, help="Only received on this day (UTC): 2026-11-24."),
    click.option("--job", metavar="ID", help="Only of this job, by its id in Flower and the log."),
    click.option(
        "--search", metavar="TEXT", help="Only events whose id begins with TEXT, or the dead letter with this id."
    ),
    click.option(
        "--older-than",
        callback=_age,
        metavar="AGE",
        help="Only dead-lettered longer ago than this, such as 7d, 36h or 90m.",
    ),
    click.option(
        "--newer-than",
        callback=_age,
        metavar="AGE",
        help="Only dead-lettered within this time, such as 7d, 36h or 90m.",
    ),
)

json_option = click.option("--json", "as_json", is_flag=True, help="JSON alone on stdout.")
reveal_option = click.option(
    "--reveal", is_flag=True, help="Show values unmasked: personal data. The audit log records it."
)

NOTHING_CHOSEN: Final = "Nothing selected. Pass ids, conditions such as --reason, or --all."


def condition_options(command: Command) -> Command:
    """Add the options that make a DeadLetterQuery."""
    for decorate in reversed(_CONDITIONS):
        command = decorate(command)
    return command


def query_options(command: Command) -> Command:
    """Add `[ID…]`, the options that make a DeadLetterQuery, and `--all`."""
    command = click.option("--all", "every", is_flag=True, help="All dead letters.")(command)
    return click.argument("ids", metavar="[ID]...", nargs=-1)(condition_options(command))


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
