"""Repair the shapes that languages write for an empty object or list.

PHP writes an empty map as `[]`, and a list with gaps as `{"0": …, "2": …}`; Lua writes an empty list as `{}`; XML
converters write both as `""`. This runs only where the types refused the JSON as it came.
"""

import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple, TypeAlias

import msgspec
from msgspec import inspect

_EMPTY: Final = re.compile(rb'\[\s*\]|\{\s*\}|"\s*"').fullmatch
_NULL: Final = msgspec.Raw(b"null")
_OBJECT: Final = b"{}"
_LIST: Final = b"[]"

_decode_members = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_decode_items = msgspec.json.Decoder(list[msgspec.Raw]).decode
_encode = msgspec.json.Encoder().encode


class ObjectShape(NamedTuple):
    """An object, with those of its members that are objects or lists."""

    members: "Mapping[str, Shape]"


class ListShape(NamedTuple):
    """A list, with the shape of its items: None for plain values."""

    item: "Shape | None"


Shape: TypeAlias = ObjectShape | ListShape


def shape_of(kind: Any) -> Shape:
    """Return the shape of a type that is an object or a list; raises TypeError for any other."""
    shape = _shape(inspect.type_info(kind))
    if shape is None:
        raise TypeError(kind)
    return shape


def holds_nothing(raw: msgspec.Raw) -> bool:
    """Return whether a value is null, or empty in any shape."""
    return raw == _NULL or _EMPTY(bytes(raw).strip()) is not None


def repaired(raw: bytes, shape: Shape) -> bytes:
    """Return `raw` with every empty value in the form that its type needs; anything else keeps its bytes."""
    text = bytes(raw).strip()
    try:
        return _repaired_object(text, shape) if isinstance(shape, ObjectShape) else _repaired_list(text, shape)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return text


def _repaired_object(text: bytes, shape: ObjectShape) -> bytes:
    if _EMPTY(text):
        return _OBJECT
    members = _decode_members(text)
    for name, inner in shape.members.items():
        if name in members and members[name] != _NULL:
            members[name] = msgspec.Raw(repaired(bytes(members[name]), inner))
    return _encode(members)


def _repaired_list(text: bytes, shape: ListShape) -> bytes:
    if _EMPTY(text):
        return _LIST
    items = _decode_items(text) if text[:1] == b"[" else _with_gaps(text)
    if items is None:
        return text
    return _encode([_repaired_item(item, shape.item) for item in items])


def _repaired_item(item: msgspec.Raw, shape: Shape | None) -> msgspec.Raw:
    return item if shape is None or item == _NULL else msgspec.Raw(repaired(bytes(item), shape))


def _with_gaps(text: bytes) -> list[msgspec.Raw] | None:
    """Return the items of a list that is written as an object with positions as names; None for any other object."""
    members = _decode_members(text)
    return list(members.values()) if all(name.isascii() and name.isdecimal() for name in members) else None


def _shape(info: inspect.Type) -> Shape | None:
    match info:
        case inspect.StructType(fields=fields):
            inner = ((field.encode_name, _shape(field.type)) for field in fields)
            return ObjectShape({name: shape for name, shape in inner if shape is not None})
        case inspect.DictType():
            return ObjectShape({})
        case inspect.ListType(item_type=item):
            return ListShape(_shape(item))
        case inspect.UnionType(types=types):
            shapes = [shape for option in types if (shape := _shape(option)) is not None]
            return next((shape for shape in shapes if isinstance(shape, ListShape)), shapes[0] if shapes else None)
        case _:
            return None
