"""Build a tree from rules, so that one walk of a JSON object applies all of them."""

from collections.abc import Iterable
from typing import NamedTuple, Self

from sandbox.checks import MISSING, Check
from sandbox.field_rule import FieldRule


class Finding(NamedTuple):
    """The first error: its path and TikTok's message."""

    path: str
    complaint: str

    def under(self, name: str) -> Self:
        return self._replace(path=f"{name}.{self.path}" if self.path else name)


class Node:
    """The rules for one value and for the values inside it."""

    __slots__ = ("checks", "fields", "is_list", "required")

    def __init__(self) -> None:
        self.checks: tuple[Check, ...] = ()
        self.fields: dict[str, Node] = {}
        self.required: tuple[str, ...] = ()
        self.is_list = False

    def find(self, value: object) -> Finding | None:
        """Return the first finding in `value`, in the order of its keys; fields without a rule pass, as at TikTok."""
        for check in self.checks:
            complaint = check(value)
            if complaint is not None:
                return Finding("", complaint)
        if not self.fields:
            return None
        return self._find_in_list(value) if self.is_list else self._find_in_object(value)

    def _find_in_object(self, value: object) -> Finding | None:
        if not isinstance(value, dict):
            return Finding("", "not a valid object")
        for name, inner in value.items():
            node = self.fields.get(name)
            if node is not None:
                finding = node.find(inner)
                if finding is not None:
                    return finding.under(name)
        for name in self.required:
            if name not in value:
                return self.fields[name].missing().under(name)
        return None

    def _find_in_list(self, value: object) -> Finding | None:
        if not isinstance(value, list):
            return Finding("", "not a valid list")
        for position, item in enumerate(value):
            finding = self._find_in_object(item)
            if finding is not None:
                return finding.under(str(position))
        return None

    def missing(self) -> Finding:
        """Return the finding for this absent required value: itself, or the first required value inside it."""
        if self.required:
            return self.fields[self.required[0]].missing().under(self.required[0])
        return Finding("", MISSING)


def build_tree(rows: Iterable[FieldRule]) -> Node:
    """Return the tree of `rows`. An object is required if a value in it is."""
    root = Node()
    for row in rows:
        node = root
        for part in row.path.split("."):
            name = part.removesuffix("[]")
            if row.required and name not in node.required:
                node.required += (name,)
            node = node.fields.setdefault(name, Node())
            node.is_list = part.endswith("[]")
        if row.check not in node.checks:
            node.checks += (row.check,)
    return root
