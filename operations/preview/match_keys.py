"""How well TikTok could match the events of a preview to people: which identifiers go out, and why others do not."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final, Literal, NamedTuple

import msgspec

from config.model import Connection
from mapping.compile.steps import is_on
from mapping.results import Note
from mapping.tables import FIELDS, Row
from mapping.wire import path_of, shape_of
from operations.preview.preview import Preview

Grade = Literal["good", "fair", "none"]

_LEFT_OUT = "left out: "


class Kind(NamedTuple):
    """A sort of identifier in a marketer's words, by the path of Events API 2.0 that its rows fill.

    `grade`: how well TikTok matches by it alone; `with_`: only together with that other sort.
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
    """One sort of identifier on a connection's route, and what became of it in the events that would be sent."""

    kind: Kind
    path: tuple[str, ...]
    incoming: str
    """Its incoming name, as notes have it."""
    sent: int = 0
    left_out: dict[str, int] = field(default_factory=dict)
    """Reasons, and of how many events each."""


@dataclass(slots=True)
class Matching:
    """The identifiers of one preview, and how many of its events are matched how well."""

    identifiers: tuple[Identifier, ...]
    events: int = 0
    grades: dict[Grade, int] = field(default_factory=lambda: {"good": 0, "fair": 0, "none": 0})

    remembers: bool = False
    """Whether a remembered IP address may be sent, which a preview does not know (I1)."""
    told: set[Note] = field(default_factory=set)
    """The notes that stand here as reasons."""


def matching_of(made: Preview, connection: Connection) -> Matching:
    """What TikTok could match the events of `made` by."""
    matching = Matching(tuple(_identifiers(made, connection)), remembers=connection.enrich_ip_address)
    for item in made.items:
        body = msgspec.json.decode(item.body)
        present = [one for one in matching.identifiers if _at(body, one.path)]
        for one in present:
            one.sent += 1
        matching.events += 1
        matching.grades[_grade(present)] += 1
        for note in item.notes:
            for one in matching.identifiers:
                if one.incoming == note.field and one not in present:
                    matching.told.add(note)
                    why = note.note.removeprefix(_LEFT_OUT)
                    one.left_out[why] = one.left_out.get(why, 0) + 1
    return matching


def _grade(present: list[Identifier]) -> Grade:
    names = {one.kind.name for one in present}
    usable = {one.kind.grade for one in present if one.kind.with_ is None or one.kind.with_ in names}
    return "good" if "good" in usable else "fair" if usable else "none"


def _identifiers(made: Preview, connection: Connection) -> Iterator[Identifier]:
    """One for each sort that the route has a field for, in the order of KINDS."""
    shape = shape_of(made.plan.route)
    for kind in KINDS:
        rows = [row for row in FIELDS if row.track == kind.path and _holds(row, made, connection)]
        for row in rows[:1]:
            path = path_of(row, shape) or ""
            yield Identifier(kind, tuple(path.removesuffix("[]").split(".")), row.source.bind(connection).name)


def _holds(row: Row, made: Preview, connection: Connection) -> bool:
    route = made.plan.route
    return (
        route.name in row.routes and path_of(row, shape_of(route)) is not None and is_on(row.needs_setting, connection)
    )


def _at(document: Any, path: tuple[str, ...]) -> Any:
    for key in path:
        document = document.get(key) if isinstance(document, dict) else None
    return document
