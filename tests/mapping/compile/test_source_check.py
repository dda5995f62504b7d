"""A source that names what its types do not have fails when a configuration loads, not at the first event."""

import pytest

from config.model import Connection, CustomMapping, Input, Match, Parameter
from config.vocabulary import EVENT_FIELDS, PRODUCT_FIELDS
from mapping.compile.check import UnknownSourceError, check_expression
from mapping.incoming.flags import URL
from mapping.plan import compile_plan
from mapping.properties.parameters import source_of
from mapping.sources import Scope, action, contents, device, event
from mapping.tables import FIELDS

SHOP = Connection(id="shop", inputs=("in",), access_token="token", event_source_id="CUSG5HBC77UD11VVRQEG")
INPUT = Input("in", "web", "key", "secret")


@pytest.mark.parametrize(
    ("source", "named"),
    [
        (event("curency_code"), "Data has no field `curency_code`"),
        (action("total_amuont"), "ProductAction has no field `total_amuont`"),
        (device("http_user_agent"), "DeviceInfo has no field `http_user_agent`"),
    ],
    ids=["event", "product action", "device"],
)
def test_a_row_with_an_unknown_field_fails_when_the_configuration_loads(source, named, monkeypatch):
    """The error names the expression, the type and the field."""
    monkeypatch.setattr("mapping.recipe.FIELDS", (FIELDS[0]._replace(source=source),))
    with pytest.raises(UnknownSourceError, match=named):
        compile_plan(SHOP, INPUT)


@pytest.mark.parametrize("source", ["field", "product"])
def test_a_custom_mapping_that_reads_an_unknown_field_fails_when_the_configuration_loads(source, monkeypatch):
    """The vocabulary of the configuration may not name what the types do not have."""
    monkeypatch.setitem(source_of.__globals__["FIELD_PATHS"], "colour", "product_action.colour")
    mapping = CustomMapping(
        tiktok_event="ViewContent", match=Match("commerce_event"), parameters={"price": Parameter(source, "colour")}
    )
    shop = Connection(
        id="shop", inputs=("in",), access_token="t", event_source_id="CUSG5HBC77UD11VVRQEG", custom_mappings=(mapping,)
    )
    with pytest.raises(UnknownSourceError, match="has no field `colour`"):
        compile_plan(shop, INPUT)


@pytest.mark.parametrize(
    ("expression", "scope"),
    [
        ("subject.flags.gett('x')", Scope.EVENT),
        ("subject.attributee('x')", Scope.EVENT),
        ("subject.attribute", Scope.EVENT),  # a method without its call
        ("subject.data.product_action.action", Scope.EVENT),  # may be null
        ("subject.data.page_url.host", Scope.EVENT),  # a leaf may be anything
        ("subject.user", Scope.EVENT),  # a batch's
        ("fist(subject.data.page_url)", Scope.EVENT),
        ("subject.data.", Scope.EVENT),
        ("first(subject.user.geet('x'))", Scope.BATCH),
        ("subject.sku", Scope.PRODUCT),
        (contents("content_idd").bind(SHOP).expression, Scope.CONTENTS),
    ],
)
def test_an_expression_with_an_unknown_name_is_refused(expression, scope):
    with pytest.raises(UnknownSourceError):
        check_expression(expression, scope)


@pytest.mark.parametrize(
    ("expression", "scope"),
    [
        (f"subject.flags.get({URL!r})", Scope.EVENT),
        ("subject.os", Scope.BATCH),  # a property
        ("subject.identity('email')", Scope.BATCH),
        ("first(subject.shared.user.get('x'))", Scope.EVENT),
        ("'o\\'clock {x}'", Scope.EVENT),
    ],
)
def test_an_expression_whose_names_exist_is_taken(expression, scope):
    check_expression(expression, scope)


def test_the_vocabulary_of_parameters_names_only_what_the_types_have():
    """Every `field:` and `product:` that a configuration may use can be read."""
    for source, names in (("field", EVENT_FIELDS), ("product", PRODUCT_FIELDS)):
        for name in names:
            bound = source_of(Parameter(source, name))
            check_expression(bound.expression, bound.scope)
