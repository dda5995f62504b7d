"""Build the sandbox application: two endpoints as strict as TikTok's, and the control API under /_sandbox."""

from collections.abc import Callable, Collection
from datetime import UTC, datetime

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.answers import envelope, gateway, new_request_id
from sandbox.connection import disconnected
from sandbox.control import control_routes
from sandbox.fault_answers import answer_afterwards, answer_instead
from sandbox.faults import ArmedFault, FaultBoard
from sandbox.inspection import Inspector, Refusal, Submission, read, refusal_of_event
from sandbox.received import ReceivedEvents
from sandbox.rule_tree import Finding
from sandbox.rules import ENDPOINTS, Endpoint

MAX_BODY_BYTES = 1_000_000
KEEP = 20_000
"""How many of the newest events are kept whole; ids and counts are kept for all."""
NO_SUCH_PATH = Refusal(40400, "The request path or method does not exist.")


class Sandbox:
    """One sandbox: its rules, the events it received, and its faults."""

    def __init__(self, inspector: Inspector, keep: int, clock: Callable[[], datetime]) -> None:
        self.received = ReceivedEvents(keep)
        self.faults = FaultBoard()
        self._inspector = inspector
        self._clock = clock

    async def answer(self, endpoint: Endpoint, request: Request) -> Response:
        """Fail on demand, or accept or refuse the request."""
        self.received.requests += 1
        body = await _body(request)
        if body is None:
            return gateway(413)
        submission = read(endpoint, body)
        request_id = new_request_id(self._clock())
        fault = await self._fault(endpoint, request, submission)
        failure = answer_instead(fault.fault, request_id) if fault else None
        return failure or self._judge(endpoint, request, submission, fault, request_id)

    async def _fault(self, endpoint: Endpoint, request: Request, submission: Submission | None) -> ArmedFault | None:
        """Wait as long as `slow` faults demand; return the other fault for this request, if any."""
        striking = None
        for armed in self.faults.strikes(endpoint.path, submission):
            self.received.faults[armed.fault.mode] += 1
            if armed.fault.mode == "slow":
                await disconnected(request.receive, 1.0 if armed.fault.seconds is None else armed.fault.seconds)
            else:
                striking = armed
        return striking

    def _judge(
        self,
        endpoint: Endpoint,
        request: Request,
        submission: Submission | None,
        fault: ArmedFault | None,
        request_id: str,
    ) -> Response:
        inspected = self._inspector.inspect(request.headers, submission)
        if isinstance(inspected, Refusal):
            return self._refuse(endpoint, submission, inspected, request_id)
        mode = fault.fault.mode if fault else None
        bad = fault.bad_events(inspected) if fault and mode in ("refuse_event", "partial_20001") else []
        if mode == "refuse_event" and bad:
            refusal = refusal_of_event(endpoint, bad[0], Finding("event_id", "refused on demand"))
            return self._refuse(endpoint, inspected, refusal, request_id)
        accepted = [event for position, event in enumerate(inspected.events) if position not in bad]
        self.received.accept(inspected, accepted, request_id, self._clock())
        failure = answer_afterwards(fault.fault, request_id, bad) if fault else None
        return failure or envelope(0, "OK", request_id)

    def _refuse(self, endpoint: Endpoint, submission: Submission | None, refusal: Refusal, request_id: str) -> Response:
        self.received.refuse(endpoint.path, refusal, request_id, len(submission.events) if submission else 0)
        return envelope(refusal.code, refusal.message, request_id)

    def no_such_path(self) -> Response:
        """Return TikTok's answer to an unknown path or method."""
        return envelope(NO_SUCH_PATH.code, NO_SUCH_PATH.message, new_request_id(self._clock()))


def create_app(
    tokens: Collection[str] = (),
    *,
    keep: int = KEEP,
    require_app_id: bool = False,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Starlette:
    """Return the application. `tokens`: the accepted ones; if empty, any token that does not begin with `Bearer`.

    `require_app_id` demands the app id, which TikTok documents and batches from servers often lack (E12).
    """
    inspector = Inspector(tokens, ("require_app_id",) if require_app_id else ())
    sandbox = Sandbox(inspector, keep, clock)
    tiktok = [_route(sandbox, endpoint) for endpoint in ENDPOINTS]
    return Starlette(routes=[*tiktok, *control_routes(sandbox.received, sandbox.faults), _elsewhere(sandbox)])


def _route(sandbox: Sandbox, endpoint: Endpoint) -> Route:
    async def post(request: Request) -> Response:
        return await sandbox.answer(endpoint, request) if request.method == "POST" else sandbox.no_such_path()

    return Route(endpoint.path, post, methods=["GET", "POST", "PUT", "PATCH", "DELETE"])


def _elsewhere(sandbox: Sandbox) -> Route:
    async def nowhere(_request: Request) -> Response:
        return sandbox.no_such_path()

    return Route("/{path:path}", nowhere, methods=["GET", "POST", "PUT", "PATCH", "DELETE"])


async def _body(request: Request) -> bytes | None:
    """Return the body; None as soon as it is longer than MAX_BODY_BYTES."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MAX_BODY_BYTES:
            return None
    return bytes(body)
