"""Which dead letters are meant: by id, by what they have in common, or all of them."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from delivery.dead_letter import DeadLetter
from operations.dead_letters.store import LetterBox, first_unknown_ms


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
        """Where to look."""
        return [one for one in box.connections if self.connection in (None, one)]

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
    return Chosen(letter.id, letter.connection, letter.at_ms, first_unknown_ms(letter.source))
