"""The forms in which languages and converters write an empty value are read as empty at every depth."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.model import CustomMapping, Match, Parameter
from mapping.incoming.batch import head
from mapping.incoming.batch_fields import Fields
from mapping.incoming.event import Event
from mapping.incoming.shapes import repaired, shape_of
from mapping.results import Mapped, Unsupported, Withheld

EMPTY = [[], {}, "", " "]
ROUTES = ("legacy", "web", "app", "offline")
APP = {"application_info": {"package": "com.shop"}}

# Where an object or a list belongs in an event, and what stands in the event's body all the same.
IN_EVENT = [
    "custom_flags",
    "promotion_action",
    "custom_attributes",
    "product_impressions",
    "product_action.products",
    "product_action.products[0]",
]


def with_value(document, path, value):
    """The document with `value` at a path such as `product_action.products[0]`."""
    changed = json.loads(json.dumps(document))
    *around, last = path.replace("[0]", ".0").split(".")
    place = changed
    for key in around:
        place = place[int(key) if key.isdigit() else key]
    place[int(last) if last.isdigit() else last] = value
    return changed


def words(event):
    """What selection reads of an event."""
    found = head(json.dumps(event).encode())
    return found.event_type, found.action, found.name, found.custom_event_type, found.has_own_id, found.has_timestamp


@pytest.mark.parametrize("empty", EMPTY, ids=repr)
@pytest.mark.parametrize("path", IN_EVENT)
def test_what_is_empty_where_an_object_or_list_belongs_holds_nothing(bench, path, empty):
    """The purchase is sent with its own id and value, as if the member were null."""
    event = bench.purchase(product_action={"total_amount": 5, "products": [{"id": "a"}]}, currency_code="EUR")
    plan = bench.plan("app")
    changed, absent = ({**event, "data": with_value(event["data"], path, value)} for value in (empty, None))
    assert words(changed) == words(absent)
    assert bench.one(plan, changed, **APP) == bench.one(plan, absent, **APP)
    assert bench.body(plan, changed, **APP)["properties"]["value"] == 5


@pytest.mark.parametrize("empty", [None, *EMPTY], ids=repr)
def test_a_commerce_event_is_an_impression_only_where_it_has_impressions(empty):
    """M1: a mapping to `eCommerce - Impression` takes no other event."""
    for impressions, name in ((empty, "Sale"), ([{"products": []}], "eCommerce - Impression")):
        data = {"event_name": "Sale", "product_impressions": impressions}
        found = head(json.dumps({"event_type": "commerce_event", "data": data}).encode())
        assert found is not None
        assert found.name == name


@pytest.mark.parametrize("empty", EMPTY, ids=repr)
@pytest.mark.parametrize(
    "name", ["user_identities", "user_attributes", "partner_identities", "device_info", "application_info"]
)
def test_what_is_empty_in_a_batch_holds_nothing(bench, name, empty):
    """No note either: nothing was omitted."""
    assert bench.one(bench.plan(), **{name: empty}) == bench.one(bench.plan(), **{name: None})


def test_an_empty_entry_of_a_list_of_identities_costs_no_other(bench, at):
    """The entries beside it are read."""
    entries = [[], {"identity_type": "customer_id", "identity": "u"}, ""]
    assert at(bench.body(bench.plan(), user_identities=entries), "user.external_id") is not None


@pytest.mark.parametrize(
    ("event", "what"),
    [
        ([], "event without a type"),
        ({"event_type": "commerce_event", "data": []}, "commerce_event without product action"),
        ({"event_type": "commerce_event", "data": {"product_action": []}}, "commerce_event without product action"),
    ],
    ids=["event", "data", "product action"],
)
def test_an_event_that_is_empty_is_unsupported_for_ingest_and_worker_alike(bench, event, what):
    """N6: it is not stored and is no dead letter."""
    plan = bench.plan()
    assert isinstance(bench.refused(plan, head(json.dumps(event).encode())), Unsupported)
    assert bench.one(plan, event) == Unsupported(what)


def test_an_empty_promotion_does_not_hide_the_name_of_an_event(bench):
    """M1: the name is the event's own."""
    event = {"event_type": "commerce_event", "data": {"event_name": "Sale", "promotion_action": []}}
    found = head(json.dumps(event).encode())
    assert found is not None
    assert found.name == "Sale"


def test_a_list_with_gaps_is_a_list(bench, at):
    """PHP writes it as an object with positions for names, in their order."""
    event = bench.purchase(product_action={"products": {"0": {"id": "a"}, "2": {"id": "b"}}})
    contents = at(bench.body(bench.plan(), event), "properties.contents")
    assert [content["content_id"] for content in contents] == ["a", "b"]


def test_a_product_that_is_no_list_stays_a_dead_letter(bench):
    """What holds something and is of the wrong kind is not guessed at."""
    rejected = bench.rejected(bench.plan(), bench.purchase(product_action={"products": {"id": "a"}}))
    assert (rejected.reason, rejected.field) == ("invalid_value", "products")


def test_repairing_leaves_every_number_as_it_was_written():
    """Ids beyond 2^64 and long fractions keep their digits: only what is empty changes."""
    raw = b'{"data": {"event_id": 123456789012345678901234567890, "custom_flags": [ ], "x": 1.10000000000000000001e2}}'
    mended = repaired(raw, shape_of(Event))
    assert b"123456789012345678901234567890" in mended
    assert b"1.10000000000000000001e2" in mended
    assert json.loads(mended)["data"]["custom_flags"] == {}


inner = st.recursive(
    st.sampled_from([[], {}, "", " ", None, "x", 1]),
    lambda one: (
        st.lists(one, max_size=2)
        | st.dictionaries(
            st.sampled_from(["data", "product_action", "products", "custom_flags", "promotion_action", "0", "1"]),
            one,
            max_size=3,
        )
    ),
    max_leaves=8,
)


@settings(max_examples=200, deadline=None)
@given(inner)
def test_repairing_twice_changes_nothing_more(value):
    """And gives JSON again, whatever stands where."""
    for kind in (Event, Fields):
        once = repaired(json.dumps(value).encode(), shape_of(kind))
        assert json.loads(repaired(once, shape_of(kind))) == json.loads(once)


NO_TEXT = [["Apparel", "Socks"], {"a": 1}, [[]], {"0": "x"}]


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("value", NO_TEXT, ids=repr)
@pytest.mark.parametrize(
    ("row", "field", "key"), [("P6", "category", "content_category"), ("P7", "name", "content_name")]
)
def test_descriptive_text_of_a_product_never_costs_the_event(bench, at, row, field, key, value, route):
    """P6, P7: omitted with a note that names the product's place."""
    event = bench.purchase(product_action={"total_amount": 1, "products": [{"id": "a"}, {"id": "b", field: value}]})
    mapped = bench.mapped(bench.plan(route), event, **APP)
    assert at(json.loads(mapped.body), f"properties.contents[1].{key}") is None
    assert [note.field for note in mapped.notes if "omitted" in note.note] == [f"products[1].{field}"]


@pytest.mark.parametrize("value", NO_TEXT, ids=repr)
@pytest.mark.parametrize("field", ["name", "category", "brand", "variant"])
@pytest.mark.parametrize("parameter", ["content_id", "content_name", "content_category"])
def test_descriptive_text_never_costs_a_mapped_event(bench, field, parameter, value):
    """M2: for any parameter; a required parameter is then missing."""
    for required in (False, True):
        mapping = CustomMapping(
            "CompletePayment", Match(action="purchase"), {parameter: Parameter("product", field, required=required)}
        )
        event = bench.purchase(product_action={"products": [{field: value}]})
        result = bench.one(bench.plan(custom_mappings=(mapping,)), event)
        assert isinstance(result, Mapped) is not required
        assert required is False or (result.reason, result.field) == ("missing_parameter", parameter)


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("value", [{"a": 1}, {}], ids=repr)
def test_a_referrer_that_is_no_text_never_costs_the_event(bench, at, value, route):
    """E7."""
    mapped = bench.mapped(bench.plan(route), bench.purchase(custom_flags={"TikTok.Referrer": value}), **APP)
    assert "TikTok.Referrer" in {note.field for note in mapped.notes}
    assert "referrer" not in mapped.body.decode()


@pytest.mark.parametrize("blank", ["", " ", None, [], {}], ids=repr)
def test_a_list_flag_whose_first_entry_is_blank_takes_the_next(bench, at, blank):
    """E6, E8: and user attributes and conditions alike."""
    flags = {"TikTok.URL": [blank, "https://a.example"], "TikTok.Callback": [blank, "E.C.P.abc"]}
    body = bench.body(bench.plan(), bench.purchase(custom_flags=flags), user_attributes={"$City": [blank, "Rome"]})
    assert at(body, "page.url") == "https://a.example"
    assert at(body, "user.ttclid") == "E.C.P.abc"
    assert at(body, "user.city") == "rome"


BLANKS = ["", " ", "\t\n", "\u00a0"]


@pytest.mark.parametrize("blank", BLANKS, ids=repr)
@pytest.mark.parametrize(
    "data",
    [
        {"currency_code": None},
        {"product_action": {"total_amount": None}},
        {"product_action": {"products": [{"id": "a", "price": None, "quantity": None}]}},
        {"timestamp_unixtime_ms": None},
        {"custom_flags": {"TikTok.Callback": None, "TikTok.Referrer": None}},
    ],
    ids=["P1 currency", "P2 total", "P3 P4 product", "E3 time", "E7 E8 flags"],
)
def test_blank_text_is_absent(bench, data, blank):
    """The event is the same as with null there."""

    def filled(value):
        if isinstance(value, dict):
            return {key: filled(one) for key, one in value.items()}
        return [filled(one) for one in value] if isinstance(value, list) else (blank if value is None else value)

    assert bench.one(bench.plan(), bench.purchase(**filled(data))) == bench.one(bench.plan(), bench.purchase(**data))


@pytest.mark.parametrize("environment", [5, True, [], ["development"], {}, {"a": 1}], ids=repr)
def test_an_environment_that_is_no_text_counts_as_production_with_a_note(bench, environment):
    """C, `environments`: relay does not guess the meaning."""
    [note] = bench.mapped(bench.plan(), environment=environment).notes
    assert (note.field, "counts as production" in note.note) == ("environment", True)


@pytest.mark.parametrize("environment", [None, "", " ", "Production"], ids=repr)
def test_an_environment_that_says_nothing_needs_no_note(bench, environment):
    """Most SDKs write none."""
    assert bench.mapped(bench.plan(), environment=environment).notes == ()


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda one: st.lists(one, max_size=2) | st.dictionaries(st.text(max_size=3), one, max_size=2),
        max_leaves=4,
    )
)
def test_an_event_of_any_environment_is_sent_or_says_why_not(bench, environment):
    """C, `environments`: no text means production; another text is withheld, and only known words are shown."""
    result = bench.one(bench.plan(), environment=environment)
    name = environment.strip().lower() if isinstance(environment, str) else ""
    assert isinstance(result, Mapped) is (name in ("", "production"))
    if isinstance(result, Mapped):
        odd = environment is not None and not isinstance(environment, str)
        assert [note.field for note in result.notes] == ["environment"] * odd


@pytest.mark.parametrize("name", ["prod", "live", "dev", "staging", "STAGING ", "qa", "test"])
def test_a_known_environment_names_itself_in_the_reason(bench, name):
    """A sender of `prod` finds it in the reason, beside mParticle's word for it."""
    result = bench.one(bench.plan(), environment=name)
    assert isinstance(result, Withheld)
    assert f"environment {name.strip().lower()}, and" in result.why
    assert "mParticle's words are production and development" in result.why
