"""A condition has exactly one subject and one operator that fit each other; every mistake gets one sentence."""

import pytest

from config.reading.conditions import CONDITION
from config.reading.readers import ValueRefused
from config.reading.yaml_tree import read


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{is: web}", "the condition has no subject: it needs exactly one of attribute, field"),
        ("web", "a condition must be a mapping, such as {attribute: channel, in: [web, shop]}"),
        ("{attribute: a, field: action, is: x}", "has the subjects attribute and field"),
        ("{attribute: a}", "the condition has no operator: it needs exactly one of is, is_not"),
        ("{attribute: a, is: x, in: [y]}", "has the operators is and in"),
        ("{atribute: a, is: x}", "`atribute` is no setting of a condition"),
        ("{atribute: a, is: x}", "Did you mean `attribute`?"),
        ("{attribute: a, greter: 5}", "Did you mean `greater`?"),
        ("{field: total_amont, is: 1}", "Did you mean `total_amount`?"),
        ("{product: sise, is: 1}", "`product` is `sise`: allowed are id, name"),
        ("{promotion: names, is: 1}", "Did you mean `name`?"),
        ("{identity: emial, exists: true}", "Did you mean `email`?"),
        ("{batch: app_versoin, is: 1}", "Did you mean `app_version`?"),
        ("{attribute: a, in: []}", "`in` is empty: it needs at least one item"),
        ("{attribute: a, in: web}", "`in` must be a list, such as [web, shop]"),
        ("{attribute: a, is: [web]}", "`is` must be one value, not a list"),
        ("{attribute: a, exists: maybe}", "allowed are true and false"),
        ("{attribute: a, greater: many}", "`greater` must be a number, such as 9.99"),
        ("{batch: app_version, less: new}", "`less` must be a version, such as 3.12.0"),
        ("{attribute: a, matches: '(a'}", "`matches` is no regular expression of RE2 (missing ): `(a`)"),
        (r"{attribute: a, matches: '(a)\1'}", "RE2 has no back references"),
        ("{field: event_type, greater: 1}", "`greater` never fits `field event_type`, which holds one of a few words"),
        ("{identity: email, less: 1}", "`less` never fits `identity email`, which holds text"),
        ("{gdpr_consent: ads, contains: x}", "`contains` never fits `gdpr_consent ads`, which holds true or false"),
        ("{gdpr_consent: ads, contains: x}", "allowed are is, exists"),
        ("{field: total_amount, contains: x}", "`contains` never fits `field total_amount`, which holds a number"),
        ("{gdpr_consent: ads, is: given}", "`is` is `given`: allowed are true, false"),
        ("{field: event_type, is: comerce_event}", "Did you mean `commerce_event`?"),
        ("{field: action, in: [purchase, viewdetail]}", "Did you mean `view_detail`?"),
        ("{batch: environment, is: prod}", "allowed are production, development, unknown"),
        ("{product: price, is: cheap}", "`is` must be a number, such as 9.99: `price` holds a number"),
        (
            f"{{attribute: a, greater: 1{'0' * 400}}}",
            "`greater` has 401 digits: allowed are at most 300 before the point and 300 after it",
        ),
        (
            f"{{product: price, in: [1{'0' * 400}]}}",
            "`in` has 401 digits: allowed are at most 300 before the point and 300 after it",
        ),
    ],
)
def test_a_condition_that_cannot_be_used_is_refused(text: str, words: str) -> None:
    node, _ = read(text.encode())
    assert node is not None
    with pytest.raises(ValueRefused) as refused:
        CONDITION("condition", node)
    [fault] = refused.value.faults
    assert fault.line == 1
    assert words in fault.message


def test_a_product_action_has_two_spellings() -> None:
    node, _ = read(b"{field: action, in: [Remove_From_Wishlist, purchase]}")
    assert node is not None
    assert CONDITION("condition", node).values == ("remove_from_wish_list", "purchase")


def test_a_refused_value_of_a_list_has_its_own_line() -> None:
    node, _ = read(b"field: action\nin:\n  - purchase\n  - viewdetail\n")
    assert node is not None
    with pytest.raises(ValueRefused) as refused:
        CONDITION("condition", node)
    assert [fault.line for fault in refused.value.faults] == [4]
