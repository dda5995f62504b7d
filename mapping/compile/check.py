"""Check the expression of a source against the types that it reads, when a configuration loads.

A source reads its value by Python text such as `subject.data.page_url`. Without this check a wrong name in such a text
would fail at the first event.
"""

import ast
from collections.abc import Mapping
from functools import lru_cache
from types import NoneType, UnionType
from typing import Any, Final, Union, get_args, get_origin, get_type_hints

import msgspec

from config.vocabulary import CONTENT_PARAMETERS
from mapping.incoming.batch_fields import BatchFields
from mapping.incoming.event import Incoming, Product, Promotion
from mapping.sources import EXPRESSION_FUNCTIONS, Scope

Content: Any = msgspec.defstruct("Content", [(name, Any, None) for name in sorted(CONTENT_PARAMETERS)])
"""One of an event's contents, with every field that it may have."""

SUBJECTS: Final[Mapping[Scope, Any]] = {
    Scope.BATCH: BatchFields,
    Scope.EVENT: Incoming,
    Scope.PRODUCT: Product,
    Scope.PROMOTION: Promotion,
    Scope.CONTENTS: list[Content],
    Scope.ITEM: Any,
    Scope.CONNECTION: Any,
}
"""The type of `subject` in the expressions of each scope; Any where no attribute of it may be read."""

_BUILTINS: Final = frozenset({"type", "str", "list"})


class UnknownSourceError(TypeError):
    """An expression names something that its types do not have: a defect in a row, or in the vocabulary."""


@lru_cache(maxsize=4096)
def check_expression(expression: str, scope: Scope) -> frozenset[tuple[Any, str]]:
    """Return the fields and methods that `expression` reads from subjects of `scope`, each with the type that has it.

    Raise UnknownSourceError for a name or an attribute that does not exist.
    """
    try:
        tree = ast.parse(expression, mode="eval")
    except SyntaxError as error:
        raise UnknownSourceError(f"The source `{expression}` is not Python: {error.msg}.") from None
    checker = _Checker(expression, SUBJECTS[scope], _bound_names(tree))
    checker.type_of(tree.body)
    return frozenset(checker.read)


def _bound_names(tree: ast.AST) -> frozenset[str]:
    """Return the names that the expression itself binds, by `:=` or by `for`."""
    return frozenset(node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and type(node.ctx) is ast.Store)


class _Checker:
    """Finds the type of each part of one expression; Any for a part whose type depends on the sender."""

    def __init__(self, expression: str, subject: Any, bound: frozenset[str]) -> None:
        self._expression, self._subject = expression, subject
        self._known = bound | _BUILTINS | EXPRESSION_FUNCTIONS.keys()
        self._items: dict[str, Any] = {}
        self.read: set[tuple[Any, str]] = set()

    def type_of(self, node: ast.AST) -> Any:
        match node:
            case ast.Name(id="subject"):
                return self._subject
            case ast.Name(id=name):
                if name not in self._known:
                    raise self._unknown(f"no name `{name}`")
                return self._items.get(name, Any)
            case ast.ListComp(generators=[ast.comprehension(target=ast.Name(id=name), iter=items)]):
                owner = self.type_of(items)
                self._items[name] = get_args(owner)[0] if get_origin(owner) is list else Any
                return self._parts(node)
            case ast.Attribute(value=inner, attr=name):
                return self._attribute(self.type_of(inner), name)
            case ast.Call():
                return self._call(node)
            case _:
                return self._parts(node)

    def _parts(self, node: ast.AST) -> Any:
        """Check each part of a node that may have any type."""
        for child in ast.iter_child_nodes(node):
            self.type_of(child)
        return Any

    def _call(self, node: ast.Call) -> Any:
        match node:
            case ast.Call(func=ast.Attribute(value=inner, attr=name), args=arguments):
                owner = self.type_of(inner)
                for argument in arguments:
                    self.type_of(argument)
                return self._method(owner, name)
            case _:
                return self._parts(node)

    def _attribute(self, owner: Any, name: str) -> Any:
        """Return the type of a field or a property; a method is none, so that a forgotten call is found."""
        hints = _fields_of(owner)
        if name not in hints:
            raise self._unknown(f"{_named(owner)} has no field `{name}`")
        self.read.add((owner, name))
        return hints[name]

    def _method(self, owner: Any, name: str) -> Any:
        if (get_origin(owner) or owner) is dict:
            found = name == "get"
        else:
            found = owner is not Any and callable(getattr(owner, name, None)) and name not in _fields_of(owner)
        if not found:
            raise self._unknown(f"{_named(owner)} has no method `{name}`")
        if owner is Product:
            self.read.add((owner, name))
        return Any

    def _unknown(self, what: str) -> UnknownSourceError:
        return UnknownSourceError(f"The source `{self._expression}` cannot be read: {what}.")


@lru_cache(maxsize=64)
def _fields_of(owner: Any) -> Mapping[str, Any]:
    """Return the fields and properties of a class with their types; none where `owner` may be absent or anything."""
    if not isinstance(owner, type) or owner in (dict, list):
        return {}
    properties = {name: value.fget for name, value in vars(owner).items() if isinstance(value, property)}
    return get_type_hints(owner) | {
        name: get_type_hints(function).get("return", Any) for name, function in properties.items()
    }


def _named(owner: Any) -> str:
    if get_origin(owner) in (Union, UnionType):
        return " or ".join(_named(option) for option in get_args(owner))
    if owner is NoneType:
        return "null"
    return "a value of any type" if owner is Any else getattr(owner, "__name__", str(owner))
