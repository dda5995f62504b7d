"""The types of a profile, and the names of its values.

A value is text, as TikTok would get it: the hashes of a list have commas between them. Its name is the field's, and
more for three fields: `ip:<platform>` (I1), `external_id:<identity type>`, and `ttclid:app` for a click in an app,
which TikTok takes in another field.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

from config.model import Connection
from config.profiles.fields import CLICK_ID, IP
from config.routes import RouteName

Remembered = tuple[str, int]
"""A value, and when it was first seen (a click id) or last seen (any other), in Unix seconds."""
Answer = tuple[bool, int]
"""A user's answer, and when it was given, in Unix seconds."""


class StoredProfile(NamedTuple):
    """What is remembered under one subject; `consents` are by GDPR purpose."""

    values: Mapping[str, Remembered]
    opted_out: Answer | None = None
    consents: Mapping[str, Answer] = {}


class Filling(NamedTuple):
    """What may fill the events of one batch: each value by its field, and the user's answers."""

    values: tuple[tuple[str, str], ...] = ()
    opted_out: bool | None = None
    consented: bool | None = None
    """The user's answer to the GDPR purpose of the connection."""

    def get(self, field: str) -> str | None:
        """Return the value of a field; None without one."""
        return next((value for name, value in self.values if name == field), None)


NOTHING: Final = Filling()


class ProfileUpdate(NamedTuple):
    """What one batch tells of its user, for one connection.

    `values` has the name, text, time to live and age of each, both in seconds. `subjects` are the user's keys, the most
    trusted first; never a raw identity. With a `purpose`, values are stored only once the user has consented to it.
    """

    subjects: tuple[str, ...]
    values: tuple[tuple[str, str, int, int], ...] = ()
    opted_out: bool | None = None
    purpose: str | None = None
    consented: bool | None = None
    consent_for_s: int = 0
    """How long the answers are remembered."""


def value_name(field: str, connection: Connection, route: RouteName) -> str:
    """Return the name of a field's value that a connection reads and writes; not for `ip`, see `ip_name`."""
    if field == "external_id":
        return f"{field}:{connection.external_identity_type}"
    return f"{field}:app" if field == CLICK_ID and route == "app" else field


def ip_name(platform: str) -> str:
    """Return the name of the address that was seen on a platform."""
    return f"{IP}:{platform}"
