"""The harness itself: an attack that does nothing is within the bounds, and one that harms is noticed."""

import pytest
from support.attack import Attack, Start


def test_a_relay_without_an_attack_is_within_all_bounds(attacked: Start) -> None:
    """Fifty honest batches are answered and delivered."""
    with attacked() as relay:
        relay.wait_for(lambda: len(relay.honest()) >= 50, "fifty answers")


@pytest.mark.long
def test_an_ingest_that_stands_still_is_noticed(attacked: Start) -> None:
    """Stopped for five seconds: the check of the slowest answer fails."""
    with pytest.raises(AssertionError, match="the honest sender waited"):
        stop_ingest(attacked())


def stop_ingest(relay: Attack) -> None:
    with relay:
        relay.ingests[0].pause(5)
        relay.wait_for(lambda: any(row["seconds"] > 4 for row in relay.honest()), "a slow answer")
