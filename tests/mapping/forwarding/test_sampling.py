"""A sample has the same users in every process and connection, and the share that it says."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.model import Forward
from mapping.forwarding.sample import in_sample, sampled_id
from mapping.incoming.batch_fields import read_batch_fields
from mapping.results import Mapped, Withheld

# The first 64 bits of the SHA-256 of the id, as a fraction of 1: sha256sum gives them.
VECTORS = [
    ("1", 0.4200240643687784),
    ("7", 0.47269306236209924),
    ("8", 0.17337430706340531),
    ("-74613492", 0.2953451770577839),
    ("jané", 0.6724401135838696),
]


@pytest.mark.parametrize(("identifier", "fraction"), VECTORS)
def test_an_id_is_in_every_sample_above_its_fraction(identifier: str, fraction: float) -> None:
    assert not in_sample(identifier, int(fraction * 1_000_000) - 1)
    assert in_sample(identifier, int(fraction * 1_000_000) + 1)


@pytest.mark.parametrize("percent", [1, 25, 50, 90])
def test_a_sample_has_its_share_of_a_hundred_thousand_ids(percent: int) -> None:
    """Within four standard deviations."""
    inside = sum(in_sample(f"user-{number}", percent * 10_000) for number in range(100_000))
    expected, deviation = percent * 1000, (100_000 * percent * (100 - percent)) ** 0.5 / 100
    assert abs(inside - expected) < 4 * deviation


@given(st.text(), st.integers(1, 1_000_000), st.integers(1, 1_000_000))
def test_a_larger_sample_has_all_of_a_smaller_one(identifier: str, first: int, second: int) -> None:
    small, large = sorted((first, second))
    assert in_sample(identifier, large) or not in_sample(identifier, small)
    assert in_sample(identifier, 1_000_000)


@pytest.mark.parametrize(
    ("batch", "expected"),
    [
        ('{"mpid": -74613492, "user_identities": {"customer_id": "c"}}', "-74613492"),
        ('{"mpid": "-74613492", "mp_deviceid": "d"}', "-74613492"),
        ('{"mpid": 0, "user_identities": {"customerid": "c"}}', "c"),
        ('{"user_identities": [{"identity_type": "customer_id", "identity": "C-1"}]}', "C-1"),
        ('{"user_identities": {"customer_id": "null"}, "mp_deviceid": "ABCDEF00-0000-4000-8000-000000000001"}',
         "abcdef00-0000-4000-8000-000000000001"),
        ('{"mp_deviceid": "00000000-0000-0000-0000-000000000000"}', None),
        ('{"user_identities": {"email": "jane@shop.example"}}', None),
    ],
)  # fmt: skip
def test_the_id_of_a_sample(batch: str, expected: str | None) -> None:
    """mpid, else the customer id, else the device id; placeholders are none."""
    assert sampled_id(read_batch_fields(batch.encode())) == expected


def test_without_an_id_in_the_batch_each_event_is_sampled_by_its_own(bench: Any) -> None:
    plan = bench.plan(forward=Forward(sample_ppm=250_000))
    batch = {"user_identities": {"email": "jane@shop.example"}}
    assert bench.refused(plan, None, **batch) is None
    results = [bench.one(plan, bench.purchase(source_message_id=f"message-{n}"), **batch) for n in range(400)]
    expected = [in_sample(f"message-{n}", 250_000) for n in range(400)]
    assert [isinstance(result, Mapped) for result in results] == expected
    assert {result.rule for result in results if isinstance(result, Withheld)} == {"sample 25%"}


def test_a_device_id_decides_in_ingest_and_mapping_alike(bench: Any) -> None:
    plan = bench.plan(forward=Forward(sample_ppm=500_000))
    devices = [f"device-{number:04}-of-a-user" for number in range(200)]
    for device in devices:
        refused = bench.refused(plan, None, mp_deviceid=device)
        assert (refused is None) is in_sample(device, 500_000)
        assert isinstance(bench.one(plan, mp_deviceid=device), Mapped if refused is None else Withheld)


@pytest.mark.parametrize(("ppm", "name"), [(250_000, "sample 25%"), (5_000, "sample 0.5%"), (1, "sample 0.0001%")])
def test_a_sample_is_named_as_the_file_writes_it(bench: Any, ppm: int, name: str) -> None:
    result = bench.one(bench.plan(forward=Forward(sample_ppm=ppm)), mpid="5")
    assert isinstance(result, Withheld)
    assert result.rule == result.why == name
