"""Say how many profiles of users are kept, and in how much memory."""

from typing import Any

from operations.format import plural, size
from store.records.profiles import Usage


def describe_profiles(usage: Usage, most_bytes: int) -> str:
    """Return `profiles of 1,203 identities in 1.2 MB of 64 MiB`."""
    return f"profiles of {plural(usage.names, 'identity', 'identities')} in {size(usage.bytes)} of {size(most_bytes)}"


def profiles_as_object(usage: Usage, most_bytes: int) -> dict[str, Any]:
    """Return the same as `relay status --json` shows it."""
    return {"identities": usage.names, "bytes": usage.bytes, "most_bytes": most_bytes}
