"""A saved case holds nothing personal, maps as the batch did, and passes."""

import dataclasses
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from config.model import Condition, Configuration, Connection, CustomMapping, Forward, Input, Match, Parameter
from config.reading.yaml_tree import read
from mapping.incoming.batch_fields import ApplicationInfo, DeviceInfo, Fields
from mapping.incoming.event import Data, Product, ProductAction, Promotion
from operations.cases.batch_members import BatchReplacer
from operations.cases.judge import leaves, run_case
from operations.cases.reading import cases_of
from operations.cases.saving import SavedCase, save_case
from operations.cases.values import plain_value
from operations.configuration.yaml_text import yaml_of

URL = "https://tiktok.example"
NOW_MS = 1_795_000_000_000
INPUT = Input("in", "web", "key", "secret")
CONNECTION = Connection(
    id="shop",
    inputs=("in",),
    access_token="zq-token",
    event_source_id="CUSG5HBC77UD11VVRQEG",
    enable_web_migration=True,
    default_region="DE",
    invalid_ttclid="drop_field",
    also_send=frozenset({"properties.status", "properties.checkin_date", "properties.destination_ids"}),
    custom_mappings=(
        CustomMapping(
            "Search",
            Match("custom_event", name="site search", attributes={"section": frozenset({"shop", "sale"})}),
            {
                "query": Parameter("attribute", "term", required=True),
                "description": Parameter("user_attribute", "plan"),
            },
        ),
    ),
)
CONFIGURATION = Configuration({"in": INPUT}, {"shop": CONNECTION})

# What is someone's: each is searched for in the file, without regard to case.
TEXTS = ("zq-anna", "ZQ-Anna@Example.com", "zq@x", "https://zq-shop.example/zq?email=zq@x.example", "zq/1.0", "{{zq}}")
DIGITS = (
    "4915123987654",
    "+49 30 23125678",
    "0151 23987654",
    "8837461529",
    "1234567890123",
    "81.2.69.142",
    "2a02:c7f::1",
)
NUMBERS = (4915123987654, 7346244611012968789, 12345678901.5)
FORBIDDEN = (
    "zq",
    "23987654",
    "23125678",
    "8837461529",
    "1234567890123",
    "81.2.69",
    "2a02",
    "7346244611012",
    "12345678901",
)

personal = st.sampled_from([*TEXTS, *DIGITS, *NUMBERS, "b64ecd2b-zq", "zq" * 32])
harmless = st.sampled_from([None, True, "", " ", "0", "undefined", [], {}])
anything = st.recursive(
    personal | harmless,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["zq-key", "email", "0", "data"]), inner)
    ),
    max_leaves=6,
)


def some(**members: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """An object with any of these members and an unknown one; sometimes anything else."""
    known = st.fixed_dictionaries({}, optional={name.replace("__", "$"): one for name, one in members.items()})
    with_more = st.builds(
        lambda members, more: {**members, **more}, known, st.dictionaries(st.just("zq-more"), anything)
    )
    return st.one_of(known, with_more, anything)


def named(names: str, value: st.SearchStrategy[Any] = anything) -> dict[str, Any]:
    return dict.fromkeys(names.split(), value)


product = some(**named("id name brand category variant price quantity coupon_code custom_attributes"))
data = some(
    **named("source_message_id event_id timestamp_unixtime_ms event_name screen_name page_url currency_code zq_other"),
    custom_flags=st.dictionaries(st.sampled_from(["TikTok.URL", "tiktok.callback", "TikTok.Referrer", "zq"]), anything),
    custom_attributes=some(**named("term section status checkin_date destination_ids zq_unknown")),
    product_action=some(
        action=st.sampled_from(["purchase", "CHECKOUT", "zq"]),
        products=st.lists(product, max_size=2) | anything,
        **named("total_amount transaction_id affiliation coupon_code"),
    ),
    promotion_action=some(promotions=st.lists(some(**named("id name")), max_size=2), **named("action")),
    product_impressions=anything,
)
event = some(event_type=st.sampled_from(["commerce_event", "custom_event", "screen_view", "zq"]), data=data)
identity = some(identity_type=st.sampled_from(["email", "customer_id", "zq"]), identity=anything)
batches = st.fixed_dictionaries(
    {"events": st.lists(event, max_size=3)},
    optional={
        **named("environment ip mpid mp_deviceid source_request_id batch_id unknown"),
        "user_identities": st.lists(identity, max_size=2)
        | some(**named("email customer_id customerid mobile_number other zq_type")),
        "user_attributes": some(
            **named("__FirstName __city __Country __Zip __Mobile plan campaignId isRetargeting zq")
        ),
        "partner_identities": some(**named("tiktok_cookie_id")),
        "device_info": some(
            **named("http_header_user_agent ios_advertising_id ios_idfv os_version locale_language device_model")
        ),
        "application_info": some(**named("package application_name application_version os")),
        "consent_state": some(
            gdpr=some(**named("zq-purpose marketing")), ccpa=some(data_sale_opt_out=some(**named("consented")))
        ),
    },
)
check = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def saved_of(*made: Any) -> SavedCase:
    return save_case("a case", [json.dumps(batch).encode() for batch in made], INPUT, CONNECTION, URL, NOW_MS)


@check
@given(batches)
@example({"events": [], "application_info": {"application_version": "81.2.69.142"}})
def test_nothing_personal_stays_in_the_file(batch: Any) -> None:
    """In no member, no name of a member, no shape; nor does anything of the connection's token."""
    text = saved_of(batch).text.casefold()
    assert [found for found in FORBIDDEN if found in text] == []


@check
@given(batches)
def test_what_is_saved_passes(batch: Any) -> None:
    """Whatever the batch: the case is what the made-up batch becomes."""
    (case,) = cases_of(saved_of(batch).text.encode(), "saved.yaml")
    result = run_case(case, CONFIGURATION, URL)
    assert result.passed, (result.error, result.differences)


# Values as senders write them, right and wrong ones; each must map as it did.
emails = st.sampled_from(
    ["Anna@Real.example", " anna@real.example", "no email", "undefined", "a@b.example,c@d.example", "a" * 64, ""]
)
phones = st.sampled_from(
    ["+49 151 23987654", "015123987654", "0049 30 23125678", 4915123987654, "+1 213 373 4253", "call me", "0", ""]
)
ids = st.sampled_from(["c-99", 99, 0, "-1", "guest", "00000000-0000-0000-0000-000000000000", "AB" * 32, True, 1.5])
times = st.sampled_from([NOW_MS, NOW_MS // 1000, str(NOW_MS), 0, "soon", 10**16])
cookies = st.sampled_from(["abc", "not a cookie", "guest"])
urls = st.sampled_from(
    ["https://real.example/a?ttclid=E.C.P.x", "http://real.example", "www.real.example", "about:blank", "", 7]
)
usual = st.fixed_dictionaries(
    {
        "events": st.lists(
            st.fixed_dictionaries(
                {
                    "event_type": st.sampled_from(["commerce_event", "custom_event", "screen_view"]),
                    "data": st.fixed_dictionaries(
                        {"custom_flags": st.fixed_dictionaries({}, optional={"TikTok.URL": urls, "TikTok.Callback":
                            st.sampled_from(["E.C.P.real", "__CALLBACK_PARAM__", "nonsense", ""])})},
                        optional={
                            "source_message_id": ids,
                            "timestamp_unixtime_ms": times,
                            "currency_code": st.sampled_from(["usd", "EUR", "XTS", "euro", 5]),
                            "event_name": st.sampled_from(["Site Search", "Other"]),
                            "page_url": urls,
                            "custom_attributes": st.fixed_dictionaries(
                                {}, optional={
                                    "section": st.sampled_from(["Sale", "private", 3]),
                                    "term": st.sampled_from(["shoes", "", ["a"], 12]),
                                    "checkin_date": st.sampled_from(["2026-11-26", "soon", "20261126"]),
                                    "destination_ids": st.sampled_from(["a,b", ["x", 7], 5]),
                                }),
                            "product_action": st.fixed_dictionaries(
                                {"action": st.sampled_from(["purchase", "ADD_TO_CART", "refund"])},
                                optional={
                                    "total_amount": st.sampled_from([59.97, "19.99", "1,000", "", 10**12]),
                                    "transaction_id": ids,
                                    "products": st.lists(st.fixed_dictionaries({}, optional={"id": ids, "name": emails,
                                        "price": st.sampled_from([1, "2.5", "free"])}), max_size=2),
                                }),
                        },
                    ),
                }
            ),
            max_size=2,
        )
    },
    optional={
        "environment": st.sampled_from(["production", "development", "staging"]),
        "ip": st.sampled_from(["81.2.69.142", "10.1.2.3", "2a02:c7f::1", "fd00::5", "nowhere"]),
        "user_identities": st.fixed_dictionaries({}, optional={"email": emails | st.lists(emails, max_size=2),
            "customer_id": ids, "mobile_number": phones}),
        "user_attributes": st.fixed_dictionaries({}, optional={
            "$FirstName": st.sampled_from(["Anna", "null", "Null", "!!", ""]),
            "$city": st.sampled_from(["Köln", "N/A", "---", "a" * 64]),
            "$Country": st.sampled_from(["Germany", "de", "XX", "Atlantis"]),
            "$Zip": st.sampled_from(["50667", "-", "M5V 3L9"]),
            "adId": ids,
            "attributed": st.sampled_from(["yes", "perhaps", 0]),
        }),
        "partner_identities": st.fixed_dictionaries({"tiktok_cookie_id": cookies}),
        "device_info": st.fixed_dictionaries({}, optional={
            "http_header_user_agent": st.sampled_from(["Mozilla", "undefined"]),
            "ios_advertising_id": ids,
            "limit_ad_tracking": st.sampled_from([True, "no", "perhaps"]),
        }),
    },
)  # fmt: skip


@check
@given(usual)
def test_made_up_values_map_as_the_originals_did(batch: Any) -> None:
    """The same TikTok events with the same fields, the same reasons."""
    assert saved_of(batch).warnings == ()


def test_the_same_value_becomes_the_same_one_everywhere() -> None:
    """Also written in another way: the hashes are one person's in both batches."""
    first = {"events": [], "user_identities": {"email": "Anna@Real.example", "customer_id": "c-1"}}
    second = {"events": [], "user_identities": {"email": " anna@real.example", "other": "c-1"}}
    (case,) = cases_of(saved_of(first, second).text.encode(), "a.yaml")
    one, other = ([*json.loads(batch)["user_identities"].values()] for batch in case.batches)
    assert one == other == ["person-1@shop.example", "id-1"]


FORWARD = Forward(
    only_if=(Condition("attribute", "channel", "in", ("web", "shop")),),
    never_if=(
        Condition("user_attribute", "internal", "is", ("true",)),
        Condition("attribute", "amount", "greater", ("5000",)),
        Condition("attribute", "note", "contains", ("secret",)),
        Condition("product", "category", "starts_with", ("gift",)),
        Condition("identity", "other", "exists", ("true",)),
    ),
    sample_ppm=300_000,
)


@pytest.mark.parametrize("user", range(12))
@pytest.mark.parametrize(
    ("batch", "attributes", "category"),
    [
        ({}, {}, "Shoes"),
        ({}, {"channel": "till"}, "Shoes"),
        ({}, {"amount": 7000}, "Shoes"),
        ({}, {"amount": "70"}, "Shoes"),
        ({}, {"note": "Anna's Secret"}, "Shoes"),
        ({}, {}, "Gift cards"),
        ({"user_attributes": {"internal": True}}, {}, "Shoes"),
        ({"user_identities": {"other": "zq"}}, {}, "Shoes"),
    ],
    ids=repr,
)
def test_forwarding_rules_decide_as_before(user: int, batch: Any, attributes: Any, category: str) -> None:
    """A user stays in the sample or out of it; conditions find what they compare with."""
    data = {
        "custom_flags": {"TikTok.URL": "https://real.example/"},
        "custom_attributes": {"channel": "Web", **attributes},
        "product_action": {"action": "purchase", "products": [{"id": "real", "category": category}]},
    }
    whole = {"mpid": user + 10**12, **batch, "events": [{"event_type": "commerce_event", "data": data}]}
    connection = dataclasses.replace(CONNECTION, forward=FORWARD)
    saved = save_case("a case", [json.dumps(whole).encode()], INPUT, connection, URL, NOW_MS)
    assert saved.warnings == ()


def test_every_member_that_relay_reads_has_a_replacement() -> None:
    """A member that is added to the types is added to the table too, or cases would lose it."""
    replacer = BatchReplacer(CONNECTION)
    everything = {
        **dict.fromkeys(Fields.__struct_fields__, "zq"),
        "device_info": dict.fromkeys(DeviceInfo.__struct_fields__, "zq"),
        "application_info": dict.fromkeys(ApplicationInfo.__struct_fields__, "zq"),
        "events": [{"event_type": "zq", "data": {
            **dict.fromkeys(Data.__struct_fields__, "zq"),
            "product_action": {
                **dict.fromkeys(ProductAction.__struct_fields__, "zq"),
                "products": [dict.fromkeys(Product.__struct_fields__, "zq")],
            },
            "promotion_action": {"action": "zq", "promotions": [dict.fromkeys(Promotion.__struct_fields__, "zq")]},
            "product_impressions": None,
        }}],
    }  # fmt: skip
    assert paths_of(replacer.batch(everything)) == paths_of(everything)


def paths_of(value: Any) -> set[str]:
    return {path for path, _ in leaves(value)}


@pytest.mark.parametrize(
    ("attributes", "kept"),
    [
        ({"section": "SALE", "other": "zq"}, {"section": "SALE"}),
        ({"term": "Anna's sale shoes"}, {"term": "text-1 sale"}),
        ({"term": "19.99"}, {"term": "19.99"}),
        ({"term": "anna@real.example"}, {"term": "person-1@shop.example"}),
        ({"term": "1987-05-04"}, {"term": "2001-01-02"}),
        ({"status": "EUR"}, {"status": "EUR"}),
        ({"term": 493012345678}, {"term": 100000000001}),
        ({"term": "https://real.example/sale"}, {"term": "https://shop.example/page-1/sale"}),
    ],
    ids=repr,
)
def test_attributes_that_a_rule_names_stay_in_a_form_that_rules_can_read(attributes: Any, kept: Any) -> None:
    """Others are removed; the configuration's own words stay."""
    batch = {"events": [{"event_type": "custom_event", "data": {"custom_attributes": attributes}}]}
    (case,) = cases_of(saved_of(batch).text.encode(), "a.yaml")
    assert json.loads(case.batches[0])["events"][0]["data"]["custom_attributes"] == kept


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
        max_leaves=8,
    )
)
@settings(deadline=None)
def test_values_are_read_back_as_they_were_written(value: Any) -> None:
    """Texts that look like numbers, empty objects, any character."""
    root, faults = read(yaml_of({"value": value}).encode())
    assert root is not None
    assert not faults
    assert plain_value(root) == {"value": value}
