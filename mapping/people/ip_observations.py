"""Find a user's own public address in a batch, for the address cache (I1)."""

from typing import NamedTuple

from config.model import Connection
from config.vocabulary import MPID
from mapping.fields.ip import public_ip
from mapping.fields.placeholders import own_user
from mapping.fields.rules import PerConnection, Rule, identity_text
from mapping.incoming.batch_fields import BatchFields, read_batch_fields
from mapping.recipe import Recipe
from mapping.results import SendWithNote
from mapping.tables import FIELDS

_MOST_SUBJECTS = 8


class IpObservation(NamedTuple):
    """What a batch tells of its user's address; without address or subjects, nothing may be remembered.

    `ip`: the batch's own public address, or None. `subjects`: the user's keys, the most reliable first; never a raw
    identity.
    """

    ip: str | None
    subjects: tuple[str, ...]


NO_OBSERVATION = IpObservation(None, ())


class IpObserver:
    """Reads batches for one connection: the user is known by the identities that the connection sends."""

    def __init__(self, connection: Connection, recipe: Recipe) -> None:
        self._recipe = recipe
        known = (_identity(kind, connection) for kind in ("external", "email", "phone"))
        self._identities = tuple(identity for identity in known if identity[1] != MPID)  # which has a key of its own

    def observe(self, raw: bytes) -> IpObservation:
        """Return the observation in a batch's shared JSON; NO_OBSERVATION for a withheld batch. Never raises."""
        shared = read_batch_fields(raw, self._recipe.platform)
        if self._recipe.forwarding.withheld(shared) is not None:
            return NO_OBSERVATION
        address = public_ip(shared.ip)
        return IpObservation(address if isinstance(address, str) else None, self._subjects(shared))

    def _subjects(self, shared: BatchFields) -> tuple[str, ...]:
        subjects = [
            f"{kind}:{digest}"
            for kind, name, rule in self._identities
            for digest in _digests(shared.identity(name), rule)
        ]
        mpid = identity_text(shared.mpid)
        user = own_user(mpid) if isinstance(mpid, str) else None
        if user is not None:
            subjects.append(f"{MPID}:{user}")
        return tuple(dict.fromkeys(subjects))[:_MOST_SUBJECTS]


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
