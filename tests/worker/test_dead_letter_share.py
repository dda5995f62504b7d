"""What dead letters take of Redis: a batch's JSON once, a share in bytes, and a pause when the share is full."""

import base64
import json
from typing import Any

import msgspec
import pytest
from support.bench import Bench
from support.events import as_json, batch, purchase

from config.secrets import Keyring
from config.settings import Settings
from delivery.dead_letter import DeadLetter
from lanes.appends.contents import LARGEST_SCRIPT
from lanes.dead_letters import dead_letter_ids, remove_dead_letters
from lanes.lanes import ClaimLimits, Lanes
from lanes.settlement import Lease, Lost, Refused, Released, Settlement
from operations.dead_letters.edit import corrected, find_dead_letter, save_source, text_of
from operations.dead_letters.replay import Result, replay_page
from operations.dead_letters.store import DeadLetterStore
from operations.encryption_keys import key_usage, reencrypt_dead_letters
from worker.runtime import Runtime

BAD = {"TikTok.URL": "www.no-scheme.example"}
KEY, FORMER = (base64.urlsafe_b64encode(bytes([number] * 32)).decode() for number in (1, 2))


def bad(*numbers: int) -> list[Any]:
    """Return events that mapping rejects."""
    return [purchase(number, custom_flags=BAD) for number in numbers]


def roomy(kilobytes: int) -> dict[str, Any]:
    """Return a batch whose JSON without events has about that size and does not compress well."""
    noise = {f"attribute-{number}": f"{number * 7_919_777:x}-{number * 104_729:x}" for number in range(kilobytes * 26)}
    return {**batch(user=7), "user_attributes": noise}


def store_of(bench: Bench) -> DeadLetterStore:
    """Return the dead letters as a command opens them."""
    return DeadLetterStore(Settings(config=bench.path, redis_url=bench.url), bench.redis)  # type: ignore[arg-type]


def held(bench: Bench) -> int:
    """Return the bytes of the connection's dead letters, as Redis sums them up."""
    return int(bench.reading().status.get("dead_letter_bytes", "0"))


def used(bench: Bench) -> int:
    """Return the bytes that Redis says they use."""
    keys = list(bench.redis.scan_iter("dead_letters:shop*"))
    return sum(bench.redis.memory_usage(key, samples=0) or 0 for key in keys)


def parts(bench: Bench) -> tuple[int, int, int]:
    """Return the shared parts, how many dead letters need each, and the dead letters that need one."""
    shared, refs, uses = (bench.redis.hlen(f"dead_letters:shop:{name}") for name in ("shared", "refs", "uses"))
    return shared, refs, uses


def test_a_batchs_json_is_stored_once_and_removed_with_its_last_dead_letter(bench: Bench) -> None:
    """Two hundred of one batch of 60 KB take less than three batches, and nothing once they are removed."""
    shared = roomy(60)
    size = len(as_json(shared))
    bench.put(bad(*range(100)), shared=shared)
    bench.put(bad(*range(100, 200)), shared=shared)
    while bench.reading().waiting:
        bench.drain()
    assert (bench.count("dead_lettered"), parts(bench)) == ((200,), (1, 1, 200))
    assert used(bench) < 3 * size + 200 * 1_500
    ids = dead_letter_ids(bench.redis, "shop")
    sent = Result()
    replay_page(store_of(bench), "shop", ids[:1], (), sent)
    assert (sent.done, parts(bench)) == (ids[:1], (1, 1, 199))
    remove_dead_letters(bench.redis, "shop", ids[1:])
    assert (parts(bench), held(bench)) == ((0, 0, 0), 0)
    assert not list(bench.redis.scan_iter("dead_letters:shop*"))


def test_a_dead_letter_is_shown_and_replayed_with_its_whole_batch(bench: Bench) -> None:
    """Reading, correcting and replaying work as without sharing."""
    shared = roomy(4)
    bench.put(bad(1, 2), shared=shared)
    bench.drain()
    store = store_of(bench)
    first, second = bench.dead_letters()
    assert first.shared == second.shared != ""
    assert len(first.encode()) < 2_000
    source = store.open(first).batches[0]
    assert json.loads(source.shared) == {name: value for name, value in shared.items() if name != "events"}
    found = find_dead_letter(store, first.id)
    save_source(store, found, corrected(found.source, text_of(found.source).replace("www.", "https://www.")))
    assert (DeadLetter.decode(bench.redis.hget("dead_letters:shop", first.id) or b"").shared, parts(bench)[2]) == (
        "",
        1,
    )
    replay_page(store, "shop", [first.id], (), Result())
    bench.drain_all()
    assert [event["event_id"] for event in bench.sandbox.events()] == ["e1"]
    assert bench.count("delivered", "dead_lettered", "replayed", "waiting") == (1, 2, 1, 0)


@pytest.mark.parametrize("kilobytes", [0, 1, 8])
def test_the_sum_is_no_less_than_what_redis_uses(bench: Bench, kilobytes: int) -> None:
    """And at most half as much again."""
    for start in range(0, 2_000, 500):
        bench.put(bad(*range(start, start + 500)), shared=roomy(kilobytes))
    while bench.reading().waiting:
        bench.drain()
    assert used(bench) <= held(bench) <= 1.5 * used(bench)


def test_dead_letters_of_an_older_relay_are_read_and_counted(bench: Bench) -> None:
    """They hold their whole batch, and no sum was stored."""
    bench.put(bad(1), shared=roomy(4))
    bench.drain()
    [dead_letter] = bench.dead_letters()
    whole = msgspec.structs.replace(
        dead_letter, source=bench.runtime.codec.encode(store_of(bench).open(dead_letter)), shared=""
    )
    stored = msgspec.msgpack.decode(whole.encode())
    del stored["shared"]
    bench.redis.delete(
        "dead_letters:shop", "dead_letters:shop:shared", "dead_letters:shop:refs", "dead_letters:shop:uses"
    )
    bench.redis.hset("dead_letters:shop", whole.id, msgspec.msgpack.encode(stored))
    bench.redis.hdel("connection:shop", "dead_letter_bytes")
    assert json.loads(store_of(bench).open(bench.dead_letters()[0]).batches[0].shared)["user_attributes"]
    bench.put(bad(2))
    bench.drain()
    assert held(bench) > len(whole.encode())
    remove_dead_letters(bench.redis, "shop", dead_letter_ids(bench.redis, "shop"))
    assert held(bench) == 0


def test_a_full_share_pauses_the_connection_until_there_is_room(bench: Bench) -> None:
    """Healthy events wait too; delivery resumes automatically, and the ledger balances throughout."""
    bench.runtime.redis_limit = 4 * 60_000
    bench.put(*[bad(number) for number in range(200)], [purchase(1_000)], shared=roomy(1))
    for _ in range(300):
        bench.drain()
    group = bench.reading().status
    assert (group["state"], group["by"]) == ("paused", "dead_letters")
    assert "relay dead-letters count --connection shop" in group["what"]
    assert 60_000 <= held(bench) < 60_000 + 3_000
    waiting = bench.count("waiting")
    assert waiting > (50,)
    assert Lanes(bench.redis).claim("shop:0", ClaimLimits()) in (Refused("paused"), Refused("not due"))
    remove_dead_letters(bench.redis, "shop", dead_letter_ids(bench.redis, "shop")[:3])
    assert bench.reading().status.get("by") == "dead_letters", "one dead letter less is not room enough"
    while bench.reading().waiting:
        remove_dead_letters(bench.redis, "shop", dead_letter_ids(bench.redis, "shop"))
        assert "by" not in bench.reading().status
        for _ in range(60):
            bench.drain()
    assert [event["event_id"] for event in bench.sandbox.events()] == ["e1000"]


def test_more_memory_ends_the_pause_and_an_operators_pause_is_left_alone(bench: Bench) -> None:
    """The limit is read again regularly."""
    bench.runtime.redis_limit = 4 * 2_000
    bench.put(bad(1), bad(2), bad(3), [purchase(4)])
    for _ in range(10):
        bench.drain()
    assert bench.reading().status["by"] == "dead_letters"
    bench.runtime.lanes.pause("shop", "paused", 0, {"by": "operator"})
    remove_dead_letters(bench.redis, "shop", dead_letter_ids(bench.redis, "shop")[:1])
    assert bench.reading().status["by"] == "operator"
    bench.runtime.lanes.resume("shop")
    bench.runtime.redis_limit = 4 * 1_000_000
    while bench.reading().waiting:
        bench.drain()
    assert bench.count("delivered", "dead_lettered") == (1, 3)


def test_no_settlement_is_more_than_a_script_takes(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Large events, each refused: the rest waits for the next settlement, and each is dead-lettered once."""
    sizes: list[int] = []
    settle = Lanes.settle

    def measured(
        self: Lanes, lease: Lease, settlement: Settlement, go_on: ClaimLimits | None = None, now_ms: int | None = None
    ) -> Lease | Released | Lost:
        dead_letters = (dead_letter.content for dead_letter in settlement.dead_letters)
        sizes.append(sum(map(len, [*settlement.leftovers, *dead_letters, *settlement.shared.values()])))
        return settle(self, lease, settlement, go_on, now_ms)

    monkeypatch.setattr(Lanes, "settle", measured)
    noise = {f"k{number}": f"{number * 7_919_777:x}" for number in range(700)}
    events = [purchase(number, custom_flags=BAD, custom_attributes=noise) for number in range(300)]
    for start in range(0, 300, 60):
        bench.put(events[start : start + 60], shared=roomy(60))
    while bench.reading().waiting:
        bench.drain()
    assert bench.count("dead_lettered") == (300,)
    assert len({dead_letter.event_id for dead_letter in bench.dead_letters()}) == 300
    assert max(sizes) <= LARGEST_SCRIPT
    assert len(sizes) > 1


def test_with_a_key_shared_parts_are_encrypted_and_re_encrypted(bench: Bench) -> None:
    """Neither the value nor its id is readable; a former key is needed until re-encryption."""
    bench.runtime = Runtime(settings_with(bench, FORMER), bench.url)
    bench.put(bad(1, 2), shared=roomy(4))
    bench.drain()
    part_id, part = next(iter(bench.redis.hgetall("dead_letters:shop:shared").items()))
    assert b"user7@shop.example" not in part
    assert bench.dead_letters()[0].shared == part_id.decode()
    both = settings_with(bench, f"{KEY},{FORMER}")
    keyring = Keyring.from_text(f"{KEY},{FORMER}")
    assert keyring is not None
    store = DeadLetterStore(both, bench.redis)
    assert key_usage(store, keyring).dead_letters[2] == 2
    assert reencrypt_dead_letters(store, keyring).dead_letters == 2
    assert key_usage(DeadLetterStore(both, bench.redis), keyring).dead_letters == {1: 2}
    alone = DeadLetterStore(settings_with(bench, KEY), bench.redis)
    assert b"user7@shop.example" in alone.open(bench.dead_letters()[0]).batches[0].shared


def settings_with(bench: Bench, keys: str) -> Settings:
    return Settings(
        config=bench.path,
        redis_url=bench.url,  # type: ignore[arg-type]
        tiktok_url=bench.sandbox.url,
        encryption_key=keys,  # type: ignore[arg-type]
    )
