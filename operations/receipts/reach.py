"""Say how many receipts are kept and how far back they reach."""

from typing import Any

from delivery.dead_letter import rfc3339
from lanes.receipts.blocks import ReceiptsKept
from operations.format import plural, size


def describe_receipts(kept: ReceiptsKept) -> str:
    """Return `1,203 receipts in 34 MB, back to 2026-11-24T08:00:00.000Z`."""
    if kept.since_ms is None:
        return "no receipts"
    return f"{plural(kept.receipts, 'receipt')} in {size(kept.bytes)}, back to {rfc3339(kept.since_ms)}"


def receipts_as_object(kept: ReceiptsKept) -> dict[str, Any]:
    """Return how many receipts are kept, as `relay status --json` shows it."""
    since = None if kept.since_ms is None else rfc3339(kept.since_ms)
    return {"receipts": kept.receipts, "bytes": kept.bytes, "since": since}
