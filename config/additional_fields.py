"""The fields of TikTok's beyond the page that a connection asks for by `also_send` (A, T and V of docs/mapping.md)."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final, Literal, NamedTuple

from config.routes import RouteName

Form = Literal["text", "choice", "truth", "number", "whole", "year", "date", "list", "range", "vin", "language"]
"""What TikTok takes as a value; FORMS says it in words."""

_EVERY: Final[frozenset[RouteName]] = frozenset({"legacy", "web", "app", "offline", "crm"})
_TRACK: Final[frozenset[RouteName]] = _EVERY - {"legacy"}
_WEB: Final[frozenset[RouteName]] = frozenset({"web"})
_APP: Final[frozenset[RouteName]] = frozenset({"app"})

FORMS: Final[Mapping[Form, str]] = {
    "text": "text",
    "choice": "one of TikTok's words, in any case",
    "truth": "true or false",
    "language": "a language and a country, such as `en-US`",
    "number": "a number",
    "whole": "a whole number, 0 or more",
    "year": "a year of four digits",
    "date": "`20261126`, `2026-11-26`, or with time and zone `2026-11-26T08:30+01:00`",
    "list": "a list, or text with commas between its parts",
    "range": "the lowest and the highest, such as `10000-25000`",
    "vin": "at most 17 characters",
}
"""Each form in words."""

_FORMATS: Final[Mapping[Form, re.Pattern[str]]] = {
    "number": re.compile(r"-?\d{1,300}(\.\d{1,300})?", re.ASCII),
    "whole": re.compile(r"\d{1,300}", re.ASCII),
    "year": re.compile(r"[1-9]\d{3}", re.ASCII),
    "date": re.compile(r"\d{8}|\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2})?(Z|[+-]\d{2}:?\d{2}))?", re.ASCII),
    "range": re.compile(r"\s*(\d+(?:\.\d+)?)\s*[,;-]\s*(\d+(?:\.\d+)?)\s*", re.ASCII),
    "vin": re.compile(r".{1,17}"),
}
"""How a text of a form looks; texts of the other forms may look in any way."""

PROPERTIES: Final = "properties."
CONTENT: Final = "properties.contents[]."


class AdditionalField(NamedTuple):
    """One field: its row's id, its path in TikTok's event, the routes that may carry it, and the form of its value.

    `allowed` are the words of the form `choice`. `set_name` is the name by which `also_send` asks for several at once.
    """

    id: str
    path: str
    routes: frozenset[RouteName]
    form: Form = "text"
    allowed: tuple[str, ...] = ()
    set_name: str | None = None

    @property
    def parameter(self) -> str:
        """The name of the field as a custom mapping's parameter, and as the event attribute that fills it."""
        return self.path.removeprefix(CONTENT).removeprefix(PROPERTIES).replace(".", "_")

    @property
    def expected(self) -> str:
        """What a value must be, for messages and documents."""
        return f"one of {', '.join(self.allowed)}" if self.allowed else FORMS[self.form]

    def word(self, written: str) -> str | None:
        """Return TikTok's word for what is written, in any case, for the form `choice`."""
        return next((word for word in self.allowed if _squeezed(word) == _squeezed(written)), None)

    def takes(self, written: str) -> bool:
        """Return whether a text is a value of the field's form."""
        if self.form == "choice":
            return self.word(written) is not None
        return self.form not in _FORMATS or matches(self.form, written) is not None


def matches(form: Form, written: str) -> re.Match[str] | None:
    """Return the match of a text with the format of its form; a date must also be in the calendar."""
    found = _FORMATS[form].fullmatch(written)
    return found if form != "date" or found is None or _is_in_calendar(written) else None


def _is_in_calendar(written: str) -> bool:
    try:
        datetime.fromisoformat(written)
    except ValueError:
        return False
    return True


def _squeezed(written: str) -> str:
    return written.strip().casefold().replace(" ", "_").replace("-", "_")


def _numbered(
    letter: str,
    first: int,
    set_name: str | None,
    routes: frozenset[RouteName],
    names: Iterable[str],
    form: Form = "text",
) -> list[AdditionalField]:
    return [
        AdditionalField(f"{letter}{number}", name, routes, form, set_name=set_name)
        for number, name in enumerate(names, start=first)
    ]


def _choice(ident: str, name: str, allowed: str, routes: frozenset[RouteName], set_name: str | None) -> AdditionalField:
    return AdditionalField(ident, f"{PROPERTIES}{name}", routes, "choice", tuple(allowed.split()), set_name)


def _properties(names: str) -> list[str]:
    return [f"{PROPERTIES}{name}" for name in names.split()]


_ATT_ANSWERS: Final = ("AUTHORIZED", "DENIED", "NOT_DETERMINED", "RESTRICTED", "NOT_APPLICABLE")
_USER_AND_AD: Final = (
    *_numbered("A", 1, None, _WEB | _APP, ["user.locale"], "language"),
    *_numbered("A", 2, None, _APP, ["user.idfv"]),
    AdditionalField("A3", "user.att_status", _APP, "choice", _ATT_ANSWERS),
    *_numbered("A", 4, "ad", _APP, ["ad.campaign_id", "ad.ad_id", "ad.creative_id"]),
    *_numbered("A", 7, "ad", _APP, ["ad.is_retargeting", "ad.attributed"], "truth"),
    *_numbered("A", 9, "ad", _APP, ["ad.attribution_type", "ad.attribution_provider"]),
)
_ORDER: Final = (
    *_numbered("A", 11, None, _TRACK, [f"{CONTENT}brand"]),
    *_numbered("A", 12, None, _TRACK, _properties("num_items"), "whole"),
    *_numbered("A", 13, None, _TRACK, _properties("shop_id")),
    *_numbered("A", 14, None, _EVERY, _properties("status")),
    _choice("A15", "delivery_category", "in_store curbside home_delivery", _TRACK, None),
    *_numbered("A", 16, None, _TRACK, _properties("predicted_ltv"), "number"),
)
_TRAVEL: Final = (
    *_numbered("T", 1, "travel", _WEB, _properties("city region country")),
    *_numbered("T", 4, "travel", _WEB, _properties("checkin_date checkout_date"), "date"),
    *_numbered("T", 6, "travel", _WEB, _properties("num_adults num_children num_infants"), "whole"),
    *_numbered("T", 9, "travel", _WEB, _properties("suggested_hotels"), "list"),
    *_numbered("T", 10, "travel", _WEB, _properties("departing_departure_date returning_departure_date"), "date"),
    *_numbered("T", 12, "travel", _WEB, _properties("origin_airport destination_airport")),
    *_numbered("T", 14, "travel", _WEB, _properties("destination_ids"), "list"),
    *_numbered("T", 15, "travel", _WEB, _properties("departing_arrival_date returning_arrival_date"), "date"),
    _choice("T17", "travel_class", "eco prem bus first", _WEB, "travel"),
    *_numbered("T", 18, "travel", _WEB, _properties("user_score"), "number"),
    *_numbered("T", 19, "travel", _WEB, _properties("preferred_num_stops"), "whole"),
    *_numbered("T", 20, "travel", _WEB, _properties("travel_start travel_end"), "date"),
    *_numbered("T", 22, "travel", _WEB, _properties("suggested_destinations"), "list"),
)
_BODY_STYLES: Final = "Convertible Coupe Hatchback Minivan Truck SUV Sedan Van Wagon Crossover Other"
_VEHICLE: Final = (
    *_numbered("V", 1, "vehicle", _WEB, _properties("postal_code make model")),
    *_numbered("V", 4, "vehicle", _WEB, _properties("year"), "year"),
    _choice("V5", "state_of_vehicle", "New Used CPO", _WEB, "vehicle"),
    *_numbered("V", 6, "vehicle", _WEB, _properties("mileage.value"), "number"),
    _choice("V7", "mileage.unit", "MI KM", _WEB, "vehicle"),
    *_numbered("V", 8, "vehicle", _WEB, _properties("exterior_color")),
    _choice("V9", "transmission", "Automatic Manual Other", _WEB, "vehicle"),
    _choice("V10", "body_style", _BODY_STYLES, _WEB, "vehicle"),
    _choice("V11", "fuel_type", "Diesel Electric Flex Gasoline Hybrid Other", _WEB, "vehicle"),
    _choice("V12", "drivetrain", "AWD FOUR_WD FWD RWD TWO_WD Other", _WEB, "vehicle"),
    *_numbered("V", 13, "vehicle", _WEB, _properties("preferred_price_range"), "range"),
    *_numbered("V", 14, "vehicle", _WEB, _properties("trim")),
    *_numbered("V", 15, "vehicle", _WEB, _properties("vin"), "vin"),
    *_numbered("V", 16, "vehicle", _WEB, _properties("interior_color")),
    _choice("V17", "condition_of_vehicle", "Excellent Good Fair Poor Other", _WEB, "vehicle"),
    *_numbered("V", 18, "vehicle", _WEB, _properties("viewcontent_type search_type registration_type")),
)

ADDITIONAL_FIELDS: Final[Mapping[str, AdditionalField]] = {
    field.path: field for field in (*_USER_AND_AD, *_ORDER, *_TRAVEL, *_VEHICLE)
}
"""Every field by its path."""

FIELD_SETS: Final[Mapping[str, frozenset[str]]] = {
    name: frozenset(field.path for field in ADDITIONAL_FIELDS.values() if field.set_name == name)
    for name in ("ad", "travel", "vehicle")
}
"""The names that stand for several fields, with their paths."""

ADDITIONAL_PARAMETERS: Final[Mapping[str, AdditionalField]] = {
    field.parameter: field for field in ADDITIONAL_FIELDS.values() if field.path.startswith(PROPERTIES)
}
"""The fields that custom mappings may fill, by the parameter's name."""


def named(paths: frozenset[str]) -> dict[str, frozenset[RouteName]]:
    """Return the fields by the names that a file would give them, whole sets by the set's, each with its routes."""
    sets = {name: members for name, members in FIELD_SETS.items() if members <= paths}
    single = paths.difference(*sets.values())
    names = {**{name: min(members) for name, members in sets.items()}, **{path: path for path in sorted(single)}}
    return {name: ADDITIONAL_FIELDS[path].routes for name, path in names.items()}
