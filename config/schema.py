"""The rows of the configuration file: every key, how it is read, whether it must be there (product.md C)."""

from collections.abc import Sequence

import phonenumbers

from config.custom_mappings import CUSTOM_MAPPING
from config.model import Connection, Input
from config.readers import (
    Reader,
    age,
    boolean,
    choice,
    exactly,
    folded,
    identifier,
    matching,
    refuse,
    retention,
    text,
    whole,
)
from config.record import Record, Row, listing, mapping
from config.references import access_token, api_key, api_secret
from config.vocabulary import (
    CONTENT_TYPES,
    ENVIRONMENTS,
    EVENT_SOURCE_TYPE_ALIASES,
    EVENT_SOURCE_TYPES,
    IDENTITY_TYPES,
    INVALID_TTCLID,
    NATIVE_EVENTS,
    PLATFORMS,
    TIKTOK_EVENTS,
)
from config.yaml_reader import Node


def region(name: str, node: Node) -> str:
    """A country as two letters, one that the numbering plans of phonenumbers know."""
    value = text(name, node).upper()
    if value in phonenumbers.SUPPORTED_REGIONS:
        return value
    hint = " (the United Kingdom is GB)" if value == "UK" else ""
    return refuse(node, f"`{name}` must be the two letters of a country, such as US or DE{hint}")


def environments(name: str, node: Node) -> frozenset[str]:
    return frozenset(listing(choice(ENVIRONMENTS), "[production]", least=1)(name, node))


def input_record(expand: Reader[str]) -> Record[Input]:
    return Record(
        make=Input,
        what="an input",
        example="{id: web, platform: web, api_key: …, api_secret: …}",
        rows={
            "id": Row(identifier, required=True),
            "platform": Row(choice(PLATFORMS), required=True),
            "api_key": Row(api_key(expand), required=True),
            "api_secret": Row(api_secret(expand), required=True),
        },
    )


def connection_record(expand: Reader[str], inputs: Sequence[str]) -> Record[Connection]:
    """`inputs` are the ids to choose from; when the file has none, that is what is wrong, and any will do."""
    identity = choice(IDENTITY_TYPES)
    return Record(
        make=Connection,
        what="a connection",
        example="{id: shop-web, inputs: [web], access_token: …, event_source_id: …}",
        rows={
            "id": Row(identifier, required=True),
            "inputs": Row(listing(exactly(inputs) if inputs else text, "[web]", least=1), required=True),
            "access_token": Row(access_token(expand), required=True),  # C1
            "event_source_type": Row(choice(EVENT_SOURCE_TYPES, EVENT_SOURCE_TYPE_ALIASES)),  # C2
            "event_source_id": Row(
                matching(r"[A-Za-z0-9_.-]{1,128}", "a Pixel ID, App ID or Offline Event Set ID: letters and digits"),
                required=True,
            ),  # C3
            "email_identity_type": Row(identity),  # C4
            "external_identity_type": Row(identity),  # C5
            "phone_identity_type": Row(identity),  # C6
            "enable_web_migration": Row(boolean),  # C7
            "content_type": Row(choice(CONTENT_TYPES)),  # C8
            "enrich_ip_address": Row(boolean),  # C9
            "custom_mappings": Row(listing(CUSTOM_MAPPING, "- tiktok_event: Search …")),  # C10
            "enabled": Row(boolean),
            "environments": Row(environments),
            "test_event_code": Row(matching(r"[!-~]{1,64}", "a code such as TEST12345, without spaces")),
            "default_region": Row(region),
            "invalid_ttclid": Row(choice(INVALID_TTCLID)),
            "native_events": Row(
                mapping(exactly(TIKTOK_EVENTS), "{purchase: CompletePayment}", key=choice(NATIVE_EVENTS))
            ),
            "max_events_per_request": Row(whole(1, 1000)),
            "peer_ip_fallback": Row(boolean),
            "max_event_age": Row(age, to="max_event_age_s"),
            "dead_letter_retention": Row(retention, to="dead_letter_retention_s"),
            "ccpa_limited_data_use": Row(boolean),
            "gdpr_purpose": Row(folded),
            "att_withholds_idfa": Row(boolean),
            "ttclid_from_url": Row(boolean),
            "send_content_ids": Row(boolean),
            "send_search_string": Row(boolean),
            "send_order_id": Row(boolean),
        },
    )
