"""Whether a batch is about somebody: identities that were named, compared as TikTok would compare them."""

import re
from collections.abc import Iterable
from typing import Final

from config.model import Connection
from config.vocabulary import EXTERNAL_IDENTITY_TYPES, MPID
from mapping.fields import normalise
from mapping.fields.characters import folded
from mapping.fields.hashing import hash_identity
from mapping.fields.phones import e164
from mapping.fields.placeholders import own_user
from mapping.people.identities import Identity, identities_in
from mapping.results import SendWithNote

KINDS: Final = EXTERNAL_IDENTITY_TYPES
"""What somebody may be named by."""

_EMAILS: Final = frozenset({"email"})
_PHONES: Final = frozenset({"mobile_number", "phone_number_2", "phone_number_3"})
_ADDRESSES: Final = re.compile(r"[^\s@,;:<>()\[\]\"\\]+@[^\s@,;:<>()\[\]\"\\]+").findall
"""Each of several addresses in one text: such a text is not sent, but it holds a person's data all the same."""


class IdentityKeys:
    """Gives names to whoever an identity is of, for one connection; equal names are one person.

    A name is `<kind>:<hash>`, made in `ip_observations.py`. Emails and phones are the same person's
    whichever identity type they stand under, any other id only under its own.
    """

    def __init__(self, connection: Connection | None) -> None:
        """`connection` is None for one that is not in the configuration any more."""
        self._region = connection.default_region if connection else None
        self._emails = _EMAILS | ({connection.email_identity_type} if connection else set())
        self._phones = _PHONES | ({connection.phone_identity_type} if connection else set())

    def names(self, identities: Iterable[Identity]) -> frozenset[str]:
        """Every name that one of these gives."""
        return frozenset(name for identity in identities for name in self._names(*identity))

    def can_read(self, identity: Identity) -> bool:
        """Whether it is compared as TikTok would: a phone number without its country is compared as text only."""
        names = self.names([identity])
        return identity.kind not in self._phones or any(name.startswith("phone:") for name in names)

    def of_batch(self, shared: bytes) -> frozenset[str] | None:
        """Return the names of whoever a batch is about; None where its JSON without `events` cannot be read."""
        found = identities_in(shared)
        return None if found is None else self.names(found)

    def _names(self, kind: str, value: str) -> Iterable[str]:
        if kind == MPID:
            user = own_user(value)
            yield from () if user is None else (f"{MPID}:{user}",)
            return
        digests = [(kind, hash_identity(value, normalise.external_id))]
        if kind in self._emails or "@" in value:
            digests += [("email", hash_identity(one, normalise.email)) for one in (value, *_ADDRESSES(folded(value)))]
        if kind in self._phones:
            digests.append(("phone", hash_identity(value, lambda number: e164(number, self._region))))
        for named, digest in digests:
            hashed = digest.value if isinstance(digest, SendWithNote) else digest
            if isinstance(hashed, str):
                yield f"{named}:{hashed}"
