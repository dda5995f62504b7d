"""A bench for mapping: events and settings in, results out; the default event is a purchase that is sent."""

import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from config.model import Connection, Input, Platform
from mapping.incoming.batch import Head, generate_id, head, split_batch
from mapping.plan import Plan, compile_plan
from mapping.profiles.values import Filling
from mapping.results import Mapped, Rejected, Result

Json = dict[str, Any]

RECEIVED_MS = 1_700_000_000_000
URL = "https://shop.example/cart?step=1"

# The settings and platform that put an event on each route.
ROUTES: dict[str, tuple[Platform, Json]] = {
    "legacy": ("web", {"enable_web_migration": False}),
    "web": ("web", {"enable_web_migration": True}),
    "app": ("ios", {}),
    "offline": ("feed", {"event_source_type": "feed"}),
    "crm": ("feed", {"event_source_type": "crm"}),
}


def merged(base: Json, changes: Json) -> Json:
    """Return `base` with `changes` merged into it, also in nested objects."""
    result = dict(base)
    for key, value in changes.items():
        inner = result.get(key)
        result[key] = merged(inner, value) if isinstance(value, dict) and isinstance(inner, dict) else value
    return result


class Bench:
    """Maps batches as ingest and worker together do, on any route."""

    received_ms = RECEIVED_MS

    def plan(self, route: str = "web", platform: Platform | None = None, **settings: Any) -> Plan:
        """Return the plan of a connection on `route`."""
        default_platform, needed = ROUTES[route]
        fields = {
            "id": "shop",
            "inputs": ("in",),
            "access_token": "token",
            "event_source_id": "CUSG5HBC77UD11VVRQEG",
            **needed,
            **settings,
        }
        return compile_plan(Connection(**fields), Input("in", platform or default_platform, "key", "secret"))

    def purchase(self, **data: Any) -> Json:
        """Return a purchase that every route takes, with `data` merged into it."""
        own = {
            "source_message_id": "message-1",
            "timestamp_unixtime_ms": RECEIVED_MS - 60_000,
            "custom_flags": {"TikTok.URL": URL},
            "product_action": {"action": "purchase"},
        }
        return {"event_type": "commerce_event", "data": merged(own, data)}

    def results(
        self,
        plan: Plan,
        batch: Json | bytes,
        *,
        peer_ip: str | None = None,
        filling: Filling | None = None,
        only: Sequence[str] | None = None,
        made: Sequence[str] | None = None,
    ) -> list[list[Result]]:
        """Return the results of each event of `batch`."""
        raw = batch if isinstance(batch, bytes) else json.dumps(batch).encode()
        split = split_batch(raw)
        mapper = plan.batch(split.shared, self.received_ms, peer_ip, filling)
        results = []
        for position, event in enumerate(split.events):
            generated_id = generate_id(plan.input, split, lambda: raw, position, head(event), self.received_ms)
            results.append(mapper.map(bytes(event), generated_id, only, made))
        return results

    def refused(self, plan: Plan, event_head: Head | None, **batch: Any) -> Result | None:
        """Return how an event ends at ingest; None where ingest stores it."""
        split = split_batch(json.dumps({**batch, "events": []}).encode())
        withheld = plan.withholds(split.environment, split.shared)
        return plan.refuses(event_head) if withheld is None else withheld

    def one(self, plan: Plan, event: Json | None = None, **batch: Any) -> Result:
        """Return the only result of one event, in a batch with these fields."""
        events = [self.purchase() if event is None else event]
        [[result]] = self.results(plan, {**batch, "events": events})
        return result

    def mapped(self, plan: Plan, event: Json | None = None, **batch: Any) -> Mapped:
        """Return the result of an event that must be mapped."""
        result = self.one(plan, event, **batch)
        assert isinstance(result, Mapped), result
        return result

    def decoded(self, result: Mapped) -> Json:
        """Return the JSON of a result."""
        body: Json = json.loads(result.body)
        return body

    def body(self, plan: Plan, event: Json | None = None, **batch: Any) -> Json:
        """Return its JSON."""
        return self.decoded(self.mapped(plan, event, **batch))

    def rejected(self, plan: Plan, event: Json | None = None, **batch: Any) -> Rejected:
        """Return the result of an event that must be rejected."""
        result = self.one(plan, event, **batch)
        assert isinstance(result, Rejected), result
        return result


ABSENT = object()


def value_at(document: Json, path: str) -> Any:
    """Return the value at a path such as `properties.contents[0].price`; ABSENT where there is none."""
    found: Any = document
    for key in path.replace("[", ".").replace("]", "").split("."):
        try:
            found = found[int(key)] if isinstance(found, list) else found[key]
        except (KeyError, IndexError):
            return ABSENT
    return found


@pytest.fixture(scope="session")
def bench() -> Bench:
    """The bench."""
    return Bench()


@pytest.fixture(scope="session")
def at() -> Callable[[Json, str], Any]:
    """Return a reader of paths in a body: None where there is no value."""
    return lambda document, path: None if (found := value_at(document, path)) is ABSENT else found
