"""Answer a request with a fault: instead of judging it, or after its events were accepted."""

from collections.abc import Callable, Mapping

from starlette.responses import Response

from sandbox.answers import envelope, garbage, gateway
from sandbox.connection import Hang, Reset
from sandbox.faults import Fault, Mode

Headers = dict[str, str]

INSTEAD: Mapping[Mode, Callable[[Fault, str, Headers], Response]] = {
    "http_503": lambda _fault, _id, headers: gateway(503, headers),
    "http_429": lambda _fault, _id, headers: gateway(429, headers),
    "http": lambda fault, _id, headers: gateway(fault.status, headers),
    "code": lambda fault, id_, headers: envelope(fault.code, fault.message, id_, headers=headers),
    "throttle_40100": lambda _fault, id_, headers: envelope(
        40100, "Too many requests. Please retry in some time.", id_, headers=headers
    ),
    "error_50000": lambda _fault, id_, headers: envelope(50000, "internal error", id_, headers=headers),
    "refuse_token": lambda _fault, id_, headers: envelope(
        40105, "Access token is incorrect or has been revoked.", id_, headers=headers
    ),
    "garbage": lambda _fault, _id, _headers: garbage(),
    "hang": lambda fault, _id, _headers: Hang(fault.seconds),
    "reset": lambda _fault, _id, _headers: Reset(),
}

AFTERWARDS: Mapping[Mode, Callable[[Fault, str, list[int]], Response]] = {
    "take_then_reset": lambda _fault, _id, _refused: Reset(),
    "take_then_hang": lambda fault, _id, _refused: Hang(fault.seconds),
    "take_then_503": lambda _fault, _id, _refused: gateway(503),
    "partial_20001": lambda _fault, id_, refused: envelope(20001, "Partial success", id_, _failed(refused)),
    "partial_20001_no_list": lambda _fault, id_, _refused: envelope(
        20001, "Partial success", id_, {"partial_failure": True}
    ),
}


def answer_instead(fault: Fault, request_id: str) -> Response | None:
    """Return the answer in place of TikTok's; None for a fault that lets the request be judged first."""
    headers = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
    fail = INSTEAD.get(fault.mode)
    return fail(fault, request_id, headers) if fail else None


def answer_afterwards(fault: Fault, request_id: str, refused: list[int]) -> Response | None:
    """Return the answer after all events but those at the `refused` positions were accepted; None for the usual OK."""
    fail = AFTERWARDS.get(fault.mode)
    return fail(fault, request_id, refused) if fail else None


def _failed(refused: list[int]) -> dict[str, object]:
    failed = [{"order_in_batch": position, "error": "refused on demand"} for position in refused]
    return {"partial_failure": True, "failed_events": failed}
