"""I1: a user's last public address, remembered in a real Redis, is sent with batches that have none."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import redis
import structlog
from support.bench import Bench
from support.events import as_json, batch, purchase

from config.model import Connection, Input, Platform
from config.secrets import Keyring
from lanes.chunk import Batch, Chunk
from mapping.plan import Plan, compile_plan
from store.client import connect
from store.records.address_cache import AddressCache
from worker.steps.ip_enrichment import EXPIRES_S, REFRESHED_MS, IpEnrichment

NOW = 1_795_000_000_000
HOME, WORK = "203.0.113.9", "198.51.100.4"
RING = Keyring([Keyring.new_key()])
ENRICH = ("enable_web_migration: true", "enrich_ip_address: true")


@pytest.fixture
def client(redis_url: str) -> Iterator[redis.Redis]:
    with connect(redis_url) as made:
        yield made


@pytest.fixture
def addresses(client: redis.Redis) -> IpEnrichment:
    return IpEnrichment(AddressCache(client, RING, EXPIRES_S))


def plan(platform: Platform = "web", **settings: Any) -> Plan:
    """Return the plan of a connection with enrichment."""
    fields = {"enrich_ip_address": True, "event_source_type": "web", **settings}
    connection = Connection(id="shop", inputs=("in",), access_token="t", event_source_id="P", **fields)
    return compile_plan(connection, Input("in", platform, "k", "s"))


def chunk(*batches: dict[str, Any], at: int = NOW) -> Chunk:
    """Return batches without events, which do not matter here."""
    return Chunk("in", at, [Batch(as_json(one), []) for one in batches])


def jane(ip: str | None = None, **more: Any) -> dict[str, Any]:
    return {"user_identities": {"customer_id": "jane"}, "ip": ip, **more}


def recall(addresses: IpEnrichment, *batches: dict[str, Any], platform: Platform = "web", at: int = NOW) -> list[Any]:
    [found] = addresses.recall([(chunk(*batches, at=at), plan(platform))], at)
    return found


def test_a_batch_without_an_address_gets_the_last_one(addresses: IpEnrichment) -> None:
    """The user's last, from another draft or earlier in this one; a batch's own address counts first."""
    assert recall(addresses, jane(), jane(HOME), jane()) == [None, None, HOME]
    assert recall(addresses, jane(), jane(WORK), jane("10.0.0.1")) == [HOME, None, WORK]
    assert recall(addresses, {"user_identities": {"customer_id": "joe"}}, {}) == [None, None]


def test_the_same_platform_comes_first_and_then_any(addresses: IpEnrichment) -> None:
    """Even if another platform's address is newer; among others the newest counts."""
    recall(addresses, jane(HOME), platform="web", at=NOW)
    recall(addresses, jane(WORK), platform="ios", at=NOW + 1)
    assert recall(addresses, jane(), platform="web", at=NOW + 2) == [HOME]
    assert recall(addresses, jane(), platform="ios", at=NOW + 2) == [WORK]
    assert recall(addresses, jane(), platform="feed", at=NOW + 2) == [WORK]
    recall(addresses, jane(HOME), platform="web", at=NOW + 3)
    assert recall(addresses, jane(), platform="feed", at=NOW + 4) == [HOME]


def test_the_newest_batch_decides_not_the_last_one_mapped(addresses: IpEnrichment) -> None:
    """Retries and replays come late and change nothing."""
    recall(addresses, jane(HOME), at=NOW + 5)
    [found] = addresses.recall([(chunk(jane(WORK), at=NOW), plan())], NOW + 6)
    assert found == [None]
    assert recall(addresses, jane(), at=NOW + 7) == [HOME]


def test_a_user_is_known_by_any_of_their_ids(addresses: IpEnrichment) -> None:
    """mParticle's id links an anonymous batch to a known user; the external id is trusted first."""
    recall(addresses, jane(HOME, mpid=5))
    assert recall(addresses, {"mpid": 5}) == [HOME]
    recall(addresses, {"user_identities": {"customer_id": "joe"}, "mpid": 5, "ip": WORK}, at=NOW + 1)
    assert recall(addresses, jane(mpid=5), at=NOW + 2) == [HOME]


def test_an_old_address_is_neither_recalled_nor_remembered(addresses: IpEnrichment) -> None:
    """A month after it was received, whatever was learnt of the user since."""
    recall(addresses, jane(HOME), platform="web", at=NOW)
    later = NOW + EXPIRES_S * 1000
    recall(addresses, jane(WORK), platform="ios", at=later)
    assert recall(addresses, jane(), platform="web", at=later + 1) == [WORK]
    addresses.recall([(chunk({"mpid": 7, "ip": HOME}, at=NOW), plan())], later + 1)
    assert recall(addresses, {"mpid": 7}, at=later + 1) == [None]


def test_only_changes_are_written(addresses: IpEnrichment, client: redis.Redis) -> None:
    """A known address is not written again until a day has passed."""
    recall(addresses, jane(HOME))
    [name] = client.zrange("addresses:index", 0, -1)
    client.expire(name, 10)
    recall(addresses, jane(HOME), at=NOW + REFRESHED_MS - 1)
    assert client.ttl(name) <= 10
    recall(addresses, jane(HOME), at=NOW + REFRESHED_MS)
    assert client.ttl(name) > EXPIRES_S - 10


def test_many_chunks_need_one_read_and_one_write(addresses: IpEnrichment, client: redis.Redis) -> None:
    """Whatever the number of batches and users."""
    web = plan()
    chunks = [(chunk({"mpid": n, "ip": HOME}, {"mpid": n + 1}), web) for n in range(1, 50)]
    addresses.recall(chunks[:1], NOW)
    client.config_resetstat()
    addresses.recall(chunks, NOW)
    calls = {name.removeprefix("cmdstat_"): row["calls"] for name, row in client.info("commandstats").items()}
    assert calls["mget"] == 1
    assert calls["set"] == 48 + 1, "each of the news, and the sum of their bytes"


def test_without_redis_events_go_without_addresses_and_it_is_logged_once() -> None:
    """One line, however many events."""
    away = IpEnrichment(AddressCache(connect("redis://127.0.0.1:1/0"), RING, EXPIRES_S))
    with structlog.testing.capture_logs() as logs:
        assert recall(away, jane(HOME), jane()) == [None, None]
        assert recall(away, jane()) == [None]
    assert [log["log_level"] for log in logs] == ["warning"]
    assert HOME not in json.dumps(logs)


def test_a_full_redis_remembers_nothing_new_and_recalls_the_rest(addresses: IpEnrichment, client: redis.Redis) -> None:
    """It is logged once, and again at the next outage."""
    recall(addresses, jane(HOME))
    with structlog.testing.capture_logs() as logs:
        client.config_set("maxmemory", 1)
        assert recall(addresses, {"mpid": 9, "ip": WORK}, jane()) == [None, HOME]
        assert recall(addresses, {"mpid": 9, "ip": WORK}, {"mpid": 9}) == [None, WORK]
        client.config_set("maxmemory", 0)
        assert recall(addresses, {"mpid": 9}) == [None]
        client.config_set("maxmemory", 1)
        recall(addresses, {"mpid": 9, "ip": WORK})
    assert len(logs) == 2


def test_a_value_of_another_form_is_ignored(client: redis.Redis, addresses: IpEnrichment) -> None:
    """An unreadable value is replaced."""
    memory = AddressCache(client, RING, EXPIRES_S)
    recall(addresses, {"mpid": 5, "ip": HOME})
    memory.put({"mpid:5": b"\xc1"})
    assert recall(addresses, {"mpid": 5}) == [None]


def user_ips(bench: Bench) -> list[str | None]:
    taken = sorted(bench.sandbox.events(), key=lambda event: event["body"]["event_id"])
    return [event["body"].get("user", {}).get("ip") for event in taken]


def test_a_job_sends_the_remembered_address(bench: Bench) -> None:
    """From the first request to a later one; no key or name holds a raw identity or address."""
    bench.configure(*ENRICH)
    bench.put([purchase(1)], shared=batch(user=7))
    bench.drain()
    bench.put([purchase(2)], shared={**batch(user=7), "ip": None})
    bench.put([purchase(3)], shared={**batch(user=8), "ip": None})
    bench.drain()
    assert user_ips(bench) == ["203.0.113.7", "203.0.113.7", None]
    assert not any(b"shop.example" in name or b"c-7" in name for name in bench.redis.scan_iter())


def test_a_connection_without_the_setting_remembers_nothing(bench: Bench) -> None:
    """C9 off: no key and no read."""
    bench.put([purchase(1)], shared=batch(user=7))
    bench.drain()
    bench.put([purchase(2)], shared={**batch(user=7), "ip": None})
    bench.redis.config_resetstat()
    bench.drain()
    assert user_ips(bench) == ["203.0.113.7", None]
    assert bench.redis.keys("addresses:*") == []
    assert "cmdstat_mget" not in bench.redis.info("commandstats")


def test_an_unreachable_address_cache_delivers_without_addresses(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """A failed enrichment must not keep events back."""
    bench.configure(*ENRICH)
    bench.put([purchase(1)], shared=batch(user=7))
    monkeypatch.setattr(bench.runtime.addresses, "_memory", AddressCache(connect("redis://127.0.0.1:1/0"), RING, 60))
    assert bench.drain().failure("j") is None
    assert bench.count("delivered", "waiting") == (1, 0)
