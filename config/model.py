"""The typed configuration: inputs, connections and their custom mappings (C and M of docs/mapping.md)."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import msgspec

from config.profiles.fields import IP, PROFILE_FIELDS
from config.sources.model import QueueSource

Platform = Literal["web", "ios", "android", "feed"]
EventSourceType = Literal["web", "feed", "app", "crm", "legacy_pixel_batch_web"]
ContentType = Literal["product", "product_group"]
InvalidTtclid = Literal["dead_letter", "drop_field"]
EventType = Literal["commerce_event", "custom_event", "screen_view"]
Source = Literal[
    "attribute",
    "user_attribute",
    "field",
    "product",
    "product_attribute",
    "promotion",
    "identity_present",
    "static",
]
ParameterType = Literal["text", "number"]
Subject = Literal[
    "attribute",
    "field",
    "product",
    "product_attribute",
    "promotion",
    "user_attribute",
    "identity",
    "batch",
    "gdpr_consent",
]
Operator = Literal["is", "is_not", "in", "not_in", "contains", "starts_with", "matches", "greater", "less", "exists"]
DriftAlert = Literal["silence", "match_keys", "jumps"]
ForEach = Literal["product", "promotion"]
Take = Literal["first", "last"]
TransformName = Literal["lower", "trim", "split", "first", "join", "multiply", "round"]


@dataclass(frozen=True, slots=True)
class Input:
    """One mParticle source, known by its key and secret; `formerly` are ids that it had when stored events arrived."""

    id: str
    platform: Platform
    api_key: str = field(repr=False)
    api_secret: str = field(repr=False)
    formerly: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Condition:
    """What one value of an event must be; `values` as the file has them, several only for `in` and `not_in`.

    `name` says which one of its kind `subject` is. `exists` has the value `true` or `false`.
    """

    subject: Subject
    name: str
    operator: Operator
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Match:
    """Which events a custom mapping matches: all fields that are not None must hold (M1).

    Values are casefolded, because M5 compares without regard to case; names of attributes are not.
    An event satisfies `attributes` when each named attribute has one of the values. All conditions of `only_if` must
    hold, and none of `never_if`.
    """

    event_type: EventType | None = None
    action: str | None = None
    name: str | None = None
    custom_event_type: str | None = None
    attributes: Mapping[str, frozenset[str]] = field(default_factory=dict)
    only_if: tuple[Condition, ...] = ()
    never_if: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True)
class Selection:
    """Which products or promotions a custom mapping reads; `take` leaves one of those that the conditions leave."""

    only_if: tuple[Condition, ...] = ()
    never_if: tuple[Condition, ...] = ()
    take: Take | None = None


@dataclass(frozen=True, slots=True)
class Transform:
    """One step that changes a value before it is sent; `argument` is as the file has it, None where none is needed."""

    name: TransformName
    argument: str | None = None


@dataclass(frozen=True, slots=True)
class Parameter:
    """The source of one parameter of a TikTok event; for the source `static`, `name` is the value itself."""

    source: Source
    name: str
    type: ParameterType | None = None
    required: bool = False
    default: str | None = None
    transform: tuple[Transform, ...] = ()


@dataclass(frozen=True, slots=True)
class CustomMapping:
    """Matching events become `tiktok_event`, with these parameters and no others (M2b).

    A `default` matches only events that no other mapping matches. `products` and `promotions` say which of them the
    mapping reads; an event without any does not match. `for_each` makes one TikTok event of each.
    """

    tiktok_event: str
    match: Match
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    is_custom_event: bool = False
    is_default: bool = False
    extra_parameters: bool = False
    products: Selection | None = None
    promotions: Selection | None = None
    for_each: ForEach | None = None


@dataclass(frozen=True, slots=True)
class Forward:
    """Which events a connection forwards: all of `only_if` must hold, and none of `never_if`.

    `sample_ppm` is the share of users, in millionths; None for all of them.
    """

    only_if: tuple[Condition, ...] = ()
    never_if: tuple[Condition, ...] = ()
    logged_in_only: bool = False
    sample_ppm: int | None = None


@dataclass(frozen=True, slots=True)
class Profile:
    """What a connection remembers of its users: the time to live of each field of `config/profiles/`, in seconds."""

    fields: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """One or several inputs joined to one TikTok event source.

    `app_id` is by operating system, `ios` and `android`; `environments` are lower case; `max_events_per_request` is
    None where the route's own maximum applies; `max_event_age_s` and `dead_letter_retention_s` are in seconds, None for
    no limit; `also_send` holds paths of `config/additional_fields.py`; `gdpr_purpose` is casefolded, because purposes
    compare without regard to case; in `native_events`, None turns a product action off; `omit` has paths in requests of
    Events API 2.0, without `[]`.
    """

    id: str
    inputs: tuple[str, ...]
    access_token: str = field(repr=False)
    event_source_id: str
    event_source_type: EventSourceType = "legacy_pixel_batch_web"
    enable_web_migration: bool = False
    email_identity_type: str = "email"
    external_identity_type: str = "customer_id"
    phone_identity_type: str = "mobile_number"
    content_type: ContentType = "product"
    enrich_ip_address: bool = False
    profile: Profile | None = None
    enabled: bool = True
    environments: frozenset[str] = frozenset({"production"})
    test_event_code: str | None = None
    default_region: str | None = None
    invalid_ttclid: InvalidTtclid = "dead_letter"
    native_events: Mapping[str, str | None] = field(default_factory=dict)
    forward: Forward = Forward()
    omit: tuple[str, ...] = ()
    max_events_per_request: int | None = None
    peer_ip_fallback: bool = False
    max_event_age_s: int | None = None
    dead_letter_retention_s: int | None = 90 * 86_400
    ccpa_limited_data_use: bool = False
    gdpr_purpose: str | None = None
    att_withholds_idfa: bool = False
    ttclid_from_url: bool = False
    page_url_fallback: bool = True
    app_id: Mapping[str, str] = field(default_factory=dict)
    send_content_ids: bool = True
    send_search_string: bool = True
    send_order_id: bool = False
    also_send: frozenset[str] = frozenset()
    lead_id_attribute: str = "lead_id"
    lead_event_source: str | None = None
    drift_alerts: tuple[DriftAlert, ...] = ("silence", "match_keys", "jumps")
    drift_muted: tuple[str, ...] = ()
    custom_mappings: tuple[CustomMapping, ...] = ()

    @property
    def remembers(self) -> Mapping[str, int]:
        """The time to live in seconds of each field that it remembers; `enrich_ip_address` is a profile of `ip`."""
        chosen = {} if self.profile is None else self.profile.fields
        return {IP: PROFILE_FIELDS[IP].time_to_live_s, **chosen} if self.enrich_ip_address else chosen

    @property
    def fingerprint(self) -> str:
        """16 hex digits that change with every setting, the token included."""
        return hashlib.sha256(msgspec.json.encode(self, order="sorted")).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Configuration:
    """A whole valid file. `warnings` are sentences for the operator; `lines` has the line of each connection.

    `sources` are the queues of `relay consume`.
    """

    inputs: Mapping[str, Input]
    connections: Mapping[str, Connection]
    warnings: tuple[str, ...] = ()
    sources: Mapping[str, QueueSource] = field(default_factory=dict)
    lines: Mapping[str, int] = field(default_factory=dict, repr=False, compare=False)
    _by_name: Mapping[str, Input] = field(init=False, repr=False, compare=False)
    _by_input: Mapping[str, tuple[Connection, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        by_name = {name: source for source in self.inputs.values() for name in (*source.formerly, source.id)}
        by_input = {
            name: tuple(connection for connection in self.connections.values() if source.id in connection.inputs)
            for name, source in by_name.items()
        }
        object.__setattr__(self, "_by_name", by_name)
        object.__setattr__(self, "_by_input", by_input)

    def input_of(self, name: str) -> Input | None:
        """Return the input with this id or former id; None when there is none."""
        return self._by_name.get(name)

    def connections_of(self, input_id: str) -> tuple[Connection, ...]:
        """Return the connections of an input (or former id), disabled ones included, in the order of the file."""
        return self._by_input.get(input_id, ())


def no_input(name: str) -> str:
    """Return a sentence: what to do about a stored event whose input is not in the configuration."""
    return (
        f"the event came from input {name}, which is not in the configuration file: put it back, "
        f"or, if the input has another id now, add formerly: [{name}] to it"
    )
