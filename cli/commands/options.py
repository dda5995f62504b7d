"""Options that several commands have, such as `--json` and those that select dead letters."""

from collections.abc import Callable
from typing import Any, Final, TypeVar

import click

FILE: Final = click.Path(exists=True, dir_okay=False, readable=True, allow_dash=True)
"""The type of the argument FILE; `-` is stdin."""

yes_option = click.option("--yes", is_flag=True, help="Confirm without a question.")

Command = TypeVar("Command", bound=Callable[..., Any])


def _text(ctx: click.Context, param: click.Parameter, value: Any) -> Any:
    """Return a text, or several, unchanged. Raise BadParameter for an empty one, which must not mean "any"."""
    texts = value if isinstance(value, tuple) else (value,)
    if any(text is not None and not text.strip() for text in texts):
        raise click.BadParameter("is empty; give a value, or leave it out", ctx, param)
    return value


def _age(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    """Return an age such as `7d` unchanged. Raise BadParameter for any other text."""
    from operations.ages import parse_age

    if value is not None and parse_age(value) is None:
        raise click.BadParameter("write an age as 7d, 36h or 90m", ctx, param)
    return value


def _day(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    """Return a day such as `2026-11-24` unchanged. Raise BadParameter for any other text."""
    from operations.dead_letters.query import parse_day

    if value is not None and parse_day(value) is None:
        raise click.BadParameter("write a day as 2026-11-24", ctx, param)
    return value


def _option(name: str, metavar: str, help_text: str, check: Callable[..., Any] = _text) -> Callable[[Command], Command]:
    return click.option(name, metavar=metavar, callback=check, help=help_text)


_CONDITIONS: Final = (
    _option("--connection", "ID", "Only dead letters of this connection."),
    _option("--reason", "REASON", "Only with this reason, such as invalid_url."),
    _option("--field", "FIELD", "Only with an error in this field, such as TikTok.URL; - for no field."),
    _option("--tiktok-event", "NAME", "Only of this TikTok event, such as Purchase; - for none."),
    _option("--received", "DAY", "Only received on this day (UTC): 2026-11-24.", _day),
    _option("--job", "ID", "Only of this job, by its id in Flower and the log."),
    _option("--search", "TEXT", "Only events whose id begins with TEXT, or the dead letter with this id."),
    _option("--older-than", "AGE", "Only dead-lettered longer ago than this, such as 7d, 36h or 90m.", _age),
    _option("--newer-than", "AGE", "Only dead-lettered within this time, such as 7d, 36h or 90m.", _age),
)

json_option = click.option("--json", "as_json", is_flag=True, help="JSON alone on stdout.")
reveal_option = click.option(
    "--reveal", is_flag=True, help="Show values unmasked: personal data. The audit log records it."
)


def condition_options(command: Command) -> Command:
    """Add the options that make a DeadLetterQuery."""
    for decorate in reversed(_CONDITIONS):
        command = decorate(command)
    return command


def query_options(command: Command) -> Command:
    """Add `[ID…]`, the options that make a DeadLetterQuery, and `--all`."""
    command = click.option("--all", "every", is_flag=True, help="All dead letters.")(command)
    return click.argument("ids", metavar="[ID]...", nargs=-1, callback=_text)(condition_options(command))
