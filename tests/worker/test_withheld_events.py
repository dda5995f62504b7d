"""Events that a rule withholds when they are mapped: settled as withheld, counted by rule, never posted."""

from datetime import UTC, datetime

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.bench import Bench
from support.events import batch, purchase

from lanes.daily_counts import day_of, read_days
from mapping.forwarding.sample import in_sample

MIGRATED = "enable_web_migration: true"
INTERNAL = 'forward: {never_if: [{attribute: internal, is: "true"}]}'
VALUES = [True, False, "true", "TRUE ", 0, None, ["x", "true"]]
RULE = "never_if 1: attribute internal is true"


def by_rule(bench: Bench) -> dict[str, int]:
    """Return today's counts of withheld events; those of the metrics are the same."""
    today = day_of(int(datetime.now(UTC).timestamp() * 1000))
    [counts] = read_days(bench.redis, "shop", [today])
    withheld = {name: count for name, count in counts.items() if name.startswith("withheld")}
    measures = {name: count for name, count in bench.reading().measures.items() if name.startswith("withheld")}
    assert withheld == measures
    return withheld


def test_an_event_that_a_rule_withholds_is_settled_and_not_posted(bench: Bench) -> None:
    """Beside others of its chunk, which are delivered; the ledger balances."""
    bench.configure(MIGRATED, INTERNAL)
    internal = {"internal": True}
    bench.put([purchase(1), purchase(2, custom_attributes=internal), purchase(3, custom_attributes=internal)])
    bench.drain()
    assert bench.count("delivered", "withheld", "dead_lettered", "waiting") == (1, 2, 0, 0)
    assert [event["event_id"] for event in bench.sandbox.events()] == ["e1"]
    assert by_rule(bench) == {f"withheld:{RULE}": 2}


def test_a_chunk_of_which_everything_is_withheld_needs_no_request(bench: Bench) -> None:
    bench.configure(MIGRATED, "native_events: {purchase: off}")
    bench.put([purchase(1), purchase(2)])
    bench.drain()
    assert bench.count("withheld", "waiting") == (2, 0)
    assert bench.sandbox.events() == []
    assert by_rule(bench) == {"withheld:native_events: purchase off": 2}


def test_a_new_rule_applies_to_the_backlog_and_a_removed_one_no_longer(bench: Bench) -> None:
    """The configuration in force when an event is mapped decides."""
    bench.configure(MIGRATED)
    bench.put([purchase(1, custom_attributes={"internal": "TRUE"})])
    bench.configure(MIGRATED, INTERNAL)
    bench.drain()
    assert bench.count("delivered", "withheld") == (0, 1)
    bench.configure(MIGRATED)
    bench.put([purchase(1, custom_attributes={"internal": "TRUE"})])
    bench.drain()
    assert bench.count("delivered", "withheld") == (1, 1)


def test_a_user_stays_in_or_out_of_the_sample_through_reloads(bench: Bench) -> None:
    """Three configurations with the same share, and one with a larger one that has all the users of the smaller."""
    users = [str(number) for number in range(1, 60)]
    delivered: list[set[str]] = []
    for lines in ((), ("send_order_id: true",), (), ("forward: {sample: 50%}",)):
        bench.configure(MIGRATED, *(lines if "sample" in str(lines) else ("forward: {sample: 25%}", *lines)))
        before = len(bench.sandbox.events())
        for user in users:
            bench.put([purchase(int(user))], shared={**batch(), "mpid": user})
        while bench.reading().waiting:
            bench.drain()
        delivered.append({event["event_id"].removeprefix("e") for event in bench.sandbox.events()[before:]})
    expected = {user for user in users if in_sample(user, 250_000)}
    assert delivered[:3] == [expected] * 3
    assert expected < delivered[3] == {user for user in users if in_sample(user, 500_000)}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.lists(st.sampled_from([True, False, "true", "TRUE ", 0, None, ["x", "true"]]), min_size=1), max_size=4)
)
def test_nothing_reaches_tiktok_that_never_if_withholds(bench: Bench, chunks: list[list[object]]) -> None:
    """For any mix of events in any chunks: each is either delivered or withheld, and the ledger balances."""
    bench.redis.flushall()
    bench.sandbox.clear()
    bench.configure(MIGRATED, INTERNAL)
    number = 0
    sent = []
    for values in chunks:
        events = []
        for value in values:
            number += 1
            events.append(purchase(number, custom_attributes={"internal": value}))
            if value not in (True, "true", "TRUE ", ["x", "true"]):
                sent.append(f"e{number}")
        bench.put(events)
    for _ in range(20):
        if not bench.reading().waiting:
            break
        bench.drain()
    assert sorted(event["event_id"] for event in bench.sandbox.events()) == sorted(sent)
    assert bench.count("delivered", "withheld", "waiting") == (len(sent), number - len(sent), 0)
