"""Rate the match keys of a preview: which identifiers would be sent, and why others would not."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final, Literal, NamedTuple

import msgspec

from config.model import Connection
from mapping.compile.steps import is_on, is_sent
from mapping.results import Note
from mapping.tables import FIELDS, Row
from mapping.wire import path_of, shape_of
from operations.preview.preview import Preview

Grade = Literal["good", "fair", "none"]

_LEFT_OUT = "left out: "
_BY_SETTING = "left out by the setting `omit`"


class Kind(NamedTuple):
    """One kind of identifier, by its path in Events API 2.0.

    `grade` says how well TikTok matches by it alone. `with_` names another kind that it needs.
    """

    path: str
    name: str
    grade: Grade
    with_: str | None = None


KINDS: Final = (
    Kind("user.ttclid", "click id", "good"),
    Kind("ad.callback", "click id", "good"),
    Kind("user.email[]", "email", "good"),
    Kind("user.phone[]", "phone", "good"),
    Kind("user.idfa", "IDFA (iOS)", "good"),
    Kind("user.gaid", "GAID (Android)", "good"),
    Kind("user.external_id[]", "external id", "fair"),
    Kind("user.ttp", "TikTok's cookie", "fair"),
    Kind("user.ip", "IP address", "fair", with_="user agent"),
    Kind("user.user_agent", "user agent", "fair", with_="IP address"),
)


@dataclass(slots=True)
class Identifier:
    """One kind of identifier on a connection's route, and how many events would be sent with or without it."""

    kind: Kind
    path: tuple[str, ...]
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

    remembers: bool = False
    """Whether a remembered IP address may be added, which a preview cannot know (I1)."""
    notes: set[Note] = field(default_factory=set)
    """The notes that are reasons here."""


def matching_of(preview: Preview, connection: Connection) -> Matching:
    """Return the identifiers by which TikTok could match the events of `preview`."""
    matching = Matching(
        tuple(_identifiers(preview, connection)),
        remembers=connection.enrich_ip_address and is_sent("user.ip", connection),
    )
    for item in preview.items:
        body = msgspec.json.decode(item.body)
        present = [identifier for identifier in matching.identifiers if _at(body, identifier.path)]
        for identifier in present:
            identifier.sent += 1
        matching.events += 1
        matching.grades[_grade(present)] += 1
        for identifier in matching.identifiers:
            if not is_sent(identifier.kind.path, connection):
                identifier.omitted[_BY_SETTING] = identifier.omitted.get(_BY_SETTING, 0) + 1
        for note in item.notes:
            for identifier in matching.identifiers:
                if identifier.incoming == note.field and identifier not in present:
                    matching.notes.add(note)
                    why = note.note.removeprefix(_LEFT_OUT)
                    identifier.omitted[why] = identifier.omitted.get(why, 0) + 1
    return matching


def _grade(present: list[Identifier]) -> Grade:
    kinds = [identifier.kind for identifier in present]
    names = {kind.name for kind in kinds}
    usable = {kind.grade for kind in kinds if kind.with_ is None or kind.with_ in names}
    return "good" if "good" in usable else "fair" if usable else "none"


def _identifiers(preview: Preview, connection: Connection) -> Iterator[Identifier]:
    """Yield one for each kind that the route has a field for, in the order of KINDS."""
    shape = shape_of(preview.plan.route)
    for kind in KINDS:
        rows = [row for row in FIELDS if row.track == kind.path and _holds(row, preview, connection)]
        for row in rows[:1]:
            path = path_of(row, shape) or ""
            yield Identifier(kind, tuple(path.removesuffix("[]").split(".")), row.source.bind(connection).name)


def _holds(row: Row, preview: Preview, connection: Connection) -> bool:
    route = preview.plan.route
    return route.name in row.routes and path_of(row, shape_of(route)) is not None and is_on(row, connection)


def _at(document: Any, path: tuple[str, ...]) -> Any:
    for key in path:
        document = document.get(key) if isinstance(document, dict) else None
    return document
