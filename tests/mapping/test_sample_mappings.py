"""Published samples through custom mappings as a file has them: what a person would write, and what comes out."""

import json
from pathlib import Path
from typing import Any

import pytest
from support.samples import batches_of

from config.file import load
from mapping.incoming.batch import generate_id, head, split_batch
from mapping.plan import compile_plan
from mapping.results import Mapped, Rejected

RECEIVED_MS = 1_800_000_000_000
FILE = """
inputs:
  - {id: in, platform: android, api_key: k, api_secret: s}
connections:
  - id: app
    inputs: [in]
    access_token: token
    event_source_id: "7123456789012345678"
    environments: [production, development]
    native_events: {purchase: Purchase}
    custom_mappings:
"""

CASES: dict[str, tuple[str, str, list[Any]]] = {
    "a click becomes a click, by its attribute": (
        "docs_04_segment_migration_custom_and_purchase.json",
        """
      - tiktok_event: ClickButton
        match: {event_type: custom_event, name: Clicked Button, only_if: [{attribute: button_name, in: [home, cart]}]}
        parameters: {description: {attribute: button_name}}
      - tiktok_event: Purchase
        match: {action: purchase}
        parameters:
          value: {field: total_amount, required: true}
          currency: {field: currency_code, default: USD}
          content_name: {product: name, transform: lower}
        """,
        [
            ("ClickButton", {"description": "home"}),
            ("Purchase", {"value": 14.99, "currency": "USD", "content_type": "product",
                          "contents": [{"content_name": "leap to conclusions mat"}]}),
        ],
    ),
    "a click elsewhere is no click": (
        "docs_04_segment_migration_custom_and_purchase.json",
        """
      - tiktok_event: ClickButton
        match: {event_type: custom_event, never_if: [{attribute: button_name, is: HOME}]}
        """,
        ["custom_event", ("Purchase", {"value": 14.99, "content_type": "product",
                                       "contents": [{"content_name": "Leap to Conclusions Mat"}]})],
    ),
    "each product of the order": (
        "docs_04_segment_migration_custom_and_purchase.json",
        """
      - tiktok_event: ViewContent
        match: {event_type: commerce_event}
        for_each: product
        products: {only_if: [{product: name, matches: "^leap .* mat$"}]}
        parameters: {description: {product: name}, content_name: {product: name}}
        """,
        ["custom_event", ("ViewContent", {"description": "Leap to Conclusions Mat", "content_type": "product",
                                          "contents": [{"content_name": "Leap to Conclusions Mat"}]})],
    ),
    "the event of the page on custom mappings": (
        "docs_07_ncr_aloha_custom_mapping_input.json",
        """
      - custom_event: Reward_Eligibility
        match: {event_type: custom_event, name: reward eligibility, custom_event_type: other}
        parameters:
          content_id: {attribute: template_id, required: true}
          description: {attribute: start_date, transform: [{split: "-"}, {join: "/"}]}
          query: {static: reward}
        """,
        [("Reward_Eligibility", {"description": "2019/12/01", "query": "reward", "content_type": "product",
                                 "contents": [{"content_id": "2"}]})],
    ),
    "a required parameter that the page's event lacks": (
        "docs_07_ncr_aloha_custom_mapping_input.json",
        """
      - tiktok_event: Lead
        match: {name: Reward Eligibility}
        parameters: {description: {attribute: end_date}, content_id: {attribute: tier_id, required: true}}
        """,
        ["missing_parameter content_id"],
    ),
    "whether the user is known": (
        "docs_07_ncr_aloha_custom_mapping_input.json",
        """
      - tiktok_event: Lead
        match: {name: Reward Eligibility, only_if: [{identity: other, exists: true}, {identity: email, exists: false}]}
        parameters: {description: {identity_present: other}, query: {identity_present: customer_id}}
        """,
        [("Lead", {"description": "true", "query": "false"})],
    ),
    "an attribution by its number": (
        "docs_06_adjust_feed_attribution.json",
        """
      - tiktok_event: InstallApp
        match: {custom_event_type: attribution, only_if: [{attribute: is_organic, greater: 0}]}
        parameters:
          description: {attribute: Campaign}
          query: {attribute: search_term, transform: [{split: " "}, first]}
        """,
        [("InstallApp", {"description": "Ethereal Cereal", "query": "headspace"})],
    ),
    "minutes of a film that was played": (
        "docs_11_outgoing_media_event_string_int64.json",
        """
      - tiktok_event: ViewContent
        match: {custom_event_type: media, name: play}
        parameters:
          content_id: {attribute: content_id}
          content_name: {attribute: content_title, transform: trim}
          value: {attribute: content_duration, transform: [{multiply: 0.00001667}, {round: 1}]}
          currency: {static: USD}
        """,
        [("ViewContent", {"value": 2, "currency": "USD", "content_type": "product",
                          "contents": [{"content_id": "1234567", "content_name": "My sweet sweet media"}]})],
    ),
    "defaults for all that nothing else takes": (
        "sdk_python_0.16.1_events_commerce_custom_screen.json",
        """
      - {custom_event: Any_Action, default_for: custom_event, parameters: {description: {field: event_name}}}
      - {custom_event: Any_Screen, default_for: screen_view, parameters: {description: {field: event_name}}}
      - tiktok_event: Purchase
        match: {action: purchase, only_if: [{attribute: promo, is: Spring}, {product_attribute: size, in: ["9", "10"]}]}
        parameters:
          value: {field: total_amount}
          content_id: {product: id}
          content_category: {product_attribute: size}
          price: {product: total_product_amount, transform: {multiply: 100}}
          description: {field: screen_name}
        """,
        [
            ("Purchase", {"value": 43.2, "description": "checkout", "content_type": "product",
                          "contents": [{"content_id": "sku-1", "content_category": "9", "price": 3998}]}),
            ("Any_Action", {"description": "Signup"}),
            ("Any_Screen", {"description": "Home"}),
        ],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("sample", "mappings", "expected"), CASES.values(), ids=CASES.keys())
def test_a_sample_becomes_what_its_mappings_say(
    sample: str, mappings: str, expected: list[Any], tmp_path: Path
) -> None:
    """Every event of the file, in order: its TikTok event and properties, or why there is none."""
    path = tmp_path / "relay.yaml"
    path.write_text(FILE + mappings, encoding="utf-8")
    configuration = load(path, {})
    plan = compile_plan(configuration.connections["app"], configuration.inputs["in"])
    found: list[Any] = []
    for raw in batches_of(sample):
        split = split_batch(raw)
        mapper = plan.batch(split.shared, RECEIVED_MS)
        for position, event in enumerate(split.events):
            generated_id = generate_id("in", split, raw, position, head(event), RECEIVED_MS)
            found += [outcome_of(result) for result in mapper.map(bytes(event), generated_id)]
    assert found == expected


def outcome_of(result: Any) -> Any:
    match result:
        case Mapped(tiktok_event=name, body=body):
            properties = json.loads(body).get("properties")
            if isinstance(properties, dict):
                properties.pop("content_ids", None)  # X5, by default
                properties.pop("search_string", None)  # X6, by default
            return name, properties
        case Rejected(reason=reason, field=field):
            return f"{reason} {field}"
        case _:
            return result.what
