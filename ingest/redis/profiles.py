"""Read what batches tell of their users, and describe it for the append that writes it beside the events."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from config.profiles.fields import CLICK_ID
from config.settings import Settings
from ingest.request_log import log_unexpected_error
from mapping.incoming.batch import SplitBatch
from mapping.plan import Plan
from mapping.profiles.subjects import owner_kind
from mapping.profiles.values import ProfileUpdate
from store.records.profiles import ProfileCodec, Update, Value

MOST_UPDATES: Final = 1_000
"""Updates that one request may make; of more, the last ones are made, and those in which a user says no."""
UPDATE_BYTES: Final = 512
"""Roughly the bytes of an update in an append, besides its values."""


def observe(plans: Sequence[Plan], batches: Iterable[SplitBatch], received_ms: int) -> list[ProfileUpdate]:
    """Return what the batches tell of their users, each different update once. Never raises."""
    observers = [observer for plan in plans if (observer := plan.profile_observer) is not None]
    found: dict[ProfileUpdate, None] = {}
    for batch in batches:
        for observer in observers:
            try:
                update = observer.observe(batch.shared, batch.events, received_ms)
            except Exception as error:  # noqa: BLE001 - nothing about a profile may cost an event
                log_unexpected_error("profile_not_read", error)
                continue
            if update is not None:
                found.pop(update, None)
                found[update] = None
    updates = list(found)
    return [*filter(_says_no, updates[:-MOST_UPDATES]), *updates[-MOST_UPDATES:]]


def _says_no(update: ProfileUpdate) -> bool:
    return update.opted_out is True or update.consented is False


def size_of(updates: Iterable[ProfileUpdate]) -> int:
    """Return roughly how many bytes the updates have in an append."""
    return sum([UPDATE_BYTES + sum([3 * len(text) for _, text, _, _ in update.values]) for update in updates])


class ProfileWriter:
    """Describes updates for the append script; `codec` is None where nothing is remembered."""

    def __init__(self, codec: ProfileCodec | None = None) -> None:
        self._codec = codec

    def describe(self, updates: Sequence[ProfileUpdate]) -> list[dict[str, Any]]:
        """Return the updates as the script takes them; none where nothing is remembered."""
        return [] if self._codec is None else [self._codec.describe(as_update(update)) for update in updates]


def profile_writer(settings: Settings) -> ProfileWriter:
    """Return the writer of a process with these settings."""
    return ProfileWriter(ProfileCodec(settings.keyring) if settings.profiles_memory else None)


NO_PROFILES: Final = ProfileWriter()


def as_update(update: ProfileUpdate) -> Update:
    """Return an update as Redis keeps it."""
    values = [Value(*value, is_first_sight=value[0].partition(":")[0] == CLICK_ID) for value in update.values]
    answers = update.opted_out, update.purpose, update.consented, update.consent_for_s
    return Update(update.subjects, values, *answers, owner=owner_kind(update.subjects))
