"""Read `also_send`: paths of additional fields, and names of sets of them."""

from collections.abc import Mapping
from typing import Final

from config.additional_fields import ADDITIONAL_FIELDS, FIELD_SETS
from config.reading.readers import Reader, allowed_words, refuse, shown, text
from config.reading.records import listing
from config.reading.yaml_tree import Node

_SETTINGS: Final[Mapping[str, str]] = {
    "properties.order_id": "send_order_id: true",
    "properties.content_ids": "send_content_ids: true",
    "properties.search_string": "send_search_string: true",
    "limited_data_use": "ccpa_limited_data_use: true",
}
"""Paths that a setting of their own sends, with that setting as a file writes it."""
_NAMES: Final = {**dict.fromkeys(FIELD_SETS), **dict.fromkeys(ADDITIONAL_FIELDS)}
_SHOWN: Final = [*FIELD_SETS, *(path for path, field in ADDITIONAL_FIELDS.items() if field.set_name is None)]


def _name(name: str, node: Node) -> str:
    value = text(name, node)
    if value in _NAMES:
        return value
    if value in _SETTINGS:
        refuse(node, f"`{value}` has a setting of its own: write `{_SETTINGS[value]}` in place of `{name}`")
    return refuse(
        node,
        f"`{name}` names `{shown(value)}`{allowed_words(value, _SHOWN, _NAMES)}, and each field of the sets"
        f" {' and '.join(FIELD_SETS)}",
    )


_LIST: Final = listing(Reader(_name, {"enum": list(_NAMES)}), "[user.locale, travel]")


def _read(name: str, node: Node) -> frozenset[str]:
    return frozenset(path for entry in _LIST(name, node) for path in FIELD_SETS.get(entry, {entry}))


ALSO_SEND: Final[Reader[frozenset[str]]] = Reader(_read, _LIST.schema)
"""A list of paths and sets; a set is read as the paths of its fields."""
