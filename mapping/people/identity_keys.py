"""Compute comparable keys of identities, as TikTok would compare them; equal keys are one person."""

import re
from collections.abc import Iterable
from typing import Final

from config.model import Connection
from config.vocabulary import EXTERNAL_IDENTITY_TYPES, MPID
from mapping.fields import normalise
from mapping.fields.characters import folded
from mapping.fields.hashing import hash_identity
from mapping.fields.phones.numbers import e164
from mapping.fields.placeholders import own_user
from mapping.people.identities import Identity, identities_in
from mapping.results import OmitField, SendWithNote

KINDS: Final = EXTERNAL_IDENTITY_TYPES
"""The kinds of identity that a person can be found by."""

_EMAILS: Final = frozenset({"email"})
_PHONES: Final = frozenset({"mobile_number", "phone_number_2", "phone_number_3"})
_IN_ADDRESS: Final = r"[^\s@,;:<>()\[\]\"\\]"
_ADDRESSES: Final = re.compile(rf"(?<!{_IN_ADDRESS}){_IN_ADDRESS}++@{_IN_ADDRESS}++").findall
"""Finds each of several addresses in one text. Such a text is not sent, but holds personal data."""


class IdentityKeys:
    """Computes the keys of identities for one connection.

    A key is `<kind>:<hash>`, as in `mapping/profiles/subjects.py`. Emails and phone numbers get the same key under any
    identity type, any other id only under its own.
    """

    def __init__(self, connection: Connection | None) -> None:
        """`connection` is None for a connection that was removed from the configuration."""
        self._region = connection.default_region if connection else None
        self._emails = _EMAILS | ({connection.email_identity_type} if connection else set())
        self._phones = _PHONES | ({connection.phone_identity_type} if connection else set())

    def names(self, identities: Iterable[Identity]) -> frozenset[str]:
        """Return every key of these identities."""
        return frozenset(name for identity in identities for name in self._names(*identity))

    def can_read(self, identity: Identity) -> bool:
        """Return whether it is compared as TikTok would.

        A phone number without its country, and a value of `email` that has no address, are compared as text.
        """
        if identity.kind in self._emails and not any(map(_hash_in, _email_hashes(identity.value))):
            return False
        names = self.names([identity])
        return identity.kind not in self._phones or any(name.startswith("phone:") for name in names)

    def of_batch(self, shared: bytes) -> frozenset[str] | None:
        """Return the keys of the people that a batch is about; None where its JSON without `events` is unreadable."""
        found = identities_in(shared)
        return None if found is None else self.names(found)

    def _names(self, kind: str, value: str) -> Iterable[str]:
        if kind == MPID:
            user = own_user(value)
            yield from () if user is None else (f"{MPID}:{user}",)
            return
        digests = [(kind, hash_identity(value, normalise.external_id))]
        if kind in self._emails or "@" in value:
            digests += [("email", digest) for digest in _email_hashes(value)]
        if kind in self._phones:
            digests.append(("phone", hash_identity(value, lambda number: e164(number, self._region))))
        for named, digest in digests:
            if hashed := _hash_in(digest):
                yield f"{named}:{hashed}"


def _email_hashes(value: str) -> list[str | OmitField | SendWithNote]:
    """Return what hashing gives of the whole text and of each address in it."""
    return [hash_identity(address, normalise.email) for address in (value, *_ADDRESSES(folded(value)))]


def _hash_in(outcome: str | OmitField | SendWithNote) -> str | None:
    """Return the hash; None where the value is omitted."""
    hashed = outcome.value if isinstance(outcome, SendWithNote) else outcome
    return hashed if isinstance(hashed, str) else None
