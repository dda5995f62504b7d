"""A key is replaced: what needs the old one is listed, and dead letters are re-encrypted."""

import pytest
from support.bench import Bench
from support.events import purchase
from support.terminal import Said, relay
from support.traces import in_redis

from config.secrets import Keyring
from delivery.dead_letter import ENCRYPTED_MESSAGE
from lanes.chunk import ChunkCodec
from lanes.errors import ChunkUnreadable

OLD, NEW = Keyring.new_key(), Keyring.new_key()
QUOTED = "quoted@shop.example"
PRIVATE = ("user0@shop.example", QUOTED, "www.shop.com/x")


def run(*arguments: str, keys: str) -> Said:
    """Run `relay secrets …` with these keys."""
    return relay("secrets", *arguments, environ={"RELAY_ENCRYPTION_KEY": keys})


@pytest.fixture
def encrypted(bench: Bench) -> Bench:
    """Under the old key: a dead letter of the mapping, one of TikTok that quotes a value, and a waiting event."""
    use(bench, OLD)
    bench.sandbox.fault("code", code=40002, message=f"Invalid value for user.email: '{QUOTED}'", event_id="e1")
    bench.put([purchase(0, custom_flags={"TikTok.URL": "www.shop.com/x"}), purchase(1)])
    bench.drain()
    bench.put([purchase(2)])
    return bench


def use(bench: Bench, keys: str) -> None:
    """Give the worker these keys, as a restart would."""
    bench.runtime.keyring = Keyring.from_text(keys)
    bench.runtime.codec = ChunkCodec(bench.runtime.keyring)


def test_nothing_of_an_event_is_readable_in_redis(encrypted: Bench) -> None:
    """Not TikTok's message either, which quotes it; --reveal shows all."""
    with pytest.raises(ChunkUnreadable):
        in_redis(encrypted.redis, PRIVATE)
    raw = b"".join(part for pair in encrypted.redis.hgetall("dead_letters:shop").items() for part in pair)
    assert not [private for private in PRIVATE if private.encode() in raw]
    listed = relay("dead-letters", "list", "--json", environ={"RELAY_ENCRYPTION_KEY": OLD})
    shown = relay("dead-letters", "list", "--json", "--reveal", environ={"RELAY_ENCRYPTION_KEY": OLD})
    without = relay("dead-letters", "list", "--json", "--reveal")
    result = [
        next(shown["message"] for shown in out.json if shown["stage"] == "delivery") for out in (listed, shown, without)
    ]
    assert result == [
        "Invalid value for user.email: '…'",
        f"Invalid value for user.email: '{QUOTED}'",
        ENCRYPTED_MESSAGE,
    ]


def test_an_old_key_is_needed_until_dead_letters_are_re_encrypted_and_lanes_are_empty(encrypted: Bench) -> None:
    """Each step is shown; after the last, everything works without the old key."""
    both = f"{NEW},{OLD}"
    result = run("usage", "--json", keys=both)
    former = {"key": 2, "chunks": 1, "dead_letters": 2, "needed": True}
    assert (result.exit_code, result.json["keys"][1]) == (0, former)
    assert run("re-encrypt", "--json", keys=both).json == {"re_encrypted": 2, "unchanged": 0, "undecryptable": 0}
    assert run("re-encrypt", "--json", keys=both).json == {"re_encrypted": 0, "unchanged": 2, "undecryptable": 0}
    assert run("usage", "--json", keys=both).json["keys"][1] == {**former, "dead_letters": 0}
    use(encrypted, both)
    encrypted.sandbox.clear_faults()
    encrypted.drain()
    assert "nothing in Redis needs it" in run("usage", keys=both).stdout
    assert run("usage", "--json", keys=NEW).json == {
        "keys": [{"key": 1, "chunks": 0, "dead_letters": 2, "needed": True}],
        "unencrypted": 0,
        "undecryptable": 0,
    }
    shown = relay("dead-letters", "list", "--json", "--reveal", environ={"RELAY_ENCRYPTION_KEY": NEW})
    assert QUOTED in shown.stdout
    assert encrypted.count("delivered", "dead_lettered", "waiting") == (1, 2, 0)


def test_data_that_need_a_missing_key_are_an_error(encrypted: Bench) -> None:
    """They stay unchanged."""
    result = run("usage", "--json", keys=NEW)
    assert (result.exit_code, result.json["undecryptable"]) == (1, 3)
    result = run("re-encrypt", "--json", keys=NEW)
    assert (result.exit_code, result.json) == (1, {"re_encrypted": 0, "unchanged": 0, "undecryptable": 2})
    assert run("usage", "--json", keys=OLD).exit_code == 0


def test_unencrypted_data_are_listed_and_dead_letters_are_encrypted(bench: Bench) -> None:
    """Waiting events stay as they are."""
    bench.put([purchase(0, custom_flags={})])
    bench.drain()
    bench.put([purchase(1)])
    assert run("usage", "--json", keys=NEW).json["unencrypted"] == 2
    assert run("re-encrypt", "--json", keys=NEW).json["re_encrypted"] == 1
    assert run("usage", "--json", keys=NEW).json["unencrypted"] == 1
    assert relay("secrets", "usage").exit_code == 1


@pytest.mark.parametrize(
    ("keys", "status", "words"),
    [
        (OLD, "ok", "a key is set"),
        (f"{NEW},{OLD}", "ok", "a key is set"),
        (NEW, "wrong", "3 of 3 sampled entries (waiting events, dead letters) cannot be decrypted with this key"),
        ("", "wrong", "3 of 3 sampled entries (waiting events, dead letters) cannot be decrypted without a key"),
    ],
    ids=["its key", "a former key", "a foreign key", "no key"],
)
def test_check_says_that_a_key_is_not_the_one_of_what_redis_holds(
    encrypted: Bench, keys: str, status: str, words: str
) -> None:
    """It names what to do; a key that decrypts everything is ok."""
    row = encryption_row(keys)
    assert (row["status"], row["found"]) == (status, words)
    assert ("after a comma" in row["remedy"]) is (status == "wrong")


def test_check_looks_at_a_bounded_sample(bench: Bench) -> None:
    """Of hundreds of dead letters it takes 100, and of several chunks one."""
    use(bench, OLD)
    bench.put([purchase(n, custom_flags={"TikTok.URL": "www.shop.com/x"}) for n in range(200)])
    bench.drain()
    assert bench.count("dead_lettered") == (200,)
    bench.put([purchase(201)], [purchase(202)], [purchase(203)])
    assert encryption_row(NEW)["found"].startswith("101 of 101 sampled entries ")
    assert encryption_row(f"{NEW},{OLD}")["status"] == "ok"


def test_check_with_a_damaged_dead_letter_does_not_blame_the_key(bench: Bench) -> None:
    """No key decrypts it, and another row is about it."""
    use(bench, OLD)
    bench.put([purchase(0, custom_flags={"TikTok.URL": "www.shop.com/x"})])
    bench.drain()
    (dead_letter_id,) = bench.redis.hkeys("dead_letters:shop")
    bench.redis.hset("dead_letters:shop", dead_letter_id, b"damaged")
    assert encryption_row(OLD)["status"] == "ok"


def encryption_row(keys: str) -> dict[str, str]:
    """Return the finding of `relay check` on encryption."""
    findings = relay("check", "--json", environ={"RELAY_ENCRYPTION_KEY": keys or None}).json
    return dict(next(each for each in findings if each["check"] == "encryption at rest"))
