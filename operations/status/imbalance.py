"""Describe in words why a ledger does not balance."""

from lanes.ledger import ConnectionReading
from operations.format import plural


def describe_imbalance(reading: ConnectionReading) -> list[str]:
    """Return what does not add up; empty when the ledger balances."""
    faults = []
    if reading.discrepancy:
        what = "not accounted for" if reading.discrepancy > 0 else "more than came"
        faults.append(f"{plural(abs(reading.discrepancy), 'event')} {what}")
    if reading.dead_letter_discrepancy:
        what = "missing" if reading.dead_letter_discrepancy > 0 else "too many"
        faults.append(f"{plural(abs(reading.dead_letter_discrepancy), 'dead letter')} {what}")
    uneven = [lane for lane in reading.lanes if lane.chunks != lane.sizes]
    return faults + [f"lane {lane.name} has {lane.chunks:,} chunks and {lane.sizes:,} sizes" for lane in uneven]
