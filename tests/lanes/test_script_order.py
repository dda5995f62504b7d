"""A script that fails changes nothing: checked in the scripts' text, and tried with wrong arguments of every kind."""

import asyncio
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
import redis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.lua import Script, folder_of, script_names

from lanes.appends.arrivals import Append, Arrival, Share
from lanes.chunk import Batch, Chunk, ChunkCodec, Entry
from lanes.lanes import ClaimLimits, Lanes
from lanes.settlement import BatchSizing, Lease, Settlement, StoredDeadLetter
from store.client import connect, connect_async
from store.scripts import script_text

CODEC = ChunkCodec()
NOW = 1_000_000
PIECE = b"SHA-256 of the id, for archives.12345678 and what is said"
RECEIPTS = {"number": 1, "budget": 9_000, "archive": 9_000}
SCRIPTS = script_names()
READING = ("read_ledger", "read_page", "read_stored", "read_together", "probe")
"""Scripts that write nothing."""


@pytest.mark.parametrize("name", SCRIPTS)
def test_nothing_that_may_fail_comes_after_the_first_write(name: str) -> None:
    """No check, argument or decoding follows a write; in a loop that writes there is none, because it repeats."""
    steps = Script(name).steps()
    writes = [place for place, step in enumerate(steps) if step.kind == "write"]
    late = [step.what for step in steps[writes[0] :] if step.kind == "check"] if writes else []
    assert late == [], f"{name}.lua may fail after its first write: {late}"


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_is_given_every_function_that_it_calls(name: str) -> None:
    """A missing function would fail only where it is called, which may be after a write."""
    assert Script(name).unknown() == set()


def test_the_reader_sees_a_late_check() -> None:
    """Also one in a function, and one that a loop repeats. Otherwise the test above could not fail."""
    script = Script("renew")
    kinds = [step.kind for step in script.steps()]
    assert kinds[-2:] == ["write", "write"]
    assert set(kinds[:-2]) == {"check"}
    for words in ("check_text ( ARGV )", "check_chunk ( )", "for x in y do check_text ( x ) redis.call ( 'SET' ) end"):
        late = Script("renew")
        late.body += words.split()
        assert "check" in [step.kind for step in late.steps()][len(kinds) :]
    loop = Script("renew")
    loop.body = ["for", "x", "in", "y", "do", "check_text", "(", "x", ")", "redis.call", "(", "'SET'", ")", "end"]
    assert [step.kind for step in loop.steps()] == ["check", "write", "check", "write"]


def chunk_of(*ids: int) -> bytes:
    return CODEC.encode(Chunk("web", 5, [Batch(b"{}", [Entry(n, None, b"{}") for n in ids])]))


@pytest.fixture(scope="module")
def client(redis_server: str) -> Iterator[redis.Redis]:
    """A client of the emptied server."""
    client = connect(redis_server)
    yield client
    client.close()


async def append(url: str, *ids: int) -> None:
    """Append these events to a lane."""
    client = connect_async(url)
    share = Share(len(ids), chunk=chunk_of(*ids))
    await Append(client, choose_lane=lambda: 0).append([Arrival("web", len(ids), 0, {"shop": share})], NOW)
    await client.aclose()


def something_of_everything(client: redis.Redis, url: str) -> Lease:
    """Store a dead letter, waiting chunks and a lease; someone watches."""
    client.flushall()
    client.hset("live:watches", "w", f"{NOW + 9} wanted")
    lanes = Lanes(client)
    asyncio.run(append(url, 1, 2))
    asyncio.run(append(url, 3))
    lease = lanes.claim("shop:0", ClaimLimits(), NOW)
    assert isinstance(lease, Lease)
    dead_letters = [StoredDeadLetter("a", "why", b"content a", "s"), StoredDeadLetter("b", "why", b"content b", "s")]
    settled = lanes.settle(
        lease,
        Settlement(
            BatchSizing(), trim=1, counts={"dead_lettered": 2}, dead_letters=dead_letters, shared={"s": b"common"}
        ),
        ClaimLimits(),
        NOW,
    )
    assert isinstance(settled, Lease)
    return settled


def right_arguments(lease: Lease) -> dict[str, list[Any]]:
    """Each script's arguments as relay gives them; a dict stands for a packed argument."""
    claim = {
        "token": "t",
        "lease": 15_000,
        "events": 10,
        "bytes": 1000,
        "probe": 10,
        "gather": 20,
        "dead_letters": {"share": 0, "what": "", "fingerprint": ""},
    }
    settlement = {
        "token": lease.token,
        "head": lease.head,
        "probing": False,
        "trim": 1,
        "leftovers": 1,
        "delay": 0,
        "counts": {"dead_lettered": 1, "extra": 1},
        "days": {0: {"dead_lettered": 1}},
        "match_keys": {0: {"sent": 1}},
        "hours": {0: {"sent": [1, 0, 1]}},
        "receipts": RECEIPTS,
        "measures": {"seconds": 1},
        "posted": 0,
        "dead_letters": [["c", "why", 1]],
        "shared": ["s"],
        "share": claim["dead_letters"],
        "sizing": {"limit": 3},
        "trouble": True,
        "throttled": True,
        "last_error": "e",
        "refused": 1,
        "pause": {"state": "paused", "probes": 1},
        "circuit_breaker": {"pause": {"state": "paused"}, "events": 1, "requests": 1, "window": 5, "delay": 5},
    }
    share = {"connection": "shop", "lane": "shop:0", "accepted": 2, "unsupported": 0, "withheld": {"a": 1}, "chunk": 1}
    arrivals = {"max_backlog_bytes": 0, "inputs": [{"id": "web", "accepted": 2, "unrouted": 0}], "shares": [share]}
    arrivals["receipts"] = RECEIPTS
    update: dict[str, Any] = {"names": ["m", "n"], "former": ["f"], "values": [["email", "x", 9, 0, "", 0]]}
    update |= {"purpose": "ads", "consented": 1, "opted_out": 0, "answers_s": 9}
    arrivals |= {"profiles": [update], "profile_bytes": 600}
    dead_letter = {"id": "a", "sha1": "f" * 40, "lane": "shop:0"}
    return {
        "discard_backlog": [{"lane": "shop:1", "sha1s": [], "receipts": {"number": 0, "budget": 0}}, PIECE],
        "merge_receipts": [{"place": 0, "pieces": 1, "receipts": 1, "bytes": 9, "budget": 9_000}, b"block"],
        "trim_receipts": [0],
        "count_attempt": [[{"key": "k", "free": 1, "first": 1, "most": 9, "kept": 9}]],
        "replace_dead_letter": [{"connection": "shop", "id": "a", "sha1": "f" * 40, "whole": True}, b"corrected"],
        "replace_shared_part": [{"connection": "shop", "id": "s", "sha1": "f" * 40}, b"anew"],
        "append": [arrivals, PIECE, chunk_of(7)],
        "add_counts": [{"name": "http", "process": "p", "number": 1, "keep_ms": 9, "counts": {"x": 1}}],
        "claim": ["shop:0", claim],
        "remove_dead_letters": [
            {"connection": "shop", "ids": ["a", "zz"], "counter": "dead_letters_discarded", "receipts": RECEIPTS},
            PIECE,
            PIECE,
        ],
        "erase": [{"lane": "shop:0", "edits": [{"place": 0, "sha1": "f" * 40, "receipts": RECEIPTS}]}, b"", PIECE],
        "set_pause": ["shop", "paused", 5, {"by": "operator"}],
        "keep_session": ["k", "value", 5],
        "take_live": ["w", "wanted", 9, 2],
        "show_live": [{"most_bytes": 9, "ms": 9, "watches": [{"id": "w", "left_out": 1, "lines": [1, 2]}]}, b"1", b"2"],
        "replace_note": ["shop", "", "note"],
        "mark_posted": ["shop:0", lease.token, lease.head, 1],
        "remove_days": ["shop", 5, 5],
        "remove_hours": ["shop", 5, 5],
        "remember_profiles": [{"updates": [update], "most_bytes": 600}],
        "recall_profiles": [1, "m", "n"],
        "erase_profiles": [1, "m", "n"],
        "profile_links": ["m", "n"],
        "sweep_profiles": [{"place": 0, "count": 2, "most_bytes": 600}],
        "renew": ["shop:0", lease.token, 15_000],
        "replay": [{"connection": "shop", "dead_letters": [dead_letter], "receipts": RECEIPTS}, chunk_of(8), PIECE],
        "settle": ["shop:0", settlement, claim, chunk_of(3), b"content c", b"common", PIECE],
        "acquire_leadership": ["t", 5, "alerts"],
        "close_portion": [{"bytes": 1, "pieces": 9, "series": "s"}],
        "remove_portion": [1, 0],
        "discard_archive": [],
        "wake": [2_000, 15_000],
    }


WRONG: tuple[Any, ...] = (
    None,
    "",
    "x",
    -1,
    0.5,
    2**60,
    float("nan"),
    float("inf"),
    True,
    [],
    {},
    [[]],
    {"x": None},
    b"\xff",
)


def places_in(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path to every value inside a structure."""
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from places_in(inner, (*path, key))


def replaced(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    """Return the structure with another value at that place."""
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = replaced(copy[path[0]], path[1:], new)
    return copy


def packed(argument: Any) -> Any:
    """Return the argument as a script gets it; a value that cannot be an argument becomes an empty text."""
    if isinstance(argument, dict | list):
        return msgspec.msgpack.encode(_texts(argument))
    return "" if argument is None else str(argument) if isinstance(argument, bool | float) else argument


def _texts(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _texts(inner) for key, inner in value.items()}
    return [_texts(inner) for inner in value] if isinstance(value, list) else value


def contents(client: redis.Redis) -> dict[bytes, bytes | None]:
    """Return everything that Redis holds."""
    return {key: client.dump(key) for key in client.scan_iter(count=1000)}


@pytest.mark.parametrize("name", [name for name in SCRIPTS if name not in READING])
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_script_that_fails_has_changed_nothing(
    name: str, data: st.DataObject, client: redis.Redis, redis_server: str
) -> None:
    """One argument, or one value in it, is wrong: the script refuses or accepts all of it, and the ledger balances."""
    lease = something_of_everything(client, redis_server)
    arguments = right_arguments(lease)[name]
    if not arguments:
        return
    places = list(places_in(arguments))[1:]
    wrong = replaced(arguments, data.draw(st.sampled_from(places)), data.draw(st.sampled_from(WRONG)))
    before = contents(client)
    try:
        client.eval(script_text(name, folder_of(name)), 0, NOW, *map(packed, wrong))
    except redis.ResponseError:
        assert contents(client) == before


@pytest.mark.parametrize("name", [name for name in SCRIPTS if name not in READING])
def test_the_right_arguments_are_taken(name: str, client: redis.Redis, redis_server: str) -> None:
    """Otherwise the test above would try nothing."""
    lease = something_of_everything(client, redis_server)
    client.eval(script_text(name, folder_of(name)), 0, NOW, *map(packed, right_arguments(lease)[name]))
