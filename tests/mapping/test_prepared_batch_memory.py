"""However large senders make a user's part of a batch, what a worker remembers of it is bounded in bytes."""

import json
import tracemalloc

import pytest

from mapping.compile.shortcuts import LONGEST_KEPT as LONGEST
from mapping.compile.shortcuts import MOST_RESULTS, SHORTCUTS, kept_results
from mapping.fields import rules
from mapping.fields.hashing import digest
from mapping.incoming import batch_fields
from mapping.incoming.batch_fields import LONGEST_KEY, MOST_KEYS
from mapping.prepared_batch import LONGEST_KEPT, LONGEST_LONG_KEPT, MOST_KEPT, MOST_LONG_KEPT, batch_preparer

MIB = 1 << 20


@pytest.mark.not_quick
@pytest.mark.parametrize(
    ("longest", "parts", "most_mib"),
    [
        pytest.param(LONGEST_KEPT, MOST_KEPT + 200, 60, id="as large as many may be"),
        pytest.param(LONGEST_LONG_KEPT, MOST_LONG_KEPT * 4, 40, id="as large as few may be"),
        pytest.param(512 << 10, 8, 12, id="larger"),
    ],
)
def test_what_is_remembered_is_bounded(bench, longest, parts, most_mib):
    """Users with as many attributes as fit, each one byte long, which cost the most once they are read."""
    common = batch_preparer(bench.plan()._recipe)
    tracemalloc.start()
    try:
        for number in range(parts):
            for _ in range(2):  # who comes once is not kept
                common(part(number, longest), None, None).encoded()
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < most_mib * MIB


def test_names_and_results_that_are_remembered_are_few_and_short(bench):
    """However many names of attributes and of people senders make up."""
    results = kept_results(rules.name_hash, SHORTCUTS[rules.name_hash])
    plan = bench.plan()
    for number in range(MOST_RESULTS + 500):
        attributes = {f"own-{number}": 1, "x" * (LONGEST_KEY + 1): 1, "$FirstName": f"Ana {number} " + "x" * LONGEST}
        bench.one(plan, user_attributes=attributes)
        assert results(f"Ana{number}") == digest(f"ana{number}")
    assert results.cache_info().maxsize == MOST_RESULTS
    assert 0 < results.cache_info().currsize <= MOST_RESULTS
    assert 0 < len(batch_fields._keys_seen) <= MOST_KEYS
    assert max(map(len, batch_fields._keys_seen)) <= LONGEST_KEY


def part(number: int, longest: int) -> bytes:
    attributes = {f"{number:x}-{n:x}": "" for n in range(longest // 12)}
    encoded = json.dumps({"mpid": number, "user_attributes": attributes}, separators=(",", ":")).encode()
    while len(encoded) > longest:
        attributes = dict(list(attributes.items())[: len(attributes) * longest // (len(encoded) + 20)])
        encoded = json.dumps({"mpid": number, "user_attributes": attributes}, separators=(",", ":")).encode()
    return encoded
