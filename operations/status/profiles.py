"""Say how many profiles of users are kept, and in how much memory."""

from typing import Any

from operations.format import plural, size
from store.records.profiles import Usage


def describe_profiles(usage: Usage, most_bytes: int) -> str:
    """Return `profiles of 1,203 identities in 1.2 MB of 64 MiB`."""
    dropped = f", {usage.dropped:,} dropped for want of room so far" if usage.dropped else ""
    names = plural(usage.names, "identity", "identities")
    return f"profiles of {names} in {size(usage.bytes)} of {size(most_bytes)}{dropped}"


def profiles_as_object(usage: Usage, most_bytes: int) -> dict[str, Any]:
    """Return the same as `relay status --json` shows it."""
    return {"identities": usage.names, "bytes": usage.bytes, "most_bytes": most_bytes, "dropped": usage.dropped}
