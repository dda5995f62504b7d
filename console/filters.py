"""The filter of dead letters as a page's address or form has it."""

from dataclasses import asdict
from typing import Any

from console.visit import Visit
from operations.dead_letters.query import Filter

_NAMES = ("id", "connection", "reason", "field", "tiktok_event", "received", "search")


def filter_of(visit: Visit) -> Filter:
    """What the visitor asks for."""
    given: dict[str, Any] = {name: visit.field(name).strip() for name in _NAMES}
    return Filter(**given)


def fields_of(wanted: Filter) -> dict[str, Any]:
    """The same as fields, for addresses and hidden in forms; only those that say something."""
    return {name: value for name, value in asdict(wanted).items() if value and name in _NAMES}
