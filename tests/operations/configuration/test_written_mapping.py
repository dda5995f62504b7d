"""A custom mapping in the words of the file: what is written reads as the same mapping."""

from pathlib import Path

import pytest

from config.file import check_text
from config.model import CustomMapping
from operations.configuration.written_mapping import written_mapping
from operations.configuration.yaml_text import yaml_of

HEAD = """\
inputs:
  - {id: web, platform: web, api_key: k1, api_secret: s}
connections:
  - id: shop
    inputs: [web]
    access_token: token
    event_source_id: CUSG5HBC77UD11VVRQEG
    enable_web_migration: true
    custom_mappings:
"""
MAPPINGS = """
{tiktok_event: Search, match: {event_type: custom_event, name: Site Search}, parameters: {query: {attribute: t}}}
{tiktok_event: Search, match: {name: x}, parameters: {query: {attribute: term, required: true, default: none}}}
{custom_event: Big_Order, match: {action: purchase, only_if: [{field: total_amount, greater: 100}]}}
{tiktok_event: Contact, match: {event_type: screen_view, never_if: [{user_attribute: internal, exists: true}]}}
{tiktok_event: ViewContent, default_for: screen_view, parameters: {description: {field: screen_name}}}
{tiktok_event: AddToCart, for_each: product, match: {action: add_to_cart, attributes: {a: [shop, sale], b: x}}}
{tiktok_event: AddToCart, products: {only_if: [{product: category, in: [hats, 'a, b']}], take: first}, match: {name: x}}
{tiktok_event: AddToCart, match: {name: x}, parameters: {value: {attribute: v, transform: [trim, {split: ','}, first]}}}
{tiktok_event: Lead, match: {name: x}, parameters: {value: {attribute: v, transform: [{multiply: 0.01}, {round: 2}]}}}
{tiktok_event: AddToCart, match: {name: x}, parameters: {value: {attribute: v, type: number, default: 0}}}
{tiktok_event: AddToCart, match: {name: x}, parameters: {currency: {static: EUR}}}
{tiktok_event: Contact, extra_parameters: true, match: {event_type: custom_event, custom_event_type: search}}
{tiktok_event: Contact, match: {name: "1"}, parameters: {description: {user_attribute: 'true'}}}
{tiktok_event: Lead, for_each: promotion, promotions: {never_if: [{promotion: id, matches: '^x$'}]}, match: {name: x}}
""".strip().splitlines()


def read(mapping: str) -> CustomMapping:
    """Return the mapping that the file would have."""
    lines = mapping.splitlines()
    item = "".join(f"      {'- ' if number == 0 else '  '}{line}\n" for number, line in enumerate(lines))
    configuration = check_text(HEAD + item, str(Path("relay.yaml")))
    (result,) = configuration.connections["shop"].custom_mappings
    return result


@pytest.mark.parametrize("text", MAPPINGS)
def test_what_is_written_reads_as_the_same_mapping(text: str) -> None:
    """Every key of a mapping, of a match, of a condition, of a parameter and of a transform."""
    mapping = read(text)
    assert read(yaml_of(written_mapping(mapping))) == mapping


def test_no_default_is_written() -> None:
    """Only what the file has, in its order and its words."""
    assert yaml_of(written_mapping(read(MAPPINGS[0]))) == (
        'tiktok_event: Search\nmatch:\n  event_type: custom_event\n  name: "site search"\n'
        "parameters:\n  query:\n    attribute: t\n"
    )


def test_personal_values_of_conditions_are_not_written() -> None:
    """Identities, email addresses and phone numbers, as in the names of rules."""
    mapping = read(
        "{tiktok_event: Contact, match: {event_type: custom_event, never_if: [{identity: email, in: [a@b.example]},"
        " {attribute: author, is: jane@shop.example}, {user_attribute: phone, is: '+49 30 123456'}]}}"
    )
    written = yaml_of(written_mapping(mapping))
    assert [word in written for word in ("a@b", "jane", "123456")] == [False, False, False]
    assert "identity: email" in written
