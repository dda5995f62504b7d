"""Rate the match keys of a preview: which identifiers would be sent, and why others would not."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from config.model import Connection
from config.profiles.fields import PROFILE_FIELDS
from mapping.compile.steps import OMITTED, is_sent
from mapping.match_keys import MATCH_KEYS, Grade, MatchKey, codes_of, rows_with_keys
from mapping.results import Note
from operations.preview.preview import Preview

_BY_SETTING = "omitted by the setting `omit`"


@dataclass(slots=True)
class Identifier:
    """One match key on a connection's route, and how many events would be sent with or without it."""

    kind: MatchKey
    incoming: str
    """Its incoming name, as in notes."""
    sent: int = 0
    omitted: dict[str, int] = field(default_factory=dict)
    """The number of events by reason."""


@dataclass(slots=True)
class Matching:
    """The identifiers of one preview, and the number of its events by grade."""

    identifiers: tuple[Identifier, ...]
    events: int = 0
    grades: dict[Grade, int] = field(default_factory=lambda: {"good": 0, "fair": 0, "none": 0})

    may_fill: frozenset[str] = frozenset()
    """The codes of match keys that users' profiles may fill, which a preview without Redis cannot know."""
    notes: set[Note] = field(default_factory=set)
    """The notes that are reasons here."""

    def absent(self, identifier: Identifier) -> int:
        """Return how many events came without it."""
        return max(0, self.events - identifier.sent - sum(identifier.omitted.values()))


def matching_of(preview: Preview, connection: Connection) -> Matching:
    """Return the identifiers by which TikTok could match the events of `preview`."""
    matching = Matching(
        tuple(_identifiers(preview, connection)),
        may_fill=frozenset(
            field
            for field in connection.remembers
            if any(is_sent(path, connection) for path in PROFILE_FIELDS[field].paths)
        ),
    )
    for item in preview.items:
        codes = codes_of(item.match_keys)
        present = [identifier for identifier in matching.identifiers if identifier.kind.code in codes]
        for identifier in present:
            identifier.sent += 1
        matching.events += 1
        matching.grades[_grade(present)] += 1
        for identifier in matching.identifiers:
            if not any(is_sent(path, connection) for path in identifier.kind.paths):
                identifier.omitted[_BY_SETTING] = identifier.omitted.get(_BY_SETTING, 0) + 1
        for note in item.notes:
            for identifier in matching.identifiers:
                if identifier.incoming == note.field and identifier not in present:
                    matching.notes.add(note)
                    why = note.note.removeprefix(OMITTED)
                    identifier.omitted[why] = identifier.omitted.get(why, 0) + 1
    return matching


def _grade(present: list[Identifier]) -> Grade:
    kinds = [identifier.kind for identifier in present]
    codes = {kind.code for kind in kinds}
    usable = {kind.grade for kind in kinds if kind.with_ is None or kind.with_ in codes}
    return "good" if "good" in usable else "fair" if "fair" in usable else "none"


def _identifiers(preview: Preview, connection: Connection) -> Iterator[Identifier]:
    """Yield one for each key that identifies alone and for which the route has a field."""
    rows = sorted(rows_with_keys(preview.plan.route, connection), key=lambda found: MATCH_KEYS.index(found[0]))
    names: dict[MatchKey, str] = {}
    for key, row in rows:
        if key.grade != "none":
            names.setdefault(key, row.source.bind(connection).name)
    return (Identifier(key, name) for key, name in names.items())
