"""List every place in a batch with one event that relay reads, from the types that the mapping reads with."""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any, Final, TypeAlias

from msgspec import inspect

from mapping.incoming.batch_fields import Fields
from mapping.incoming.event import Data, Promotion
from mapping.incoming.flags import FLAGS
from mapping.incoming.identity_names import KNOWN

Tree: TypeAlias = "Mapping[str, Tree] | None"
"""The members of an object, or of each item of a list under `0`; None for a single value or free content."""

OPEN: Final = frozenset(("custom_attributes", "user_attributes", "partner_identities", "consent_state"))
"""Objects whose members a client or the configuration names: any name is allowed."""
NAMED_BY_CLIENTS: Final = frozenset(("custom_flags", "user_identities", *OPEN)) - {"consent_state"}
"""Objects whose members may have dots in their names, and have text for values."""

_LIKENESS: Final = 0.6


def _tree(kind: inspect.Type) -> Tree:
    match kind:
        case inspect.StructType(fields=fields):
            return {field.encode_name: _tree(field.type) for field in fields}
        case inspect.ListType(item_type=item):
            return {"0": _tree(item)}
        case inspect.UnionType(types=types):
            return next((tree for member in types if (tree := _tree(member)) is not None), None)
        case _:
            return None


DATA: Final[Mapping[str, Tree]] = {
    **(_tree(inspect.type_info(Data)) or {}),
    "custom_flags": dict.fromkeys(sorted(FLAGS)),
    "promotion_action": {"action": None, "promotions": {"0": _tree(inspect.type_info(Promotion))}},
}
"""An event's `data`."""
BATCH: Final[Mapping[str, Tree]] = {
    **(_tree(inspect.type_info(Fields)) or {}),
    "user_identities": dict.fromkeys(sorted(KNOWN)),
    **dict.fromkeys(("mp_deviceid", "source_request_id", "schema_version", "integration_attributes")),
}
"""A batch without its events."""


def knows(tree: Tree, name: str) -> bool:
    """Return whether relay reads a member of that name, or an item at that place."""
    if tree is None:
        return False
    return name in tree or (name.isdecimal() and "0" in tree)


def reads(path: str) -> bool:
    """Return whether relay reads the place of this path, or one inside it."""
    for tree in (DATA, BATCH):
        inner: Tree = tree
        parts = path.split(".")
        while parts and knows(inner, parts[0]):
            inner = below(inner, parts.pop(0))
        if not parts:
            return True
    return False


def below(tree: Tree, name: str) -> Tree:
    """Return the members of a member."""
    if tree is None:
        return None
    return tree.get("0" if name.isdecimal() else name)


def nearest(path: str, batch: Mapping[str, Any]) -> str | None:
    """Return the path most similar to `path`, of those that relay reads and those in the batch; None if none is."""
    event = batch["events"][0]
    data = event.get("data") if isinstance(event, dict) else None
    there = {name: value for name, value in batch.items() if name != "events"}
    known = [*_paths(DATA), *_paths(BATCH), *_paths(data), *_paths(there)]
    found = get_close_matches(path, known, n=1, cutoff=_LIKENESS)
    if not found:
        last = {known_path.rpartition(".")[2].casefold(): known_path for known_path in reversed(known)}
        close = get_close_matches(path.rpartition(".")[2].casefold(), last, n=1, cutoff=_LIKENESS)
        found = [last[name] for name in close]
    return found[0] if found else None


def _paths(value: Any, before: str = "") -> Iterator[str]:
    """Yield the path of every value in a tree, or in JSON."""
    members = enumerate(value) if isinstance(value, list) else value.items() if isinstance(value, Mapping) else ()
    for name, inner in members:
        yield from _paths(inner, f"{before}{name}.")
    if not isinstance(value, list | Mapping) and before:
        yield before[:-1]
