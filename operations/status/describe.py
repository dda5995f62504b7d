"""Describe the status of a connection in a sentence."""

from operations.format import duration, plural
from operations.status.connections import ConnectionStatus


def describe_status(status: ConnectionStatus, now_ms: int) -> str:
    """Return a sentence such as `paused by the circuit breaker; next try in 3 min`.

    It does not say what to do: that is `ConnectionStatus.what_to_do`.
    """
    if status.blocked_lanes:
        return f"{plural(status.blocked_lanes, 'lane')} blocked: the oldest events there cannot be read"
    match status.state, status.paused_by:
        case "paused", "operator":
            return "paused by an operator; an operator must resume it"
        case "paused", "circuit_breaker":
            return (
                f"paused by the circuit breaker: TikTok refuses its events and accepts none{_next_try(status, now_ms)}"
            )
        case "paused", "dead_letters":
            return f"paused: {plural(status.reading.dead_letters, 'dead letter')} hold their share of Redis's memory"
        case "paused", _:
            return f"paused: TikTok refuses it, its events are kept{_next_try(status, now_ms)}"
        case "backing_off", _:
            error = status.last_error.error if status.last_error else status.reading.status.get("what", "")
            return f"backing off{f': {error}' if error else ''}{_next_try(status, now_ms)}"
        case "disabled", _:
            return "disabled in the configuration file: what waits is kept, what arrives is withheld"
        case "removed", _:
            return "no longer in the configuration file: what waits is kept"
        case _:
            return "healthy"


def _next_try(status: ConnectionStatus, now_ms: int) -> str:
    if status.next_attempt_ms is None:
        return ""
    return f"; next try in {duration(max(0, status.next_attempt_ms - now_ms) / 1000)}"
