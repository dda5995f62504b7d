"""Custom mappings that take no event, and conditions that make no difference, are warned about with their line."""

from pathlib import Path

import pytest

from config.file import load

HEAD = """\
inputs:
  - {id: in, platform: web, api_key: "${KEY}", api_secret: s}
connections:
  - id: shop
    inputs: [in]
    access_token: "${TOKEN}"
    event_source_id: CUSG5HBC77UD11VVRQEG
    enable_web_migration: true
    native_events: {purchase: CompletePayment}
    custom_mappings:
"""
FIRST = HEAD.count("\n") + 1


def warnings(tmp_path: Path, text: str) -> list[tuple[int, str]]:
    """Return the line, counted within the mappings, and the words of each warning."""
    path = tmp_path / "relay.yaml"
    path.write_text(HEAD + text, encoding="utf-8")
    found = [found.removeprefix(f"{path}:").split(": ", 1) for found in load(path, {"KEY": "k", "TOKEN": "t"}).warnings]
    return [(int(line) - FIRST + 1, words) for line, words in found]


def mapping(match: str, *more: str) -> str:
    return "\n".join(
        ["      - tiktok_event: Contact", f"        match: {match}", *(f"        {line}" for line in more), ""]
    )


BIG = (
    "      - custom_event: Big_Order\n        match: {action: purchase, only_if: [{field: total_amount, greater: 9}]}\n"
)
TAKEN = (
    "events that Big_Order takes are not sent as CompletePayment any more:"
    " to send both, add a mapping to CompletePayment that takes the same events"
)


@pytest.mark.parametrize(
    ("beside", "warned"),
    [
        ("", True),
        (mapping("{event_type: custom_event, name: x}"), True),
        (mapping("{action: add_to_cart}"), True),
        (mapping("{action: purchase}").replace("Contact", "CompletePayment"), False),
        (mapping("{event_type: commerce_event}").replace("Contact", "CompletePayment"), False),
    ],
)
def test_a_custom_event_that_takes_purchases_from_campaigns_is_warned_of(
    tmp_path: Path, beside: str, warned: bool
) -> None:
    """Unless a mapping to a standard event takes them too. It names the event that the connection would send."""
    found = [words for _, words in warnings(tmp_path, BIG + beside)]
    assert (TAKEN in found) == warned
    off = BIG.replace("purchase", "checkout")
    assert any("InitiateCheckout any more" in words for _, words in warnings(tmp_path, off))


CASES = {
    "two values of one field": (
        mapping("{only_if: [{field: total_amount, greater: 9},\n {field: total_amount, less: 5}]}"), 3,
        "the custom mapping to Contact takes no event: this never holds together with what line 12 needs"),
    "another action": (
        mapping("{action: purchase, only_if: [{field: action, is: refund}]}"), 2, "this never holds together"),
    "an action of a screen": (
        mapping("{event_type: screen_view, only_if: [{field: action, is: refund}]}"), 2, "this never holds together"),
    "an attribute with and without a value": (
        mapping("{attributes: {a: b}, only_if: [{attribute: a, exists: false}]}"), 2, "this never holds together"),
    "never what is needed": (
        mapping("{only_if: [{attribute: a, in: [b, c]}],\n never_if: [{attribute: a, exists: true}]}"), 3,
        "takes no event: this holds for all that line 12 lets through"),
    "products of two kinds": (
        mapping("{action: purchase}", "products:", "  only_if:", "    - {product: category, is: hats}",
                "    - {product: category, is: pens}"), 6,
        "takes no event: this never holds together with what line 15 needs"),
    "products that are chosen and refused": (
        mapping("{action: purchase}", "products: {only_if: [{product: id, is: a}], never_if: [{product: id, is: A}]}"),
        3, "this holds for all that line 13 lets through"),
    "a condition that follows from another": (
        mapping("{only_if: [{attribute: a, is: b},\n {attribute: a, exists: true}]}"), 3,
        "this condition of `match` makes no difference: it holds wherever that of line 12 does"),
    "a condition that the action implies": (
        mapping("{action: purchase, only_if: [{field: action, in: [purchase, refund]}]}"), 2, "makes no difference"),
    "refused twice": (
        mapping("{event_type: commerce_event, never_if: [{attribute: a, in: [b, c]},\n {attribute: a, is: b}]}"), 3,
        "this condition of `match` makes no difference: that of line 12 excludes all that it excludes"),
    "refused where nothing such is": (
        mapping("{action: purchase, never_if: [{field: action, is: refund}]}"), 2,
        "makes no difference: another condition already excludes what it excludes"),
    "products refused where nothing such is": (
        mapping("{action: purchase}", "products: {only_if: [{product: id, is: a}], never_if: [{product: id, is: b}]}"),
        3, "this condition of `products` makes no difference"),
    "promotions refused where nothing such is": (
        mapping("{event_type: commerce_event}",
                "promotions: {only_if: [{promotion: id, is: a}], never_if: [{promotion: id, is: b}]}"),
        3, "this condition of `promotions` makes no difference"),
    "the amount of the whole event with each product": (
        mapping("{action: purchase}", "for_each: product", "extra_parameters: true",
                "parameters: {value: {field: total_amount}}"), 5,
        "`value` is the total_amount of the whole event, and `for_each: product` sends it with each product"),
    "a default for which nothing is left": (
        mapping("{event_type: screen_view}") + "      - {tiktok_event: Lead, default_for: screen_view}\n", 3,
        "the custom mapping to Lead takes no event: that of line 11 takes every screen_view"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "line", "words"), CASES.values(), ids=CASES.keys())
def test_a_mapping_that_cannot_do_what_it_says_is_warned_about(
    text: str, line: int, words: str, tmp_path: Path
) -> None:
    """It works, and is probably not meant: one sentence with the line."""
    [(found, sentence)] = warnings(tmp_path, text)
    assert found == line, sentence
    assert words in sentence


QUIET = {
    "two values of attributes, which may be lists": mapping("{attributes: {a: b}, only_if: [{attribute: a, is: c}]}"),
    "two products of one event": mapping("{only_if: [{product: id, is: a}, {product: id, is: b}]}"),
    "a default beside one that needs more": (
        mapping("{event_type: screen_view, name: Home}") + "      - {tiktok_event: Lead, default_for: screen_view}\n"
    ),
    "an amount of each product": mapping(
        "{action: purchase}",
        "for_each: product",
        "extra_parameters: true",
        "parameters: {value: {product: total_product_amount}}",
    ),
    "ranges": mapping("{only_if: [{field: total_amount, greater: 5}, {field: total_amount, less: 9}]}"),
}


@pytest.mark.parametrize("text", QUIET.values(), ids=QUIET.keys())
def test_a_mapping_that_may_take_events_is_not(text: str, tmp_path: Path) -> None:
    assert warnings(tmp_path, text) == []
