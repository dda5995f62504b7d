"""`--connection`, `--reason` and their like: the options that make a choice of dead letters, and their wrong use."""

import re
from collections.abc import Callable
from typing import Any, Final, TypeVar

import click

from cli.terminal.usage_errors import unknown_id
from operations.dead_letters.selection import Choice
from operations.dead_letters.store import LetterBox

Command = TypeVar("Command", bound=Callable[..., Any])


def _age(ctx: click.Context, param: click.Parameter, value: str | None) -> int | None:
    """`7d`, `36h` or `90m`, in milliseconds; wrong use when it is none."""
    if value is None:
        return None
    written = re.fullmatch(r"(\d{1,6})([dhm])", value)
    if written is None:
        raise click.BadParameter("write an age as 7d, 36h or 90m", ctx, param)
    return int(written[1]) * _UNITS[written[2]]


_UNITS: Final = {"m": 60_000, "h": 3_600_000, "d": 86_400_000}
_CONDITIONS: Final = (
    click.option("--connection", metavar="ID", help="Only of this connection."),
    click.option("--reason", metavar="REASON", help="Only with this reason, such as invalid_url."),
    click.option("--field", metavar="FIELD", help="Only with this field at fault, such as TikTok.URL."),
    click.option("--job", metavar="ID", help="Only of this job, as Flower and the log name it."),
    click.option("--older-than", callback=_age, metavar="AGE", help="Only those that died longer ago: 7d, 36h, 90m."),
    click.option("--newer-than", callback=_age, metavar="AGE", help="Only those that died since then."),
)

json_option = click.option("--json", "as_json", is_flag=True, help="JSON alone on stdout.")
reveal_option = click.option("--reveal", is_flag=True, help="Mask nothing: this shows personal data, and is logged.")

NOTHING_CHOSEN: Final = "say which: ids, or conditions such as --reason, or --all"


def condition_options(command: Command) -> Command:
    """The conditions, which make a Choice."""
    for decorate in reversed(_CONDITIONS):
        command = decorate(command)
    return command


def choice_options(command: Command) -> Command:
    """`[ID…]`, the conditions and `--all`, which make a Choice."""
    command = click.option("--all", "every", is_flag=True, help="All there are.")(command)
    return click.argument("ids", metavar="[ID]...", nargs=-1)(condition_options(command))


def choice_of(box: LetterBox, conditions: dict[str, Any]) -> Choice:
    """What was asked for; wrong use when it names a connection that there is not."""
    choice = Choice(**conditions)
    if choice.connection is not None and choice.connection not in box.connections:
        raise unknown_id("--connection", choice.connection, box.connections)
    return choice


def check(conditions: dict[str, Any]) -> None:
    """Wrong use when they choose nothing, or ids and more than ids."""
    choice = Choice(**conditions)
    if not choice.ids and not choice.every and not choice.has_conditions:
        raise click.UsageError(NOTHING_CHOSEN)
    if choice.ids and (choice.every or choice.has_conditions):
        raise click.UsageError("give either ids or conditions, not both")
