"""Find out which identities a user has: text that names no user counts as absent."""

from config.vocabulary import MPID
from mapping.fields.placeholders import own_user
from mapping.incoming.batch_fields import BatchFields
from mapping.incoming.kinds import Leaf
from mapping.values import text


def named_user(shared: BatchFields, kind: str) -> Leaf:
    """Return the identity of this type, entry by entry where it is a list; None in place of what names no user."""
    value = shared.mpid if kind == MPID else shared.identity(kind)
    return [_named(entry) for entry in value] if type(value) is list else _named(value)


def has_identity(shared: BatchFields, kind: str) -> bool:
    """Return whether the user has an identity of this type."""
    found = named_user(shared, kind)
    return any(entry is not None for entry in found) if type(found) is list else found is not None


def _named(value: Leaf) -> str | None:
    plain = text(value)
    return own_user(plain) if isinstance(plain, str) else None
