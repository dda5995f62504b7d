"""Send a preview to TikTok's Test Events tab, where TikTok does not count it."""

from dataclasses import dataclass, field
from typing import Final, assert_never

from config.model import Connection
from delivery.client import Client
from delivery.verdict import ConnectionFault, Delivered, RetryLater, Split, judge
from mapping.wire import shape_of
from operations.errors import OperatorError
from operations.format import plural
from operations.preview.preview import Preview

MOST_REQUESTS: Final = 5


@dataclass(frozen=True, slots=True)
class Reply:
    """TikTok's answer to one request: whether it accepted all events, and sentences for the operator."""

    accepted: bool
    sentences: list[str] = field(default_factory=list)


def why_not(preview: Preview, connection: Connection) -> str | None:
    """Return why nothing may be sent as a test; None when it may. Without a test code TikTok would count it."""
    if not shape_of(preview.plan.route).takes_tests:
        return "TikTok's legacy pixel API has no test events: they would be counted"
    if connection.test_event_code is None:
        return f"no test code: put test_event_code of Events Manager's Test Events tab into connection {connection.id}"
    return None if preview.requests else "no event would be sent"


def send_test(client: Client, preview: Preview, connection: Connection) -> list[Reply]:
    """Post the first few requests with the connection's test code. Raise OperatorError where `why_not` says so."""
    if obstacle := why_not(preview, connection):
        raise OperatorError(f"not sent: {obstacle}")
    replies = []
    for request in preview.requests[:MOST_REQUESTS]:
        answer = client.post(preview.plan.route.path, request.body, connection.access_token)
        verdict = judge(answer, len(request.items))
        match verdict:
            case Delivered():
                accepted = len(request.items) - len(verdict.rejected)
                refused = [f"refused: {rejection.message}" for _, rejection in verdict.rejected]
                replies.append(Reply(not refused, [f"TikTok accepted {plural(accepted, 'event')}", *refused]))
            case Split():
                replies.append(Reply(False, [f"TikTok refused it: {verdict.rejection.message}"]))
            case RetryLater():
                replies.append(Reply(False, [f"{verdict.error}: try again later"]))
            case ConnectionFault():
                replies.append(Reply(False, [f"{verdict.error}: {verdict.who}: {verdict.what_to_do}"]))
            case _:
                assert_never(verdict)
    if (more := len(preview.requests) - MOST_REQUESTS) > 0:
        replies.append(Reply(False, [f"not sent: {plural(more, 'further request')}; try fewer events"]))
    return replies
