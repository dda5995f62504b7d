"""Whatever happens to an item, there is one of it: it neither doubles nor becomes another.

A state machine puts events, lets TikTok refuse, fail and throttle, replays and edits dead letters and changes the
configuration in any order, on a real server and against a strict stand-in for TikTok. Two of the mappings are to one
TikTok event, and one makes an item of each product; each mapping writes its label into what it sends, and keeps it when
it is changed.
"""

from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from support.bench import Bench
from support.events import purchase

from config.settings import Settings
from lanes.chunk import Chunk, Entry
from lanes.names import LANES_PER_CONNECTION
from operations.dead_letters.edit import corrected, find_dead_letter, save_source, text_of
from operations.dead_letters.replay import Result, replay_page
from operations.dead_letters.store import DeadLetterStore

TARGETS = {"A": "CompletePayment", "B": "CompletePayment", "C": "Contact", "D": "ViewContent"}
PRODUCTS = [{"id": "hat", "price": 5}, {"id": "pen", "price": 2}, {"id": "mat"}]
MOST_ITEMS = 3 + len(PRODUCTS)
FAULTS: dict[str, list[dict[str, Any]]] = {
    "none": [],
    "refuse": [{"mode": "code", "code": 40002, "message": "Batch.0.event: not allowed", "count": 1}],
    "refuse some": [{"mode": "code", "code": 40002, "message": "no", "count": 3}],
    "refuse every second": [{"mode": "code", "code": 40002, "message": "no", "probability": 0.5, "seed": 3}],
    "fail": [{"mode": "http_503", "count": 2}],
    "throttle": [{"mode": "throttle_40100", "count": 1}],
}
PURCHASE_TO_CONTACT = (
    "  - {tiktok_event: Contact, match: {action: purchase}, parameters: {description: {static: LABEL}}}"
)
variants = st.sampled_from([None, "purchase", "ecommerce - purchase", "for all products"])


class Items(RuleBasedStateMachine):
    """One connection and its lane 0."""

    bench: Bench

    @initialize()
    def begin(self) -> None:
        """Start with an empty Redis and TikTok."""
        self.bench.redis.flushall()
        self.bench.sandbox.clear()
        self.bench.sandbox.clear_faults()
        self.number = 0
        self.mappings = dict.fromkeys(TARGETS, "purchase")
        self._configure(None)

    @rule(label=st.sampled_from(sorted(TARGETS)), variant=variants, most=st.sampled_from([None, 1]))
    def change_the_configuration(self, label: str, variant: str | None, most: int | None) -> None:
        """Change, remove or put back one mapping; or change how many events a request takes."""
        if variant is None:
            self.mappings.pop(label, None)
        else:
            self.mappings[label] = variant
        self._configure(most)

    @rule(events=st.integers(1, 3))
    def arrive(self, events: int) -> None:
        """Append events that every mapping matches."""
        self.bench.put([_order(self.number + more) for more in range(events)])
        self.number += events

    @rule(fault=st.sampled_from(sorted(FAULTS)), jobs=st.integers(1, 4))
    def deliver(self, fault: str, jobs: int) -> None:
        """Run a few jobs while TikTok works or fails."""
        self.bench.sandbox.faults(*FAULTS[fault])
        for _ in range(jobs):
            self.bench.drain()
            for lane in range(1, 4):
                self.bench.redis.zadd("lanes:due", {f"shop:{lane}": 0}, xx=True)
            self.bench.drain_all()

    @precondition(lambda self: self.bench.redis.hlen("dead_letters:shop"))
    @rule(data=st.data(), edit=st.booleans())
    def replay(self, data: st.DataObject, edit: bool) -> None:
        """Replay a dead letter, perhaps corrected."""
        ids = sorted(letter.decode() for letter in self.bench.redis.hkeys("dead_letters:shop"))
        letter_id = data.draw(st.sampled_from(ids))
        store = DeadLetterStore(self._settings(), self.bench.redis)
        if edit:
            found = find_dead_letter(store, letter_id)
            save_source(store, found, corrected(found.source, text_of(found.source).replace('"USD"', '"EUR"')))
        sent = Result()
        replay_page(store, "shop", [letter_id], (), sent)
        assert sent.done == [letter_id]

    @invariant()
    def every_item_is_there_once(self) -> None:
        """In the backlog and the dead letters no item stands twice, nor beside its whole event."""
        if not hasattr(self, "number"):
            return
        assert self.bench.reading().waiting <= MOST_ITEMS * self.number
        open_items: dict[str, list[str]] = {}
        for entry in self._entries():
            name = entry.raw.split(b'"source_message_id": "')[-1].split(b'"source_message_id":"')[-1].split(b'"')[0]
            open_items.setdefault(name.decode(), []).extend(entry.items or ["whole"])
        for name, keys in open_items.items():
            assert len(keys) == len(set(keys)), (name, keys)
            assert "whole" not in keys or keys == ["whole"], (name, keys)

    @invariant()
    def tiktok_took_every_item_once(self) -> None:
        """No fault here accepts events and reports that it did not, so no item may arrive twice."""
        if not hasattr(self, "number"):
            return
        taken = Counter(
            (event["event_id"], event["body"]["properties"]["description"])
            for event in self.bench.sandbox.events()
            if event["event"] != "PlaceAnOrder"  # the native item, where no mapping is left
        )
        assert all(count == 1 for count in taken.values()), taken
        events = {(event["event"], event["body"]["properties"]["description"]) for event in self.bench.sandbox.events()
                  if event["event"] != "PlaceAnOrder"}  # fmt: skip
        assert all(TARGETS[label] == name for name, label in events)

    def _entries(self) -> list[Entry]:
        open_chunk = self.bench.runtime.codec.decode
        waiting = [
            open_chunk(one)
            for lane in range(LANES_PER_CONNECTION)
            for one in self.bench.redis.lrange(f"lane:shop:{lane}", 0, -1)
        ]
        dead = [open_chunk(letter.source) for letter in self.bench.dead_letters()]
        chunks: list[Chunk] = [*waiting, *dead]
        return [entry for chunk in chunks for batch in chunk.batches for entry in batch.entries]

    def _configure(self, most: int | None) -> None:
        lines = ["enable_web_migration: true"]
        if most is not None:
            lines.append(f"max_events_per_request: {most}")
        if self.mappings:
            lines.append("custom_mappings:")
        lines.extend(_mapping(label, variant) for label, variant in sorted(self.mappings.items()))
        self.bench.configure(*lines)

    def _settings(self) -> Settings:
        return Settings(config=self.bench.path, redis_url=self.bench.url, tiktok_url=self.bench.sandbox.url)  # type: ignore[arg-type]


def _order(number: int) -> dict[str, Any]:
    """Return an order of several products."""
    order = purchase(number)
    order["data"]["product_action"]["products"] = PRODUCTS
    return order


def _mapping(label: str, variant: str) -> str:
    match = 'name: "ecommerce - purchase"' if variant.startswith("ecommerce") else "action: purchase"
    each = "for_each: product, " if label == "D" and variant != "for all products" else ""
    return (
        f"  - {{tiktok_event: {TARGETS[label]}, match: {{event_type: commerce_event, {match}}}, {each}"
        f"parameters: {{description: {{static: {label}}}}}}}"
    )


@pytest.mark.timeout(600)
def test_an_item_neither_doubles_nor_becomes_another(bench: Bench) -> None:
    """Through split, retry, dead letter, replay, edit and a changed configuration."""

    class Machine(Items):
        pass

    Machine.bench = bench
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        Machine,
        settings=settings(
            max_examples=25,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_two_mappings_to_one_event_of_which_one_is_refused(bench: Bench) -> None:
    """One dead letter, one delivery, nothing waits; after a replay each is delivered once."""
    bench.configure(
        "enable_web_migration: true",
        "custom_mappings:",
        *(PURCHASE_TO_CONTACT.replace("LABEL", label) for label in "AB"),
    )
    bench.put([purchase(1)])
    bench.sandbox.faults({"mode": "code", "code": 40002, "message": "no", "count": 2})
    for _ in range(4):
        bench.drain()
    assert bench.count("accepted", "extra", "delivered", "dead_lettered", "waiting") == (1, 1, 1, 1, 0)
    [letter] = bench.dead_letters()
    store = DeadLetterStore(Settings(config=bench.path, redis_url=bench.url), bench.redis)  # type: ignore[arg-type]
    replay_page(store, "shop", [letter.id], (), Result())
    bench.drain_all()
    assert bench.count("extra", "replayed", "delivered", "dead_lettered", "waiting") == (1, 1, 2, 1, 0)
    assert sorted(event["body"]["properties"]["description"] for event in bench.sandbox.events()) == ["A", "B"]


def test_two_mappings_to_one_event_with_one_event_a_request(bench: Bench) -> None:
    """Each is sent once; an earlier version sent the first for ever."""
    bench.configure(
        "enable_web_migration: true",
        "max_events_per_request: 1",
        "custom_mappings:",
        *(["  - {tiktok_event: Contact, match: {action: purchase}}"] * 2),
    )
    bench.put([purchase(1), purchase(2)])
    for _ in range(6):
        bench.drain()
    assert bench.count("extra", "delivered", "waiting") == (2, 4, 0)
    assert bench.sandbox.summary()["requests"] == 4
