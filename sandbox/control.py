"""The control API: events accepted, requests refused, and faults in force."""

from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.answers import json
from sandbox.faults import FaultBoard, read_faults
from sandbox.received import ReceivedEvents

_FILTERS = ("endpoint", "event_source", "event_source_id", "pixel_code", "event", "event_id", "request_id")


def control_routes(received: ReceivedEvents, board: FaultBoard) -> list[Route]:
    """Return the routes `/_sandbox/events`, `/_sandbox/refusals` and `/_sandbox/fault`."""

    async def show_events(request: Request) -> Response:
        """Return the newest events; filters such as `?event=Purchase`; `?summary=1`: counts; `?ids=1`: every id."""
        if "summary" in request.query_params:
            return json(received.summary())
        if "ids" in request.query_params:
            return json(list(received.ids()))
        wanted = {name: value for name, value in request.query_params.items() if name in _FILTERS}
        return json([event for event in received.events() if _fits(event, wanted)])

    async def clear_events(_request: Request) -> Response:
        received.clear()
        return Response(status_code=204)

    async def show_refusals(_request: Request) -> Response:
        return json(list(received.refusals))

    async def show_faults(_request: Request) -> Response:
        return json([{**msgspec.to_builtins(armed.fault), "struck": armed.struck} for armed in board.armed])

    async def arm(request: Request) -> Response:
        try:
            faults = read_faults(await request.body())
        except msgspec.MsgspecError as error:
            return json({"error": str(error)}, status=400)
        board.arm(faults)
        return json(faults)

    async def disarm(_request: Request) -> Response:
        board.arm(())
        return Response(status_code=204)

    return [
        Route("/_sandbox/events", show_events, methods=["GET"]),
        Route("/_sandbox/events", clear_events, methods=["DELETE"]),
        Route("/_sandbox/refusals", show_refusals, methods=["GET"]),
        Route("/_sandbox/fault", show_faults, methods=["GET"]),
        Route("/_sandbox/fault", arm, methods=["PUT"]),
        Route("/_sandbox/fault", disarm, methods=["DELETE"]),
    ]


def _fits(event: dict[str, Any], wanted: dict[str, str]) -> bool:
    return all(event[name] == value for name, value in wanted.items())
