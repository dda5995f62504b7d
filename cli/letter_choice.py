"""Which dead letters a command is about: by id, by what they have in common, or all of them."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, TypeVar

import click

from cli.letter_box import LetterBox
from cli.wrong_use import unknown_id
from delivery.letters import DeadLetter
from lanes.chunk import read_header

Command = TypeVar("Command", bound=Callable[..., Any])

connection_option = click.option("--connection", metavar="ID", help="Only of this connection.")
reason_option = click.option("--reason", metavar="REASON", help="Only with this reason, such as invalid_url.")
job_option = click.option("--job", metavar="ID", help="Only of this job, as Flower and the log name it.")
json_option = click.option("--json", "as_json", is_flag=True, help="JSON alone on stdout.")
reveal_option = click.option("--reveal", is_flag=True, help="Mask nothing: this shows personal data, and is logged.")

NOTHING_CHOSEN: Final = "say which: ids, or one of --connection, --reason and --job, or --all"


def choice_options(command: Command) -> Command:
    """`[ID…]`, `--connection`, `--reason`, `--job` and `--all`, which make a Choice."""
    for decorate in (
        click.option("--all", "every", is_flag=True, help="All there are."),
        job_option,
        reason_option,
        connection_option,
        click.argument("ids", metavar="[ID]...", nargs=-1),
    ):
        command = decorate(command)
    return command


class Chosen(NamedTuple):
    """A letter that was chosen, without its source: that is most of its bytes."""

    id: str
    connection: str
    at_ms: int
    first_unknown_ms: int
    """When a request with it first went out whose outcome nobody learnt; 0 if none did."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What was asked for. Several conditions must all hold."""

    ids: tuple[str, ...] = ()
    connection: str | None = None
    reason: str | None = None
    job: str | None = None
    every: bool = False

    def check(self) -> None:
        """Wrong use when it chooses nothing, or ids and more than ids."""
        conditions = (self.connection, self.reason, self.job)
        if not self.ids and not self.every and conditions == (None, None, None):
            raise click.UsageError(NOTHING_CHOSEN)
        if self.ids and (self.every or conditions != (None, None, None)):
            raise click.UsageError("give either ids or conditions, not both")

    def matches(self, letter: DeadLetter) -> bool:
        """Whether it is one of them, but for its connection and id."""
        return self.reason in (None, letter.reason) and self.job in (None, letter.job)

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
        yield from filter(self.matches, box.letters(self.connections(box)))

    def chosen(self, box: LetterBox) -> list[Chosen]:
        """Those chosen, oldest first."""
        return sorted(map(_chosen, self.letters(box)), key=lambda one: (one.at_ms, one.id))

    def missing(self, there: Collection[str]) -> list[str]:
        """The ids asked for that are not `there`."""
        return [letter_id for letter_id in dict.fromkeys(self.ids) if letter_id not in there]


def _chosen(letter: DeadLetter) -> Chosen:
    unknown_ms = read_header(letter.source).first_unknown_ms if letter.source else 0
    return Chosen(letter.id, letter.connection, letter.at_ms, unknown_ms)
