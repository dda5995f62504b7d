"""Proves a connection's token: one test event, made as real ones are, posted to TikTok, and the answer read."""

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final, Literal, NamedTuple, assert_never

import msgspec

from config.model import Configuration, Connection, Input
from config.routes import LEGACY
from delivery.client import Client
from delivery.remedies import Remedy
from delivery.verdict import ConnectionFault, Delivered, Rejection, RetryLater, Split, Verdict, judge
from mapping.plan import Plan, compile_plan
from mapping.results import Mapped
from operations.masking import mask_sentence

Outcome = Literal["ok", "warning", "wrong"]

NO_CODE: Final = (
    "Events Manager shows a code under Test events of this event source: put it in test_event_code for as long as you "
    "test, or run relay check --deep --connection {} --test-event-code CODE"
)
NO_TESTS: Final = (
    "its token is proven by the first real event: relay status says what became of it, and a refused token pauses the "
    "connection and loses nothing. Or migrate to Events API 2.0, which takes test events"
)


class TokenTest(NamedTuple):
    """What TikTok says to one connection on one of its routes; `remedy` is empty where nobody has to act."""

    connection: str
    outcome: Outcome
    found: str
    remedy: str = ""


def prove(
    configuration: Configuration, connection: Connection, code: str | None, client: Client
) -> Iterator[TokenTest]:
    """One proof for each route of the connection; `code` is for connections without a test event code of their own."""
    tested = _as_for_tests(connection, connection.test_event_code or code)
    plans = [compile_plan(tested, configuration.inputs[name]) for name in tested.inputs]
    for plan in {plan.route.name: plan for plan in plans}.values():
        if plan.route.name == LEGACY.name:
            yield TokenTest(connection.id, "warning", "not tried: TikTok's legacy API takes no test events", NO_TESTS)
        elif tested.test_event_code is None:
            remedy = NO_CODE.format(connection.id)
            yield TokenTest(connection.id, "warning", "not tried: there is no test event code", remedy)
        else:
            yield _proof(connection, plan, configuration.inputs[plan.input], client)


def _as_for_tests(connection: Connection, code: str | None) -> Connection:
    """The connection with nothing that could keep a plain event of today's from being made."""
    return replace(
        connection,
        test_event_code=code,
        enabled=True,
        environments=frozenset({"production"}),
        native_events={},
        custom_mappings=(),
        gdpr_purpose=None,
        max_event_age_s=None,
    )


def _proof(connection: Connection, plan: Plan, source: Input, client: Client) -> TokenTest:
    now_ms = time.time_ns() // 1_000_000
    batch, event = _batch(source), _event(now_ms)
    results = plan.batch(msgspec.json.encode(batch), now_ms).map(msgspec.json.encode(event), None)
    items = [result.body for result in results if isinstance(result, Mapped)]
    if len(items) != 1:
        return TokenTest(connection.id, "warning", "not tried: these settings make no event of the test's")
    answer = client.post(plan.route.path, plan.request(items), connection.access_token)
    return _read(connection.id, judge(answer, 1))


def _read(connection_id: str, verdict: Verdict) -> TokenTest:
    match verdict:
        case Delivered(rejected=()):
            return TokenTest(connection_id, "ok", "TikTok took a test event: the token is good for this event source")
        case Delivered(rejected=((_, rejection),)) | Split(rejection=rejection):
            return _refused(connection_id, rejection)
        case ConnectionFault():
            return TokenTest(connection_id, "wrong", verdict.error, f"{verdict.who}: {verdict.what_to_do}")
        case RetryLater(remedy=Remedy() as remedy):
            return TokenTest(connection_id, "wrong", verdict.error, f"{remedy.who}: {remedy.what_to_do}")
        case RetryLater():
            return TokenTest(
                connection_id, "wrong", f"{verdict.error}: this proves nothing", "run it again in a minute"
            )
        case Delivered():
            raise AssertionError("one event was sent, and more than one refused")
        case _:
            assert_never(verdict)


def _refused(connection_id: str, rejection: Rejection) -> TokenTest:
    """The request got past the token; what TikTok dislikes is the event that stands for real ones."""
    said = f"TikTok took the token and refused the test event: {mask_sentence(rejection.message)}"
    return TokenTest(connection_id, "warning", said, "if real events die alike, relay dead-letters list says so")


def _batch(source: Input) -> dict[str, Any]:
    """Nobody's: an address of a documentation range, and an id that no customer has."""
    return {
        "environment": "production",
        "user_identities": dict.fromkeys(("customer_id", "other"), "relay-check"),
        "device_info": {"http_header_user_agent": "relay check"},
        "application_info": {"package": "relay.check", "application_name": "relay check"},
        "ip": "203.0.113.1",
        "source_request_id": f"relay-check-{source.id}",
    }


def _event(now_ms: int) -> dict[str, Any]:
    """A product looked at: every route has the event, and it costs nobody money."""
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
