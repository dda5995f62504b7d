"""Read stored profiles for the mapping: who a batch is about, and what may fill its events."""

from collections.abc import Mapping

import msgspec

from mapping.plan import Plan
from mapping.profiles.subjects import owner_kind
from mapping.profiles.values import NOTHING, Filling, StoredProfile
from store.records.profiles import ProfileStore, Stored


def subjects_of(plan: Plan, shared: bytes) -> tuple[str, ...]:
    """Return the keys of a batch's user; none where the connection remembers nothing."""
    return () if plan.profiles is None else plan.profiles.subjects(shared)


def filling_of(
    store: ProfileStore, plan: Plan, subjects: tuple[str, ...], stored: Mapping[str, Stored], received_ms: int
) -> Filling:
    """Return what the profiles of these subjects have for a batch that was received then.

    Of a profile whose values are another user's, who shares a subject with this one, only the answers count.
    """
    known = [stored[subject] for subject in subjects if subject in stored]
    kind = owner_kind(subjects)
    if kind is not None and any(profile.w for profile in known):
        names = store.names_of(subjects[0])
        known = [each if each.is_of(kind, names) else msgspec.structs.replace(each, v={}) for each in known]
    found = [_as_profile(profile) for profile in known]
    return NOTHING if plan.profiles is None or not found else plan.profiles.resolve(found, received_ms)


def recall_one(store: ProfileStore, plan: Plan, shared: bytes, received_ms: int) -> Filling:
    """Return what may fill one batch, and change nothing. Raise RedisAway or RedisFull."""
    subjects = subjects_of(plan, shared)
    return filling_of(store, plan, subjects, store.recall(subjects, notes_use=False), received_ms)


def _as_profile(stored: Stored) -> StoredProfile:
    values = {name: (text, seen_s) for name, (text, seen_s, *_) in stored.v.items()}
    out = None if stored.o is None else (stored.o[0] == 1, stored.o[1])
    return StoredProfile(values, out, {purpose: (said == 1, at_s) for purpose, (said, at_s, _) in stored.g.items()})
