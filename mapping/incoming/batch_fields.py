"""Decode what the events of a batch share: its JSON without `events`. A malformed field costs only itself."""

from collections.abc import Callable
from typing import Any

import msgspec

from mapping.incoming.identity_names import ALIASES, KNOWN, by_name, entries_of
from mapping.incoming.kinds import Leaf, word
from mapping.incoming.shapes import repaired, shape_of
from mapping.results import Note

MOBILE = frozenset({"ios", "android"})
PRODUCTION = "production"
_UNREADABLE = "omitted: must be an object"
_NO_ENVIRONMENT = Note("environment", "is no text, so the batch counts as production")


class Identity(msgspec.Struct, gc=False):
    """An entry of `user_identities` in the list form of mParticle's webhooks."""

    identity_type: Leaf = None
    identity: Leaf = None


class DeviceInfo(msgspec.Struct, gc=False):
    """The user's device."""

    http_header_user_agent: Leaf = None
    ios_advertising_id: Leaf = None
    android_advertising_id: Leaf = None
    att_authorization_status: Leaf = None
    platform: Leaf = None
    limit_ad_tracking: Leaf = None
    ios_idfv: Leaf = None
    os_version: Leaf = None
    locale_language: Leaf = None
    locale_country: Leaf = None


class ApplicationInfo(msgspec.Struct, gc=False):
    """The app that the user used."""

    package: Leaf = None
    application_name: Leaf = None
    application_version: Leaf = None
    os: Leaf = None


class Fields(msgspec.Struct, gc=False):
    """A batch's own fields as decoded; `consent_state` stays JSON until a setting of the connection needs it."""

    environment: Leaf = None
    ip: Leaf = None
    mpid: Leaf = None
    user_identities: dict[str, Leaf] | list[Identity | None] | None = None
    user_attributes: dict[str, Leaf] | None = None
    partner_identities: dict[str, Leaf] | None = None
    device_info: DeviceInfo | None = None
    application_info: ApplicationInfo | None = None
    consent_state: msgspec.Raw = msgspec.Raw(b"null")
    mp_deviceid: Leaf = None


_RESERVED = ("FirstName", "LastName", "City", "State", "Country", "Zip", "Gender", "Age", "Mobile", "Address")
_SPELT = {f"${name.lower()}": f"${name}" for name in _RESERVED}
MOST_KEYS = 4096
LONGEST_KEY = 64
_keys_seen: set[str] = set()
"""Names of user attributes that are keys already; senders use few. Bounded, because they choose the names."""

_NO_DEVICE = DeviceInfo()
_NO_APPLICATION = ApplicationInfo()
_FIELDS = msgspec.structs.fields(Fields)
_DEVICE_ID = "mp_deviceid"
_AllMembers = msgspec.defstruct(
    "_AllMembers", [(field.name, msgspec.Raw, msgspec.Raw()) for field in _FIELDS], omit_defaults=True, gc=False
)
_Members = msgspec.defstruct(
    "_Members",
    [(field.name, msgspec.Raw, msgspec.Raw()) for field in _FIELDS if field.name != _DEVICE_ID],
    omit_defaults=True,
    gc=False,
)
_encode = msgspec.json.Encoder().encode
_decode_members = msgspec.json.Decoder(_Members).decode
_decode_all_members = msgspec.json.Decoder(_AllMembers).decode
_decode = msgspec.json.Decoder(Fields).decode
_SHAPE = shape_of(Fields)
_decode_loosely = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_DECODERS = {field.name: msgspec.json.Decoder(field.type).decode for field in _FIELDS}


class BatchFields(msgspec.Struct, gc=False):
    """A batch's own fields as the rows read them; `notes` names the unreadable ones."""

    environment: str
    ip: Leaf
    mpid: Leaf
    identities: dict[str, Leaf]
    user: dict[str, Leaf]
    """User attributes by `attribute_key`: names of reserved ones, those with `$`, may come in any case (U)."""
    partners: dict[str, Leaf]
    device: DeviceInfo
    application: ApplicationInfo
    consent: msgspec.Raw
    device_id: Leaf
    notes: tuple[Note, ...]
    addresses: tuple[Leaf, Leaf, Leaf] = (None, None, None)
    """The batch's own address, and those that may replace it (I1)."""
    platform: str = ""
    """The input's platform: `web`, `ios`, `android` or `feed`."""

    @property
    def os(self) -> str:
        """Return `ios` or `android` where the input, the app or the device says so; else ""."""
        if self.platform in MOBILE:
            return self.platform
        return next((os for name in (self.application.os, self.device.platform) if (os := mobile_os(name))), "")

    def identity(self, kind: str) -> Leaf:
        """Return the identity of this type, under any name that clients give it."""
        value = self.identities.get(kind)
        if (value is None or value == "") and kind in ALIASES:
            return self.identities.get(ALIASES[kind])
        return value


def relevant(raw: bytes, *, with_device_id: bool = False) -> bytes:
    """Return only the members of a batch's JSON that are read; equal for batches with equal data of a user."""
    try:
        return _encode(_decode_all_members(raw) if with_device_id else _decode_members(raw))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return raw


def members_decoder(*, with_device_id: bool) -> Callable[[bytes], Any]:
    """Return a function that splits a batch's JSON into the members that are read, each as its bytes.

    It raises one of msgspec's errors for what is no JSON object. The members compare equal if their bytes are.
    """
    return _decode_all_members if with_device_id else _decode_members


def read_batch_fields(raw: bytes, platform: str = "") -> BatchFields:
    """Decode `raw`, a batch from this platform; never raises. A field of the wrong type is absent, with a note."""
    fields = _read(raw)
    fields.platform = platform
    return fields


def _read(raw: bytes) -> BatchFields:
    for read in (_decode, _decode_repaired):
        try:
            return _shared(read(raw), ())
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            pass
    return _read_field_by_field(repaired(raw, _SHAPE))


def _decode_repaired(raw: bytes) -> Fields:
    return _decode(repaired(raw, _SHAPE))


def environment_of(value: object) -> str:
    """Return the environment in lower case; `production` where it is no text."""
    name = value.strip().lower() if isinstance(value, str) else ""
    return name or PRODUCTION


def _read_field_by_field(raw: bytes) -> BatchFields:
    fields, notes = Fields(), []
    try:
        members = _decode_loosely(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _shared(fields, (Note("batch", "omitted: the batch's own fields cannot be read"),))
    for name, decode in _DECODERS.items():
        if name in members:
            try:
                setattr(fields, name, decode(members[name]))
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                notes.append(Note(name, _UNREADABLE))
    return _shared(fields, tuple(notes))


def _shared(fields: Fields, notes: tuple[Note, ...]) -> BatchFields:
    environment = fields.environment
    if environment is not None and not isinstance(environment, str):
        notes = (*notes, _NO_ENVIRONMENT)
    identities, misnamed = _by_type(fields.user_identities)
    return BatchFields(
        PRODUCTION if environment == PRODUCTION else environment_of(environment),
        fields.ip,
        fields.mpid,
        identities,
        _by_key(fields.user_attributes) if fields.user_attributes else {},
        fields.partner_identities or {},
        fields.device_info or _NO_DEVICE,
        fields.application_info or _NO_APPLICATION,
        fields.consent_state,
        fields.mp_deviceid,
        (*notes, *misnamed) if misnamed else notes,
    )


def mobile_os(written: Leaf) -> str:
    """Return `ios` or `android` from an SDK's word for it (`IOS`, `UnityAndroid`); "" for any other."""
    name = word(written).removeprefix("unity")
    return name if name in MOBILE else ""


def _by_type(identities: dict[str, Leaf] | list[Identity | None] | None) -> tuple[dict[str, Leaf], tuple[Note, ...]]:
    if isinstance(identities, list):
        entries = (entry for entry in identities if entry is not None)
        return by_name(
            (entry.identity_type, entry.identity) for entry in entries if isinstance(entry.identity_type, str)
        )
    if not identities:
        return {}, ()
    if KNOWN.issuperset(identities):
        return identities, ()
    return by_name(entries_of(identities))


def attribute_key(name: str) -> str:
    """Return a user attribute's name as a key of `BatchFields.user`: reserved names as mParticle spells them."""
    if name[:1] != "$":
        return name
    lowered = name.lower()
    return _SPELT.get(lowered, lowered)


def _by_key(attributes: dict[str, Leaf]) -> dict[str, Leaf]:
    """Return user attributes by their keys: as they are where all names are known to be keys."""
    if _keys_seen.issuperset(attributes):
        return attributes
    by_key: dict[str, Leaf] = {}
    for name, value in attributes.items():
        key = attribute_key(name)
        by_key[key] = value
        if key == name and len(name) <= LONGEST_KEY and len(_keys_seen) < MOST_KEYS:
            _keys_seen.add(name)
    return by_key
