"""Which jobs of a worker run: connections that hang leave threads for the others, however many they are."""

from worker.slots import Slots


def test_a_connection_alone_has_a_job_for_each_of_its_lanes() -> None:
    """And another connection as well."""
    slots = Slots(threads=40, usual=8)
    assert all(slots.enter("shop", f"shop:{number}") for number in range(4))
    assert all(slots.enter("app", f"app:{number}") for number in range(4))


def test_every_connection_gets_a_job_while_others_hang() -> None:
    """Two hanging connections hold eight jobs; twenty others still run one job each."""
    slots = Slots(threads=40, usual=8)
    for connection in ("a", "b"):
        assert all(slots.enter(connection, f"{connection}:{number}") for number in range(4))
    for number in range(20):
        assert slots.enter(f"c{number}", f"c{number}:0")
        assert not slots.enter(f"c{number}", f"c{number}:1")


def test_a_lane_that_had_to_wait_is_woken_when_a_job_of_its_connection_ends() -> None:
    """Each once; not if the timer has woken it since."""
    clock = [0.0]
    slots = Slots(threads=40, usual=1, monotonic=lambda: clock[0])
    assert slots.enter("shop", "shop:0")
    assert not slots.enter("shop", "shop:1")
    assert not slots.enter("shop", "shop:1")
    assert not slots.enter("shop", "shop:2")
    assert slots.leave("shop", troubled=False) == "shop:1"
    assert slots.enter("shop", "shop:1")
    clock[0] = 3.0
    assert slots.leave("shop", troubled=False) is None


def test_troubled_connections_take_half_of_the_threads_at_most() -> None:
    """A hundred that hang leave threads for twenty others; one that recovers counts as healthy again."""
    slots = Slots(threads=40, usual=8)
    for number in range(100):
        assert slots.enter(f"h{number}", f"h{number}:0")
        slots.leave(f"h{number}", troubled=True)
    assert sum(slots.enter(f"h{number}", f"h{number}:0") for number in range(100)) == 20
    assert slots.enter("shop", "shop:0")
    assert slots.leave("h0", troubled=False) is None
    assert slots.enter("h0", "h0:0")
