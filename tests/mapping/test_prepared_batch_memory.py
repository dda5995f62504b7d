"""However large senders make a user's part of a batch, what a worker remembers of it is bounded in bytes."""

import json
import tracemalloc

import pytest

from mapping.prepared_batch import LONGEST_KEPT, LONGEST_LONG_KEPT, MOST_KEPT, MOST_LONG_KEPT, batch_preparer

MIB = 1 << 20


@pytest.mark.not_quick
@pytest.mark.parametrize(
    ("longest", "parts", "most_mib"),
    [
        pytest.param(LONGEST_KEPT, MOST_KEPT + 200, 60, id="as large as many may be"),
        pytest.param(LONGEST_LONG_KEPT, MOST_LONG_KEPT * 4, 40, id="as large as few may be"),
        pytest.param(512 << 10, 40, 12, id="larger"),
    ],
)
def test_what_is_remembered_is_bounded(bench, longest, parts, most_mib):
    """Users with as many attributes as fit, each one byte long, which cost the most once they are read."""
    common = batch_preparer(bench.plan()._recipe)
    tracemalloc.start()
    try:
        for number in range(parts):
            common(part(number, longest), None, None).encoded()
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < most_mib * MIB


def part(number: int, longest: int) -> bytes:
    attributes = {f"{number:x}-{n:x}": "" for n in range(longest // 12)}
    encoded = json.dumps({"user_attributes": attributes}, separators=(",", ":")).encode()
    while len(encoded) > longest:
        attributes = dict(list(attributes.items())[: len(attributes) * longest // (len(encoded) + 20)])
        encoded = json.dumps({"user_attributes": attributes}, separators=(",", ":")).encode()
    return encoded
