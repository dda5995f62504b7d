"""Test a connection's token: map one test event, post it to TikTok and read the answer."""

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final, Literal, NamedTuple, assert_never

import msgspec

from config.model import Configuration, Connection, Forward, Input
from config.routes import LEGACY
from delivery.client import Client
from delivery.remedies import Remedy
from delivery.verdict import ConnectionFault, Delivered, Rejection, RetryLater, Split, Verdict, judge
from mapping.plan import Plan, compile_plan
from mapping.results import Mapped
from operations.masking import mask_sentence

Outcome = Literal["ok", "warning", "wrong"]

NO_CODE: Final = (
    "Events Manager shows a code under Test events of this event source: put it in test_event_code while you "
    "test, or run relay check --deep --connection {} --test-event-code CODE"
)
NO_TESTS: Final = (
    "the first real event tests its token: relay status shows the result, and a refused token pauses the connection "
    "and loses nothing. Or migrate to Events API 2.0, which has test events"
)


class TokenTest(NamedTuple):
    """TikTok's answer to one connection on one route; `remedy` is empty when no action is needed."""

    connection: str
    outcome: Outcome
    found: str
    remedy: str = ""


def test_token(
    configuration: Configuration, connection: Connection, code: str | None, client: Client
) -> Iterator[TokenTest]:
    """Yield the result for each route of the connection; `code` is used if it has no test_event_code itself."""
    tested = _as_for_tests(connection, connection.test_event_code or code)
    plans = [compile_plan(tested, configuration.inputs[name]) for name in tested.inputs]
    for plan in {plan.route.name: plan for plan in plans}.values():
        if plan.route.name == LEGACY.name:
            yield TokenTest(connection.id, "warning", "not tested: TikTok's legacy API has no test events", NO_TESTS)
        elif tested.test_event_code is None:
            remedy = NO_CODE.format(connection.id)
            yield TokenTest(connection.id, "warning", "not tested: there is no test event code", remedy)
        else:
            yield _test_route(connection, plan, configuration.inputs[plan.input], client)


def _as_for_tests(connection: Connection, code: str | None) -> Connection:
    """Return the connection without settings that could withhold or reject a plain event."""
    return replace(
        connection,
        test_event_code=code,
        enabled=True,
        environments=frozenset({"production"}),
        native_events={},
        custom_mappings=(),
        gdpr_purpose=None,
        forward=Forward(),
        omit=(),
        max_event_age_s=None,
    )


def _test_route(connection: Connection, plan: Plan, source: Input, client: Client) -> TokenTest:
    now_ms = time.time_ns() // 1_000_000
    batch, event = _batch(source), _event(now_ms)
    results = plan.batch(msgspec.json.encode(batch), now_ms).map(msgspec.json.encode(event), None)
    items = [result.body for result in results if isinstance(result, Mapped)]
    if len(items) != 1:
        return TokenTest(connection.id, "warning", "not tested: these settings make no TikTok event of the test event")
    answer = client.post(plan.route.path, plan.request(items), connection.access_token)
    return _read(connection.id, judge(answer, 1))


def _read(connection_id: str, verdict: Verdict) -> TokenTest:
    match verdict:
        case Delivered(rejected=()):
            return TokenTest(connection_id, "ok", "TikTok accepted a test event: the token is valid here")
        case Delivered(rejected=((_, rejection),)) | Split(rejection=rejection):
            return _refused(connection_id, rejection)
        case ConnectionFault():
            return TokenTest(connection_id, "wrong", verdict.error, f"{verdict.who}: {verdict.what_to_do}")
        case RetryLater(remedy=Remedy() as remedy):
            return TokenTest(connection_id, "wrong", verdict.error, f"{remedy.who}: {remedy.what_to_do}")
        case RetryLater():
            return TokenTest(
                connection_id, "wrong", f"{verdict.error}: the token is not tested", "run it again in a minute"
            )
        case Delivered():
            raise AssertionError("one event was sent, and more than one refused")
        case _:
            assert_never(verdict)


def _refused(connection_id: str, rejection: Rejection) -> TokenTest:
    """Return a warning: TikTok accepted the token and refused the test event."""
    found = f"TikTok accepted the token and refused the test event: {mask_sentence(rejection.message)}"
    return TokenTest(connection_id, "warning", found, "relay dead-letters list shows real events that it refuses")


def _batch(source: Input) -> dict[str, Any]:
    """Return a batch of no real person: an IP address for documentation, and an id that no customer has."""
    return {
        "environment": "production",
        "user_identities": dict.fromkeys(("customer_id", "other"), "relay-check"),
        "device_info": {"http_header_user_agent": "relay check"},
        "application_info": {"package": "relay.check", "application_name": "relay check"},
        "ip": "203.0.113.1",
        "source_request_id": f"relay-check-{source.id}",
    }


def _event(now_ms: int) -> dict[str, Any]:
    """Return a product view: every route has the event, and it has no cost."""
    return {
        "event_type": "commerce_event",
        "data": {
            "source_message_id": f"relay-check-{now_ms}",
            "timestamp_unixtime_ms": now_ms,
            "currency_code": "USD",
            "custom_flags": {"TikTok.URL": "https://example.com/relay-check"},
            "product_action": {
                "action": "view_detail",
                "total_amount": 0,
                "products": [{"id": "relay-check", "name": "relay check", "price": 0, "quantity": 1}],
            },
        },
    }
