"""Know a user by the identities that the connection sends, and by mParticle's id."""

from collections.abc import Sequence
from typing import Final

from config.model import Connection
from config.vocabulary import MPID
from mapping.fields.placeholders import own_user
from mapping.fields.rules import PerConnection, Rule, identity_text
from mapping.incoming.batch_fields import BatchFields
from mapping.results import SendWithNote
from mapping.tables import FIELDS

MOST_SUBJECTS: Final = 8
_SHARED: Final = frozenset({"email", "phone", MPID})
"""Kinds of keys that two users may share: a family's address, a device."""


def owner_kind(subjects: Sequence[str]) -> str | None:
    """Return the kind of the first key, where it is an external id: no two users share one."""
    kind = subjects[0].partition(":")[0] if subjects else MPID
    return None if kind in _SHARED else kind


class Subjects:
    """Reads the keys of a batch's user for one connection."""

    def __init__(self, connection: Connection) -> None:
        known = (_identity(kind, connection) for kind in ("external", "email", "phone"))
        self._identities = tuple(identity for identity in known if identity[1] != MPID)  # which has a key of its own

    def of(self, shared: BatchFields) -> tuple[str, ...]:
        """Return the user's keys, the most trusted first; never a raw identity, and none where no one is named."""
        subjects = [
            f"{kind}:{digest}"
            for kind, name, rule in self._identities
            for digest in _digests(shared.identity(name), rule)
        ]
        mpid = identity_text(shared.mpid)
        user = own_user(mpid) if isinstance(mpid, str) else None
        if user is not None:
            subjects.append(f"{MPID}:{user}")
        return tuple(dict.fromkeys(subjects))[:MOST_SUBJECTS]


def _identity(what: str, connection: Connection) -> tuple[str, str, Rule]:
    """Return one identity of E9 as it is sent: the kind in its key, its type, and the rule that hashes it."""
    setting = f"{what}_identity_type"
    row = next(row for row in FIELDS if row.id == "E9" and row.source.name == setting)
    rule = row.rule.make(connection) if isinstance(row.rule, PerConnection) else row.rule
    identity_type = getattr(connection, setting)
    kind = identity_type if what == "external" else what  # an email address is an email under any identity type
    return kind, identity_type, rule


def _digests(value: object, rule: Rule) -> list[str]:
    result = None if value is None else rule(value)
    if isinstance(result, SendWithNote):
        result = result.value
    return [digest for digest in result if isinstance(digest, str)] if isinstance(result, list) else []
