"""Choose from stored profiles what may fill the events of a batch. Pure: the profiles are an input."""

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Final

from config.model import Connection
from config.profiles.fields import CLICK_ID, CONSENT, IP
from config.routes import Route
from mapping.incoming.batch_fields import read_batch_fields
from mapping.incoming.invalid_batch import is_no_batch
from mapping.profiles.subjects import Subjects
from mapping.profiles.values import NOTHING, Answer, Filling, Remembered, StoredProfile, ip_name, value_name

CLOCKS_DIFFER_S: Final = 60
"""The clocks of ingest and Redis may differ by this much: a click may seem to come that long after its event."""


class ProfileReader:
    """Finds the user of a batch, and chooses from their profiles, for one connection and input."""

    def __init__(self, connection: Connection, platform: str, route: Route) -> None:
        self._platform = platform
        self._subjects = Subjects(connection)
        self._times = connection.remembers
        self._fills_consent = CONSENT in self._times
        self._purpose = connection.gdpr_purpose
        self._own_ip = ip_name(platform)
        self._names = {
            field: value_name(field, connection, route.name) for field in self._times if field not in (CONSENT, IP)
        }

    def subjects(self, shared: bytes) -> tuple[str, ...]:
        """Return the user's keys in a batch's JSON without `events`, the most trusted first. Never raises."""
        return () if is_no_batch(shared) else self._subjects.of(read_batch_fields(shared, self._platform))

    @property
    def needs_answer(self) -> bool:
        """Return whether an event may be withheld for want of a remembered consent."""
        return self._fills_consent and self._purpose is not None

    def resolve(self, profiles: Sequence[StoredProfile], received_ms: int) -> Filling:
        """Return what the profiles of a user hold, the most trusted first, for a batch that was received then.

        Nothing of a user whose newest answer is no.
        """
        opted_out = _newest((profile.opted_out for profile in profiles), no=True)
        consented = None
        if self._purpose is not None:
            consented = _newest((profile.consents.get(self._purpose) for profile in profiles), no=False)
        answers = (opted_out, consented) if self._fills_consent else (None, None)
        if opted_out is True or consented is False:
            return Filling((), *answers)
        values = tuple(self._values(profiles, received_ms // 1000))
        return Filling(values, *answers) if values or answers != (None, None) else NOTHING

    def _values(self, profiles: Sequence[StoredProfile], received_s: int) -> Iterable[tuple[str, str]]:
        for field, name in self._names.items():
            fresh = partial(self._is_fresh, field, received_s)
            found = (profile.values[name] for profile in profiles if name in profile.values)
            value = next(filter(fresh, found), None)
            if value is not None:
                yield field, value[0]
        address = self._address(profiles, received_s) if IP in self._times else None
        if address is not None:
            yield IP, address

    def _address(self, profiles: Sequence[StoredProfile], received_s: int) -> str | None:
        """Return the last address on this platform of the most trusted subject that has one; else on any (I1)."""
        fresh = partial(self._is_fresh, IP, received_s)
        for beginning in (self._own_ip, f"{IP}:"):
            for profile in profiles:
                found = [value for name, value in profile.values.items() if name.startswith(beginning) and fresh(value)]
                if found:
                    return max(found, key=lambda value: value[1])[0]
        return None

    def _is_fresh(self, field: str, received_s: int, value: Remembered) -> bool:
        """Return whether the batch came within the field's time to live; and after the click, where it is a click."""
        age_s = received_s - value[1]
        return age_s <= self._times[field] and (field != CLICK_ID or age_s >= -CLOCKS_DIFFER_S)


def _newest(answers: Iterable[Answer | None], *, no: bool) -> bool | None:
    """Return the newest answer; of two in the same second the one that means no."""
    given = [answer for answer in answers if answer is not None]
    return max(given, key=lambda answer: (answer[1], answer[0] is no))[0] if given else None
