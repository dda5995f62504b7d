"""What the events of a batch share: its JSON without `events`, as types. An oddity costs one field, never more."""

from collections.abc import Mapping

import msgspec

from mapping.kinds import Leaf
from mapping.results import Note

# Names that clients send for an identity type besides its own: the SDKs' and those of the web SDK.
ALIASES: Mapping[str, str] = {
    "customer_id": "customerid",
    "facebook_custom_audience_id": "facebookcustomaudienceid",
    **{f"other_id_{n}": f"other{n}" for n in range(2, 11)},
}
_UNREADABLE = "left out: must be an object"


class Identity(msgspec.Struct):
    """An entry of `user_identities` in the form of mParticle's webhooks, which is a list."""

    identity_type: Leaf = None
    identity: Leaf = None


class DeviceInfo(msgspec.Struct):
    """The user's device."""

    http_header_user_agent: Leaf = None
    ios_advertising_id: Leaf = None
    android_advertising_id: Leaf = None
    att_authorization_status: Leaf = None


class ApplicationInfo(msgspec.Struct):
    """The app that the user used."""

    package: Leaf = None
    application_name: Leaf = None
    application_version: Leaf = None


class Fields(msgspec.Struct):
    """A batch's own fields; `consent_state` stays JSON until a setting of the connection asks for it."""

    environment: Leaf = None
    ip: Leaf = None
    mpid: Leaf = None
    user_identities: dict[str, Leaf] | list[Identity | None] | None = None
    user_attributes: dict[str, Leaf] | None = None
    partner_identities: dict[str, Leaf] | None = None
    device_info: DeviceInfo | None = None
    application_info: ApplicationInfo | None = None
    consent_state: msgspec.Raw = msgspec.Raw(b"null")


_NO_DEVICE = DeviceInfo()
_NO_APPLICATION = ApplicationInfo()
_decode = msgspec.json.Decoder(Fields).decode
_decode_loosely = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_DECODERS = {field.name: msgspec.json.Decoder(field.type).decode for field in msgspec.structs.fields(Fields)}


class Shared:
    """A batch's own fields as the rows read them; `notes` names those that could not be read."""

    __slots__ = (
        *(
            "addresses",
            "application",
            "consent",
            "device",
            "environment",
            "identities",
            "ip",
            "mpid",
            "notes",
            "now_ms",
        ),
        *("partners", "user"),
    )

    def __init__(self, fields: Fields, notes: tuple[Note, ...] = ()) -> None:
        self.environment = environment_of(fields.environment)
        self.ip = fields.ip
        self.addresses: tuple[Leaf, Leaf, Leaf] = (fields.ip, None, None)
        self.now_ms = 0
        self.identities = _by_type(fields.user_identities)
        self.user = _dollars_lowered(fields.user_attributes)
        self.partners = fields.partner_identities or {}
        self.device = fields.device_info or _NO_DEVICE
        self.application = fields.application_info or _NO_APPLICATION
        self.consent = fields.consent_state
        self.mpid = fields.mpid
        self.notes = notes

    def identity(self, kind: str) -> Leaf:
        """The identity of this type, under any name that clients give it."""
        value = self.identities.get(kind)
        if (value is None or value == "") and kind in ALIASES:
            return self.identities.get(ALIASES[kind])
        return value


def read_shared(raw: bytes) -> Shared:
    """`raw` decoded; never raises. What is not of its type is absent, with a note."""
    try:
        return Shared(_decode(raw))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _read_field_by_field(raw)


def environment_of(value: object) -> str:
    """In lower case; `production` where a batch names none (product.md C, `environments`)."""
    name = value.strip().lower() if isinstance(value, str) else ""
    return name or "production"


def _read_field_by_field(raw: bytes) -> Shared:
    fields, notes = Fields(), []
    try:
        members = _decode_loosely(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return Shared(fields, (Note("batch", "left out: the batch's own fields cannot be read"),))
    for name, decode in _DECODERS.items():
        if name in members:
            try:
                setattr(fields, name, decode(members[name]))
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                notes.append(Note(name, _UNREADABLE))
    return Shared(fields, tuple(notes))


def _by_type(identities: dict[str, Leaf] | list[Identity | None] | None) -> dict[str, Leaf]:
    if isinstance(identities, list):
        return {
            entry.identity_type.lower(): entry.identity
            for entry in identities
            if entry is not None and isinstance(entry.identity_type, str)
        }
    return identities or {}


def _dollars_lowered(attributes: dict[str, Leaf] | None) -> dict[str, Leaf]:
    """Reserved attributes, the ones with `$`, under their names in lower case (U)."""
    if not attributes:
        return {}
    return {attribute_key(name): value for name, value in attributes.items()}


def attribute_key(name: str) -> str:
    """A user attribute's name as `Shared.user` knows it."""
    return name.lower() if name.startswith("$") else name
