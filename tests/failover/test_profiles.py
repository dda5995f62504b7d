"""Profiles after the primary's machine is lost: the replica has them, and runs every script that it has never seen."""

from support.failover import fail_over
from support.nodes import Nodes
from support.waiting import until

from store.client import connect
from store.errors import RedisAway
from store.records.profiles import ProfileCodec, ProfileStore, Stored, Update, Value, profile_usage

DAY_S = 86_400


def test_profiles_are_read_extended_and_erased_after_a_failover(nodes: Nodes) -> None:
    """A click before the loss fills a purchase after it; the budget and an opt-out hold on."""
    primary, replica = nodes.nodes
    name = nodes.proxy(primary.port)
    with connect(f"redis://127.0.0.1:{name.port}/0") as client:
        store = ProfileStore(client, ProfileCodec(None), 1 << 20)
        store.remember([Update(["mpid:1", "email:a"], [Value("ttclid", "click", 7 * DAY_S, 0, True)])])
        store.remember([Update(["mpid:2"], opted_out=True, answers_for_s=DAY_S)])
        until(lambda: profile_usage(replica.client) == profile_usage(primary.client))
        fail_over(nodes, name)
        until(lambda: "mpid:1" in recalled(store))
        assert recalled(store)["email:a"].v["ttclid"][0] == "click"
        assert recalled(store)["mpid:2"].o is not None
        store.remember([Update(["mpid:1"], [Value("ttp", "cookie", DAY_S, 0, False)])])
        store.remember([Update(["mpid:2"], [Value("ttp", "cookie", DAY_S, 0, False)])])
        assert set(recalled(store)["mpid:1"].v) == {"ttclid", "ttp"}
        assert recalled(store)["mpid:2"].v == {}
        assert store.sweep(0) == 0
        assert store.erase(["email:a"]) == 2
        assert set(recalled(store)) == {"mpid:2"}


def recalled(store: ProfileStore) -> dict[str, Stored]:
    """Return what is found now; nothing while the connection to the lost machine is noticed."""
    try:
        return dict(store.recall(["mpid:1", "mpid:2", "email:a"]))
    except RedisAway:
        return {}
