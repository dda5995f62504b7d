"""Make a batch without personal data: the members that relay reads, each with a value that is kept or made up.

What relay does not read, and attributes that no rule of the connection names, are omitted.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from config.additional_fields import ADDITIONAL_PARAMETERS
from config.model import Connection
from config.vocabulary import CUSTOM_EVENT_TYPES, ENVIRONMENTS, PRODUCT_ACTION_ALIASES, PRODUCT_ACTIONS
from mapping.forwarding.rules import OTHER_ENVIRONMENTS
from mapping.incoming.flags import CALLBACK, REFERRER, URL
from mapping.incoming.identity_names import ALIASES, KNOWN
from mapping.incoming.kinds import COMMERCE_NAMES
from mapping.native import EVENT_TYPES
from operations.cases.replacements import Replacements

Replace: TypeAlias = Callable[[Any], Any]

_ATTRIBUTES: Final = ("campaignId", "adId", "creativeId", "attributionType", "attributionProvider")
_TRUTHS: Final = ("isRetargeting", "attributed")
_PLATFORMS: Final = (
    *("ios", "android", "web", "desktop", "tvos", "roku", "out_of_band", "alexa", "smart_tv", "fire_tv", "xbox"),
    *("unityios", "unityandroid", "mobileweb", "unknown"),
)
_ANSWERS: Final = ("authorized", "denied", "not_determined", "restricted", "not_applicable")


class BatchReplacer:
    """Replaces the personal values of batches, all of one connection, so that they map as before."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._values = values = Replacements(connection)
        self._batch: Mapping[str, Replace] = {
            "environment": values.word("environment", (*ENVIRONMENTS, *OTHER_ENVIRONMENTS)),
            "ip": values.ip,
            "mpid": values.identity,
            "mp_deviceid": values.id("device"),
            "source_request_id": values.id("request"),
            "user_identities": self._identities,
            "user_attributes": self._user_attributes,
            "partner_identities": _members({"tiktok_cookie_id": values.cookie}, values),
            "device_info": _members(_device(values), values),
            "application_info": _members(_application(values), values),
            "consent_state": self._consent,
            "events": _entries(self._event, values),
        }
        self._event_members: Mapping[str, Replace] = {
            "event_type": values.word("type", EVENT_TYPES),
            "data": _members(self._data(), values),
        }

    def batch(self, value: Any) -> Any:
        """Return the batch with made-up values."""
        return _members(self._batch, self._values)(value)

    def _event(self, value: Any) -> Any:
        return _members(self._event_members, self._values)(value)

    def _data(self) -> Mapping[str, Replace]:
        values = self._values
        name = values.word("event", COMMERCE_NAMES.values())
        return {
            "source_message_id": values.id("message"),
            "event_id": values.id("message"),
            "timestamp_unixtime_ms": values.time,
            "event_name": name,
            "screen_name": values.word("screen"),
            "page_url": values.url,
            "custom_event_type": values.word("type", (*CUSTOM_EVENT_TYPES, *PRODUCT_ACTIONS)),
            "currency_code": values.currency,
            "custom_flags": self._flags,
            "custom_attributes": self._event_attributes,
            "product_action": _members(self._action(), values),
            "promotion_action": _members(_promotion_action(values), values),
            "product_impressions": lambda found: [{}] if found else found,
        }

    def _action(self) -> Mapping[str, Replace]:
        values = self._values
        amounts = dict.fromkeys(("total_amount", "tax_amount", "shipping_amount", "checkout_step"), values.amount)
        product = {
            **dict.fromkeys(("price", "quantity", "position", "total_product_amount"), values.amount),
            **{name: values.word(name) for name in ("name", "category", "brand", "variant")},
            "id": values.id("product"),
            "coupon_code": values.word("coupon"),
            "custom_attributes": self._event_attributes,
        }
        return {
            "action": values.word("action", (*PRODUCT_ACTIONS, *PRODUCT_ACTION_ALIASES)),
            **amounts,
            "transaction_id": values.id("order"),
            "coupon_code": values.word("coupon"),
            "affiliation": values.word("shop"),
            "checkout_options": values.word("option"),
            "product_action_list": values.word("list"),
            "product_list_source": values.word("list"),
            "products": _entries(_members(product, values), values),
        }

    def _flags(self, value: Any) -> Any:
        by_name = {
            URL.casefold(): self._values.url,
            REFERRER.casefold(): self._values.url,
            CALLBACK.casefold(): self._values.click_id,
        }
        return self._named(value, lambda name: by_name.get(name.strip().casefold()))

    def _event_attributes(self, value: Any) -> Any:
        lead = (self._connection.lead_id_attribute, "lead_event_source")
        asked = self._connection.also_send
        read = {name for name, field in ADDITIONAL_PARAMETERS.items() if field.path in asked}
        return self._named(
            value, lambda name: self._values.attribute if name in read or self._is_named(name, lead) else None
        )

    def _user_attributes(self, value: Any) -> Any:
        values = self._values
        known: Mapping[str, Replace] = {
            **dict.fromkeys(("$firstname", "$lastname"), values.name),
            **dict.fromkeys(("$city", "$state"), values.place),
            "$country": values.country,
            "$zip": values.zip_code,
            **dict.fromkeys(_ATTRIBUTES, values.id("ad")),
            **dict.fromkeys(_TRUTHS, values.truth),
        }
        lead = (self._connection.lead_id_attribute, "lead_event_source")

        def replacing(name: str) -> Replace | None:
            found = known.get(name.lower() if name.startswith("$") else name)
            return found or (values.attribute if self._is_named(name, lead) else None)

        return self._named(value, replacing)

    def _is_named(self, name: str, more: tuple[str, ...]) -> bool:
        """Return whether a rule of the connection names the attribute."""
        return name in more or name.casefold() in self._values.words

    def _identities(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._listed(entry) for entry in value]
        return self._named(value, self._identity)

    def _listed(self, entry: Any) -> Any:
        """Return an entry of the list form of identities; of an unknown type, an empty one."""
        kind = entry.get("identity_type") if isinstance(entry, dict) else None
        replace = self._identity(kind) if isinstance(kind, str) else None
        if replace is None:
            return {} if isinstance(entry, dict) else self._values.anything(entry)
        return {"identity_type": kind, "identity": replace(entry.get("identity"))}

    def _identity(self, name: str) -> Replace | None:
        kind = name.strip().lower()
        if kind not in KNOWN:
            return None
        own = next((known for known, alias in ALIASES.items() if alias == kind), kind)
        if own in ("email", self._connection.email_identity_type):
            return self._values.email
        phones = ("mobile_number", "phone_number_2", "phone_number_3", self._connection.phone_identity_type)
        return self._values.phone if own in phones else self._values.identity

    def _consent(self, value: Any) -> Any:
        values = self._values
        answer = _members({"consented": values.truth}, values, otherwise=values.truth)

        def purposes(found: Any) -> Any:
            if not isinstance(found, dict):
                return values.truth(found)
            names = values.word("purpose")
            return {str(names(name)): answer(given) for name, given in found.items()}

        ccpa = _members({"data_sale_opt_out": answer}, values, otherwise=values.truth)
        return _members({"gdpr": purposes, "ccpa": ccpa}, values)(value)

    def _named(self, value: Any, replacing: Callable[[str], Replace | None]) -> Any:
        """Return the members of an object for which there is a replacement; any other value made up."""
        if not isinstance(value, dict):
            return self._values.anything(value)
        found = ((name, member, replacing(name)) for name, member in value.items())
        return {name: replace(member) for name, member, replace in found if replace is not None}


def _members(rules: Mapping[str, Replace], values: Replacements, otherwise: Replace | None = None) -> Replace:
    """Return a function that replaces an object by its known members; any other value by `otherwise`, or made up."""

    def replace(value: Any) -> Any:
        if not isinstance(value, dict):
            return (otherwise or values.anything)(value)
        return {name: rules[name](member) for name, member in value.items() if name in rules}

    return replace


def _entries(replace: Replace, values: Replacements) -> Replace:
    """Return a function that replaces each entry of a list, also of a list that is written as `{"0": …}`."""

    def each(value: Any) -> Any:
        if isinstance(value, list):
            return [replace(entry) for entry in value]
        if isinstance(value, dict) and all(name.isascii() and name.isdecimal() for name in value):
            return {name: replace(entry) for name, entry in value.items()}
        return values.anything(value)

    return each


def _device(values: Replacements) -> Mapping[str, Replace]:
    return {
        "http_header_user_agent": values.user_agent,
        **dict.fromkeys(("ios_advertising_id", "android_advertising_id", "ios_idfv"), values.device_id),
        "att_authorization_status": values.word("answer", _ANSWERS),
        "platform": values.word("platform", _PLATFORMS),
        "limit_ad_tracking": values.truth,
        "os_version": values.version,
        **dict.fromkeys(("locale_language", "locale_country"), values.locale),
    }


def _application(values: Replacements) -> Mapping[str, Replace]:
    return {
        **dict.fromkeys(("package", "application_name"), values.word("app")),
        "application_version": values.version,
        "os": values.word("platform", _PLATFORMS),
    }


def _promotion_action(values: Replacements) -> Mapping[str, Replace]:
    promotion = {
        "id": values.id("promotion"),
        **{name: values.word("promotion") for name in ("name", "creative", "position")},
    }
    return {
        "action": values.word("action", ("view", "click")),
        "promotions": _entries(_members(promotion, values), values),
    }
