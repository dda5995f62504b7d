"""The status of a connection as a sentence."""

import pytest

from delivery.last_error import LastError
from lanes.ledger import ConnectionReading
from operations.status.connections import ConnectionStatus, State
from operations.status.describe import describe_status


@pytest.mark.parametrize(
    ("state", "status", "words"),
    [
        ("healthy", {}, "healthy"),
        ("paused", {"state": "paused"}, "paused: TikTok refuses it, its events are kept; next try in 30 s"),
        (
            "paused",
            {"state": "paused", "by": "circuit_breaker"},
            "paused by the circuit breaker: TikTok refuses its events and accepts none; next try in 30 s",
        ),
        ("paused", {"state": "paused", "by": "operator"}, "paused by an operator; an operator must resume it"),
        ("backing_off", {}, "backing off: TikTok 503; next try in 30 s"),
        ("disabled", {}, "disabled in the configuration file: what waits is kept, what arrives is withheld"),
        ("removed", {}, "no longer in the configuration file: what waits is kept"),
    ],
)
def test_a_state_in_words(state: State, status: dict[str, str], words: str) -> None:
    """With the cause and the time of the next attempt, if they are known."""
    ledger = ConnectionReading("shop", {}, status, [], 0, {}, {})
    error = LastError(1, "TikTok 503")
    assert describe_status(ConnectionStatus("shop", state, ledger, None, error, 31_000, None), 1_000) == words
    without = ConnectionStatus("shop", state, ledger, None, None, None, None)
    assert "next try" not in describe_status(without, 1_000)


def test_a_blocked_lane_is_described_in_every_state() -> None:
    """Because only the operator can unblock it."""
    status = ConnectionStatus(
        "shop", "healthy", ConnectionReading("shop", {}, {}, [], 0, {}, {}), None, None, None, None, 1
    )
    assert describe_status(status, 0) == "1 lane blocked: the oldest events there cannot be read"
