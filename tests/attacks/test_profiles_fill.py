"""Attack: a sender with a new user and a new address in every batch, so that profiles pile up."""

import httpx
from support.attack import SHORT, Attack, Start, as_bytes
from support.events import as_json, purchase

from lanes.names import LANES_PER_CONNECTION

CONNECTIONS = """
connections:
  - {id: shop, inputs: [web], access_token: "${TOKEN}", event_source_id: CUSG5HBC77UD11, enable_web_migration: true,
     enrich_ip_address: true}
"""
USERS = 24_000 if SHORT else 120_000
AT_ONCE = 500
MAXMEMORY = "32mb" if SHORT else "64mb"


def test_profiles_have_a_share(attacked: Start) -> None:
    """A quarter of Redis's memory, whatever is sent; the newest users are remembered."""
    with attacked(connections=CONNECTIONS, maxmemory=MAXMEMORY) as relay:
        share = as_bytes(MAXMEMORY) // 4
        for first in range(0, USERS, AT_ONCE):
            relay.wait_for(lambda first=first: post(relay, first), "a place for the next batches", 120)
        relay.wait_for(lambda: waiting(relay) == 0, "everything delivered", 300)
        with relay.client() as client:
            held, users = int(client.get("profiles:bytes") or 0), client.zcard("profiles:index")
            used = sum(client.memory_usage(key) or 0 for key in client.scan_iter("profiles:*", count=1_000))
        relay.figure("users, remembered", f"{USERS:,}, {users:,}")
        relay.figure("profiles' share, counted, used", f"{share:,}, {held:,}, {used:,}")
        assert 0 < used <= held <= share
        assert users < USERS


def post(relay: Attack, first: int) -> bool:
    """Post `AT_ONCE` batches, each of another user at another address; return whether they were accepted."""
    batches = [
        {
            "environment": "production",
            "mpid": number + 1,
            "user_identities": {"customer_id": f"c-{number}"},
            "ip": f"{20 + number % 90}.{number // 90 % 250}.{number // 22_500}.7",
            "events": [purchase(number)],
        }
        for number in range(first, first + AT_ONCE)
    ]
    url = f"{relay.url}/v2/bulkevents"
    return httpx.post(url, content=as_json(batches), auth=("key", "secret"), trust_env=False, timeout=30).is_success


def waiting(relay: Attack) -> int:
    """Chunks that wait."""
    with relay.client() as client:
        return sum(client.llen(f"lane:shop:{number}") for number in range(LANES_PER_CONNECTION))
