"""The mapping as it runs gives what the tables give, row by row, when nothing is compiled, shortened or cached."""

from collections.abc import Iterator
from typing import Any

import pytest
from support import interpreter
from support.odd_batches import NOW_MS, odd_batches

from config.additional_fields import ADDITIONAL_FIELDS
from config.model import CustomMapping, Match, Parameter
from mapping import recipe
from mapping.compile.steps import Failure, ObjectSteps
from mapping.incoming.batch import split_batch
from mapping.plan import Plan
from mapping.properties import native
from mapping.results import Mapped, Note, Rejected

BATCHES = 20_000
"""For all connections together."""
_MAPPINGS = (
    CustomMapping(
        "Search",
        Match(event_type="custom_event"),
        {"query": Parameter("attribute", "term", default="-"), "content_id": Parameter("user_attribute", "$city")},
    ),
    CustomMapping(
        "CompletePayment",
        Match(event_type="commerce_event", action="purchase"),
        {
            "value": Parameter("field", "total_amount", type="number", required=True),
            "content_id": Parameter("product", "id"),
            "price": Parameter("product", "price"),
            "quantity": Parameter("product", "quantity"),
        },
    ),
)
_EXTRAS = {
    "ccpa_limited_data_use": True,
    "att_withholds_idfa": True,
    "ttclid_from_url": True,
    "page_url_fallback": True,
    "send_content_ids": True,
    "send_order_id": True,
    "default_region": "GB",
    "peer_ip_fallback": True,
}
CONNECTIONS: list[tuple[str, dict[str, Any]]] = [
    *((route, {}) for route in ("web", "legacy", "app", "offline")),
    ("crm", {"custom_mappings": (CustomMapping("Lead", Match(event_type="commerce_event")),)}),
    ("web", {**_EXTRAS, "also_send": frozenset(field.path for field in ADDITIONAL_FIELDS.values())}),
    ("app", {**_EXTRAS, "invalid_ttclid": "drop_field", "max_event_age_s": 600_000}),
    ("web", {"custom_mappings": _MAPPINGS, "external_identity_type": "mpid", "omit": ("user.ip", "user.city")}),
]


class _Contents(dict[str, Any]):
    """A content as a dictionary whose fields are attributes too, as those of the compiled ones are."""

    def __getattr__(self, name: str) -> Any:
        return self.get(name)


def _filler(objects: Any) -> Any:
    kept: list[ObjectSteps] = list(objects)
    return lambda subject, document, notes: interpreter.fill(kept, subject, document, notes)


def _maker(shared: Any, steps: Any, where: str, constants: Any, collects: str | None = None) -> Any:
    shared, steps = list(shared), list(steps)

    def make(subject: Any, parts: Any, notes: list[Note], collected: dict[Any, None]) -> list[Any] | Failure:
        outside: dict[str, Any] = {}
        failure = interpreter.interpret(shared, subject, outside, notes)
        made: list[Any] = []
        for position, part in enumerate(parts):
            content = _Contents(outside)
            if part is not None and failure is None:
                failure = interpreter.interpret(steps, part, content, notes, f"{where}[{position}].")
            if failure is not None:
                return failure
            if part is not None and content:
                made.append(_Contents(content | constants))
                if collects and collects in content:
                    collected[content[collects]] = None
        return made if failure is None else failure

    return make


@pytest.fixture
def by_the_tables(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """While this is in force, plans are made that interpret their rows."""
    with monkeypatch.context() as patched:
        for module in (recipe, native):
            patched.setattr(module, "compile_filler", _filler)
        patched.setattr(native, "compile_maker", _maker)
        yield patched


def _outcomes(plan: Plan, raw: bytes) -> list[Any]:
    split = split_batch(raw)
    mapper = plan.batch(split.shared, NOW_MS, "203.0.113.9")
    return [mapper.map(bytes(event), f"generated-{place}") for place, event in enumerate(split.events)]


@pytest.mark.parametrize("number", range(len(CONNECTIONS)))
def test_batches_end_as_the_rows_say(bench, by_the_tables, number):
    """Bodies byte by byte, notes, rejections and match keys."""
    route, settings = CONNECTIONS[number]
    interpreted = bench.plan(route, **settings)
    by_the_tables.undo()
    compiled = bench.plan(route, **settings)
    ends = set()
    for raw in odd_batches(BATCHES // len(CONNECTIONS), seed=number):
        expected = _outcomes(interpreted, raw)
        assert _outcomes(compiled, raw) == expected
        assert _outcomes(compiled, raw) == expected  # again, as a user who comes back
        ends |= {type(result) for results in expected for result in results}
    assert {Mapped, Rejected} <= ends
