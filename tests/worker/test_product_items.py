"""`for_each: product`: one event becomes many items, in several requests and settlements if it must."""

import random
from typing import Any

import pytest
from support.bench import Bench
from support.events import purchase

from lanes.appends.contents import LARGEST_SCRIPT
from lanes.lanes import Lanes
from lanes.settlement import Lease, Settlement
from mapping.properties.parts import MOST_PARTS
from worker.steps.shared_parts import SETTLEMENT_BYTES

MAPPING = "  - {tiktok_event: ViewContent, match: {action: purchase}, for_each: product, parameters: {PARAMETERS}}"


def order(number: int, *products: dict[str, Any]) -> dict[str, Any]:
    """Return an order of these products."""
    bought = purchase(number)
    bought["data"]["product_action"]["products"] = list(products)
    return bought


def configure(bench: Bench, parameters: str, *more: str) -> None:
    bench.configure("enable_web_migration: true", *more, "custom_mappings:", MAPPING.replace("PARAMETERS", parameters))


@pytest.mark.parametrize("most", [1000, 7, 1])
def test_products_go_out_in_as_many_requests_as_they_need(bench: Bench, most: int) -> None:
    """Each once, under its own id; the ledger counts them as extra items of one event."""
    configure(bench, "content_id: {product: id}", f"max_events_per_request: {most}")
    bench.put([order(n, *({"id": f"{n}-{place}"} for place in range(12))) for n in range(2)])
    for _ in range(30):
        bench.drain()
    assert bench.count("accepted", "extra", "delivered", "waiting") == (2, 22, 24, 0)
    sent = {
        event["event_id"]: event["body"]["properties"]["contents"][0]["content_id"] for event in bench.sandbox.events()
    }
    assert sent == {f"e{n}-{place}": f"{n}-{place}" for n in range(2) for place in range(12)}
    assert len(bench.sandbox.events()) == 24


def test_the_dead_letters_of_one_large_event_are_written_in_parts(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each holds the whole event, so all of them in one settlement would be larger than a script may be."""
    sizes: list[int] = []
    settle = Lanes.settle

    def measured(lanes: Lanes, lease: Lease, settlement: Settlement, *more: Any, **named: Any) -> Any:
        sizes.append(sum(len(dead_letter.content) for dead_letter in settlement.dead_letters))
        return settle(lanes, lease, settlement, *more, **named)

    monkeypatch.setattr(Lanes, "settle", measured)
    words = random.Random(5)
    products = [{"id": str(place), "name": words.randbytes(1500).hex()} for place in range(60)]
    configure(bench, "content_id: {product: id}, price: {product: price, required: true}")
    bench.put([order(1, *products, {"id": "good", "price": 1})])
    for _ in range(60):
        if bench.reading().waiting:
            bench.drain()
    assert bench.count("accepted", "extra", "delivered", "dead_lettered", "waiting") == (1, 60, 1, 60, 0)
    assert sum(sizes) > LARGEST_SCRIPT > 2 * max(sizes) > SETTLEMENT_BYTES
    assert {dead_letter.event_id for dead_letter in bench.dead_letters()} == {f"e1-{place}" for place in range(60)}


def test_an_event_of_as_many_products_as_allowed_is_delivered(bench: Bench) -> None:
    """And one of more is one dead letter that says so."""
    configure(bench, "content_id: {product: id}")
    bench.put([order(n, *[{"id": "x"}] * size) for n, size in enumerate((MOST_PARTS, MOST_PARTS, MOST_PARTS + 1))])
    for _ in range(6):
        bench.drain()
    assert bench.count("delivered", "dead_lettered", "waiting") == (2 * MOST_PARTS, 1, 0)
    [dead_letter] = bench.dead_letters()
    assert (dead_letter.reason, dead_letter.field) == ("invalid_value", "products")
