"""Write a connection's rules on events as one plain function (decision 0007 says why): each event runs all of them.

The function reads each subject once, asks what is known of the text, and calls the condition's operator otherwise.
"""

from collections.abc import Callable, Sequence
from textwrap import indent
from typing import Any, Final, NamedTuple, TypeAlias

from config.conditions.words import NEGATIVE
from config.model import Condition
from mapping.compile.check import check_expression
from mapping.conditions.operators import compile_operator
from mapping.conditions.subjects import EVENT_PATHS, of_event, subject_of
from mapping.incoming.event import Incoming
from mapping.results import Withheld
from mapping.sources import Scope

Decide: TypeAlias = Callable[[Incoming], Withheld | None]
"""Returns why an event may not be sent; None when no rule withholds it."""


class EventRule(NamedTuple):
    """A condition on events that must hold (`is_wanted`), or that withholds the event."""

    name: str
    condition: Condition
    is_wanted: bool


_FUNCTION: Final = """\
def function(subject):
{before}
{rules}
    return None
"""
_ATTRIBUTES: Final = "attributes = subject.all_attributes()\n"
_PRODUCTS: Final = "products = subject.product_action.products or ()\n"
_FOUND: Final = """\
kind = type(value)
found = known_{n}.get(value) if kind is str else number_{n}(value) if kind is float else None
if found is None:
    found = holds_{n}(value)
"""
_READ: Final = """\
{value} = {read}
"""
_OF_EVENT: Final = """\
value = {value}
if value is None:
    found = {absent}
else:
{found}
"""
_OF_PRODUCTS: Final = """\
found = False
for product in products:
    value = None if product is None else {read}
    if value is not None:
{found}
        if found:
            break
"""
_WITHHOLD: Final = """\
if {decided}:
    return withheld_{n}
"""


def compile_event_rules(rules: Sequence[EventRule]) -> Decide:
    """Return one function that runs the rules in their order."""
    writer = _Writer()
    written = [writer.rule(n, rule) for n, rule in enumerate(rules)]
    text = _FUNCTION.format(before=indent("".join(writer.before), " " * 4), rules=indent("".join(written), " " * 4))
    exec(text, writer.names)  # noqa: S102 - the text comes from templates and from repr()
    decide: Decide = writer.names["function"]
    return decide


class _Writer:
    """Writes the code of rules: `names` is what it refers to, `before` what it reads first."""

    def __init__(self) -> None:
        self.names: dict[str, Any] = {}
        self.before: dict[str, None] = {}
        self._values: dict[str, str] = {}  # the variable of each expression that an earlier rule has read

    def rule(self, n: int, rule: EventRule) -> str:
        """Return the code of one rule."""
        condition, operation = rule.condition, compile_operator(rule.condition)
        names = {f"holds_{n}": operation.holds, f"known_{n}": operation.known, f"number_{n}": operation.of_number}
        self.names |= names
        self.names[f"withheld_{n}"] = Withheld(rule.name, rule.name)
        found, absent = _FOUND.format(n=n), operation.holds(None)
        if condition.subject in _OF_PRODUCT and not absent and condition.operator not in NEGATIVE:
            self.before[_PRODUCTS] = None
            code = _OF_PRODUCTS.format(read=_of_product(condition), found=indent(found, " " * 8).rstrip())
        else:
            value, read = self._value(n, condition)
            code = read + _OF_EVENT.format(value=value, absent=absent, found=indent(found, " " * 4).rstrip())
        return code + _WITHHOLD.format(n=n, decided="not found" if rule.is_wanted else "found")

    def _value(self, n: int, condition: Condition) -> tuple[str, str]:
        """Return the variable of a subject's value, and the code that reads it where no earlier rule did."""
        expression = self._expression(n, condition)
        if expression in self._values:
            return self._values[expression], ""
        value = self._values[expression] = f"value_{n}"
        return value, _READ.format(value=value, read=expression)

    def _expression(self, n: int, condition: Condition) -> str:
        match condition.subject:
            case "attribute":
                self.before[_ATTRIBUTES] = None
                return f"attributes.get({condition.name!r})"
            case "field":
                read = f"subject.{EVENT_PATHS[condition.name]}"
                check_expression(read, Scope.EVENT)
                return read
            case _:
                self.names[f"read_{n}"] = of_event(subject_of(condition))
                return f"read_{n}(subject)"


_OF_PRODUCT: Final = frozenset({"product", "product_attribute"})


def _of_product(condition: Condition) -> str:
    if condition.subject == "product_attribute":
        return f"product.attribute({condition.name!r})"
    check_expression(f"subject.{condition.name}", Scope.PRODUCT)
    return f"product.{condition.name}"
