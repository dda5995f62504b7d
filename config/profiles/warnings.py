"""Warn of profiles that remember what nothing uses."""

from collections.abc import Callable, Iterator
from typing import Final

from config.model import Connection
from config.profiles.fields import CONSENT, PROFILE_FIELDS
from config.reading.draft import Draft, Located
from config.reading.omitted_fields import fields_of
from config.reading.yaml_tree import Fault


def _profiles(draft: Draft) -> Iterator[Fault]:
    for located in draft.connections:
        if located.value.profile is not None:
            yield from _unused(located)


def _unused(located: Located[Connection]) -> Iterator[Fault]:
    connection, line = located.value, located.line("profile")
    fields = connection.profile.fields if connection.profile else {}
    omitted = {field for path in connection.omit for field in fields_of(path)}
    for name in fields:
        paths = {path.replace("[]", "") for path in PROFILE_FIELDS[name].paths}
        if paths and paths <= omitted:
            yield Fault(line, f"`{name}` in `profile` has no effect: `omit` names it")
    if CONSENT in fields and connection.gdpr_purpose is None and not connection.ccpa_limited_data_use:
        yield Fault(
            line,
            "`consent` in `profile` has no effect without `gdpr_purpose` or `ccpa_limited_data_use`, which read it; "
            "what a user refused is neither remembered nor filled in any case",
        )


PROFILE_WARNINGS: Final[tuple[Callable[[Draft], Iterator[Fault]], ...]] = (_profiles,)
