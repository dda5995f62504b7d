"""The schema of the configuration file: every key with its reader, meaning and default (C of docs/mapping.md)."""

from collections.abc import Sequence

import phonenumbers

from config.model import Connection, Input
from config.profiles.record import PROFILE
from config.reading.additional_fields import ALSO_SEND
from config.reading.custom_mappings import CUSTOM_MAPPING
from config.reading.forwarding import FORWARD, native_event
from config.reading.omitted_fields import tiktok_path
from config.reading.readers import (
    Read,
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
from config.reading.records import KeyRow, Record, listing, mapping
from config.reading.references import access_token, api_key, api_secret
from config.reading.yaml_tree import Node
from config.vocabulary import (
    CONTENT_TYPES,
    DRIFT_ALERTS,
    ENVIRONMENTS,
    EVENT_SOURCE_TYPE_ALIASES,
    EVENT_SOURCE_TYPES,
    EXTERNAL_IDENTITY_TYPES,
    IDENTITY_TYPES,
    INVALID_TTCLID,
    NATIVE_EVENTS,
    PLATFORMS,
)


def _region(name: str, node: Node) -> str:
    value = text(name, node).upper()
    if value in phonenumbers.SUPPORTED_REGIONS:
        return value
    hint = " (the United Kingdom is GB)" if value == "UK" else ""
    return refuse(node, f"`{name}` must be the two letters of a country, such as US or DE{hint}")


region: Reader[str] = Reader(_region, {"type": "string", "pattern": "^[A-Za-z]{2}$"})
"""A country code of two characters that the library phonenumbers supports."""

event_source_id = matching(r"[A-Za-z0-9_.-]{1,128}", "a Pixel ID, App ID or Event Set ID: letters and digits")
_LIST_OF_ENVIRONMENTS = listing(choice(ENVIRONMENTS), "[production]", least=1)
environments: Reader[frozenset[str]] = Reader(
    lambda name, node: frozenset(_LIST_OF_ENVIRONMENTS(name, node)), _LIST_OF_ENVIRONMENTS.schema
)


APP_ID: Record[dict[str, str]] = Record(
    make=dict,
    what="`app_id`",
    example='{ios: "123456789", android: com.shop}',
    rows={
        "ios": KeyRow(
            matching(r"[0-9]{1,20}", "the App Store id, digits such as 123456789 (not the bundle id)"),
            "The App Store id.",
        ),
        "android": KeyRow(
            matching(r"[A-Za-z]\w*(\.[A-Za-z]\w*)+", "the package name, such as com.shop"),
            "The package name at Google Play.",
        ),
    },
)


def input_record(expand: Read[str]) -> Record[Input]:
    return Record(
        make=Input,
        what="an input",
        example="{id: web, platform: web, api_key: …, api_secret: …}",
        rows={
            "id": KeyRow(identifier, "The input's name in commands, metrics and the console.", required=True),
            "platform": KeyRow(choice(PLATFORMS), "The kind of mParticle source.", required=True),
            "api_key": KeyRow(api_key(expand), "The key that senders authenticate with.", required=True),
            "api_secret": KeyRow(api_secret(expand), "The secret that senders authenticate with.", required=True),
            "formerly": KeyRow(
                listing(identifier, "[web]"), "Ids that this input had: stored events of these are its own."
            ),
        },
    )


def connection_record(expand: Read[str], inputs: Sequence[str]) -> Record[Connection]:
    """Return the record of a connection; `inputs` are the allowed ids. Without any, the file has another error."""
    identity = choice(IDENTITY_TYPES)
    return Record(
        make=Connection,
        what="a connection",
        example="{id: shop-web, inputs: [web], access_token: …, event_source_id: …}",
        rows={
            "id": KeyRow(identifier, "The connection's name in commands, metrics and the console.", required=True),
            "inputs": KeyRow(
                listing(exactly(inputs) if inputs else text, "[web]", least=1),
                "The inputs whose events go to this connection.",
                required=True,
            ),
            "access_token": KeyRow(access_token(expand), "TikTok's Events API token.", required=True),  # C1
            "event_source_type": KeyRow(
                choice(EVENT_SOURCE_TYPES, EVENT_SOURCE_TYPE_ALIASES),
                "Where the events of a feed happened; `feed` is an Offline Event Set, `crm` a CRM Event Set."
                " Read for feed inputs only.",
                default="legacy_pixel_batch_web",
            ),  # C2
            "event_source_id": KeyRow(
                event_source_id,
                "The Pixel ID, App ID, Offline Event Set ID or CRM Event Set ID at TikTok.",
                required=True,
            ),  # C3
            "email_identity_type": KeyRow(identity, "The mParticle identity sent as email.", default="email"),  # C4
            "external_identity_type": KeyRow(
                choice(EXTERNAL_IDENTITY_TYPES),
                "The mParticle identity sent as external id; `mpid` is mParticle's own id of a user.",
                default="customer_id",
            ),  # C5
            "phone_identity_type": KeyRow(
                identity, "The mParticle identity sent as phone.", default="mobile_number"
            ),  # C6
            "enable_web_migration": KeyRow(
                boolean, "Send web events to Events API 2.0 instead of the legacy pixel batch API.", default="false"
            ),  # C7
            "content_type": KeyRow(choice(CONTENT_TYPES), "What `contents` are.", default="product"),  # C8
            "enrich_ip_address": KeyRow(
                boolean, "Give a batch without an IP address the last one seen of its user.", default="false"
            ),  # C9
            "profile": KeyRow(
                PROFILE, "What is remembered of each user and fills events that lack it; off without it."
            ),
            "custom_mappings": KeyRow(
                listing(CUSTOM_MAPPING, "- tiktok_event: Search …"),
                "Rules that turn events into TikTok events; an event that one of them takes sends no native event.",
                default="[]",
            ),  # C10
            "enabled": KeyRow(boolean, "`false` keeps the backlog and withholds new events.", default="true"),
            "environments": KeyRow(environments, "The environments whose events are sent.", default="[production]"),
            "test_event_code": KeyRow(
                matching(r"[!-~]{1,64}", "a code such as TEST12345, without spaces"),
                "Show the events under Test events at TikTok; they do not count. Not on legacy connections.",
            ),
            "default_region": KeyRow(region, "The country of phone numbers without a country code."),
            "invalid_ttclid": KeyRow(
                choice(INVALID_TTCLID),
                "What to do with an event whose click id is malformed: dead-letter it or send it without.",
                default="dead_letter",
            ),
            "native_events": KeyRow(
                mapping(native_event, "{purchase: CompletePayment, view_detail: off}", key=choice(NATIVE_EVENTS)),
                "Another TikTok event for a product action than the default one, or `off` to withhold these events.",
                default="{}",
            ),
            "forward": KeyRow(FORWARD, "Which events are forwarded; the others are withheld.", default="{}"),
            "omit": KeyRow(
                listing(tiktok_path, "[user.ip, page.referrer]"),
                "Fields that are never sent, by their path in a request of Events API 2.0.",
                default="[]",
            ),
            "max_events_per_request": KeyRow(
                whole(1, 1000), "The most events in one request to TikTok; 50 on legacy connections.", default="1000"
            ),
            "peer_ip_fallback": KeyRow(
                boolean,
                "Give a batch without any IP address that of the host that posted it. Not for feeds.",
                default="false",
            ),
            "max_event_age": KeyRow(
                age, "Dead-letter events older than this, such as 7d or 36h.", to="max_event_age_s"
            ),
            "dead_letter_retention": KeyRow(
                retention, "How long dead letters are kept, or `forever`.", to="dead_letter_retention_s", default="90d"
            ),
            "ccpa_limited_data_use": KeyRow(
                boolean, "Send events of users who opted out under CCPA with limited_data_use.", default="false"
            ),
            "gdpr_purpose": KeyRow(folded, "Withhold the events of users who did not consent to this purpose."),
            "att_withholds_idfa": KeyRow(
                boolean, "Send no IDFA of users who denied tracking, and tell TikTok their answer.", default="false"
            ),
            "app_id": KeyRow(
                APP_ID,
                "The app's id in its store: TikTok knows an iOS app by its App Store id, not its bundle id.",
                default="{}",
            ),
            "page_url_fallback": KeyRow(
                boolean,
                "Without the flag TikTok.URL, take the page address from `page_url`. Web and legacy events only.",
                default="true",
            ),
            "ttclid_from_url": KeyRow(
                boolean,
                "Without the flag TikTok.Callback, take the click id from the page address.",
                default="false",
            ),
            "send_content_ids": KeyRow(boolean, "Send content_ids beside contents.", default="true"),
            "send_search_string": KeyRow(boolean, "Send search_string beside query.", default="true"),
            "send_order_id": KeyRow(boolean, "Send order_id, from the transaction id.", default="false"),
            "also_send": KeyRow(
                ALSO_SEND,
                "Fields of TikTok's beyond mParticle's page, by path, or a set of them: ad, travel, vehicle.",
                default="[]",
            ),
            "drift_alerts": KeyRow(
                listing(choice(DRIFT_ALERTS), "[silence, match_keys]"),
                "What is alerted when it stops or changes without an error ([drift](drift.md)).",
                default="[silence, match_keys, jumps]",
            ),
            "drift_muted": KeyRow(
                listing(text, "[NewsletterSignup, phone]"),
                "TikTok events, match keys and reasons of dead letters that cause none of these alerts.",
                default="[]",
            ),
            "lead_id_attribute": KeyRow(
                text,
                "The event attribute, else user attribute, that holds the id of the TikTok lead. CRM events only.",
                default="lead_id",
            ),
            "lead_event_source": KeyRow(
                text, "The name of the CRM, such as HubSpot, where an event does not say it. CRM events only."
            ),
        },
    )
