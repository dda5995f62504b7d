"""Which dead letters a command is about: by id, by what they have in common, or all of them."""

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, TypeVar

import click

from cli.letter_box import LetterBox
from cli.wrong_use import unknown_id
from delivery.letters import DeadLetter
from lanes.chunk import read_header

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


class Chosen(NamedTuple):
    """A letter that was chosen, without its source: that is most of its bytes."""

    id: str
    connection: str
    at_ms: int
    first_unknown_ms: int
    """When a request with it first went out whose outcome nobody learnt; 0 if none did."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What was asked for. Several conditions must all hold; ages are in milliseconds."""

    ids: tuple[str, ...] = ()
    connection: str | None = None
    reason: str | None = None
    field: str | None = None
    job: str | None = None
    older_than: int | None = None
    newer_than: int | None = None
    every: bool = False

    def check(self) -> None:
        """Wrong use when it chooses nothing, or ids and more than ids."""
        if not self.ids and not self.every and not self.has_conditions:
            raise click.UsageError(NOTHING_CHOSEN)
        if self.ids and (self.every or self.has_conditions):
            raise click.UsageError("give either ids or conditions, not both")

    @property
    def has_conditions(self) -> bool:
        """Whether not every letter is meant."""
        conditions = (self.connection, self.reason, self.field, self.job, self.older_than, self.newer_than)
        return any(condition is not None for condition in conditions)

    def matches(self, letter: DeadLetter, now_ms: int) -> bool:
        """Whether it is one of them, but for its connection and id."""
        age = now_ms - letter.at_ms
        return (
            self.reason in (None, letter.reason)
            and self.field in (None, letter.field)
            and self.job in (None, letter.job)
            and (self.older_than is None or age > self.older_than)
            and (self.newer_than is None or age <= self.newer_than)
        )

    def connections(self, box: LetterBox) -> Collection[str]:
        """Where to look; wrong use when there is no such connection."""
        if self.connection is None:
            return box.connections
        if self.connection not in box.connections:
            raise unknown_id("--connection", self.connection, box.connections)
        return [self.connection]

    def letters(self, box: LetterBox) -> Iterator[DeadLetter]:
        """Those chosen, with their sources, as they come; of the ids, those that there are."""
        if self.ids:
            found = (box.find(letter_id) for letter_id in dict.fromkeys(self.ids))
            yield from (letter for letter in found if letter is not None)
            return
        now_ms = box.now_ms()
        yield from (letter for letter in box.letters(self.connections(box)) if self.matches(letter, now_ms))

    def chosen(self, box: LetterBox) -> list[Chosen]:
        """Those chosen, oldest first."""
        return sorted(map(_chosen, self.letters(box)), key=lambda one: (one.at_ms, one.id))

    def missing(self, there: Collection[str]) -> list[str]:
        """The ids asked for that are not `there`."""
        return [letter_id for letter_id in dict.fromkeys(self.ids) if letter_id not in there]


def _chosen(letter: DeadLetter) -> Chosen:
    unknown_ms = read_header(letter.source).first_unknown_ms if letter.source else 0
    return Chosen(letter.id, letter.connection, letter.at_ms, unknown_ms)
