"""What does not add up in the books, in words."""

from lanes.ledger import ConnectionReading
from operations.format import plural


def describe_imbalance(group: ConnectionReading) -> list[str]:
    """What does not add up; empty when the books balance."""
    faults = []
    if group.discrepancy:
        what = "not accounted for" if group.discrepancy > 0 else "more than came"
        faults.append(f"{plural(abs(group.discrepancy), 'event')} {what}")
    if group.dead_letter_discrepancy:
        what = "missing" if group.dead_letter_discrepancy > 0 else "too many"
        faults.append(f"{plural(abs(group.dead_letter_discrepancy), 'dead letter')} {what}")
    uneven = [lane for lane in group.lanes if lane.chunks != lane.sizes]
    return faults + [f"lane {lane.name} has {lane.chunks:,} chunks and {lane.sizes:,} sizes" for lane in uneven]
