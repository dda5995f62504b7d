"""`relay forget`: how a person is named, what is erased, what is not, and what is never printed."""

from collections.abc import Callable, Collection, Iterator

import pytest
from support.bench import Bench
from support.events import as_json, batch, purchase
from support.terminal import relay

from cli.context import settings_here
from config.file import load
from config.secrets import Keyring
from delivery.dead_letter import DeadLetter
from lanes.chunk import Batch, Chunk, Entry
from lanes.lanes import ClaimLimits
from lanes.settlement import BatchSizing, Lease, Settlement
from mapping.incoming.invalid_batch import NO_BATCH
from mapping.people.identities import Identity
from operations.dead_letters.store import DeadLetterStore
from operations.erasure import Eraser
from store.records.profiles import ProfileCodec, ProfileStore, Update, Value

EMAIL = "user0@shop.example"
JOE = batch(user=1)


def eraser(
    bench: Bench,
    sleep: Callable[[float], None] = lambda _: None,
    monotonic: Callable[[], float] = lambda: 0.0,
    store: type[DeadLetterStore] = DeadLetterStore,
) -> Eraser:
    """Return an eraser for user0 with the test's clock."""
    found = store(settings_here(), bench.redis)
    return Eraser(found, load(bench.path), [Identity("email", EMAIL)], sleep=sleep, monotonic=monotonic)


@pytest.fixture
def waiting(bench: Bench) -> Bench:
    """Let two events of user0 and one of another user wait in two chunks; an event of user0 is a dead letter."""
    bench.put([purchase(1, custom_flags={"TikTok.URL": "www.shop.com/x"})])
    bench.drain()
    bench.put([purchase(2)], [purchase(3)])
    bench.put([purchase(4)], shared=JOE)
    return bench


def test_a_persons_data_are_erased_and_counted(waiting: Bench) -> None:
    """Waiting events as erased, dead letters as erased dead letters; a second run finds nothing."""
    result = relay("forget", "--identity", f"email= {EMAIL.upper()} ", "--json")
    assert result.exit_code == 0
    [shop] = result.json["connections"]
    assert (shop["id"], shop["events"], shop["dead_letters"]) == ("shop", 2, 1)
    assert (result.json["complete"], result.json["on_disk"]) == (True, "no file")
    assert waiting.count("waiting", "erased", "dead_letters_erased") == (1, 2, 1)
    again = relay("forget", "--identity", f"email={EMAIL}", "--json")
    assert (again.exit_code, again.json["connections"][0]["events"]) == (0, 0)
    waiting.drain()
    assert waiting.count("delivered", "waiting") == (1, 0)


def test_a_dry_run_counts_and_erases_nothing(waiting: Bench) -> None:
    """The same figures, in words for people."""
    result = relay("forget", "--identity", f"email={EMAIL}", "--dry-run")
    assert result.exit_code == 0
    assert "would be erased: 2 waiting events, 1 dead letter, 0 profiles" in result.stderr
    assert waiting.count("waiting", "erased", "dead_letters_erased") == (3, 0, 0)
    assert relay("forget", "--past", "--json").json == []


@pytest.mark.parametrize(
    ("arguments", "stdin"),
    [
        (["--identity", "email=-"], f"{EMAIL}\n"),
        (["--identity-file", "-"], f"\nemail={EMAIL}\nmpid=77\n"),
        (["--identity", "mpid=-", "--identity", "email=-"], f"77\n{EMAIL}\n"),
    ],
)
def test_identities_from_stdin_are_printed_nowhere(waiting: Bench, arguments: list[str], stdin: str) -> None:
    """Neither the answer nor the log nor the audit log says who it was."""
    result = relay("forget", *arguments, stdin=stdin.encode())
    assert result.exit_code == 0
    assert waiting.count("erased") == (2,)
    past = relay("forget", "--past", "--json")
    assert [entry["events"] for entry in past.json] == [2]
    assert "person_erased" in result.stderr
    assert EMAIL not in result.stdout + result.stderr + past.stdout + relay("forget", "--past").stdout


def test_a_number_that_may_be_missed_is_warned_about(waiting: Bench) -> None:
    """Without a country it could be anyone's; with one it is read."""
    assert "country code" in relay("forget", "--identity", "mobile_number=0171 1234567", "--dry-run").stderr
    assert "country code" not in relay("forget", "--identity", "mobile_number=+491711234567", "--dry-run").stderr


def test_a_person_of_whom_nothing_is_found_may_be_a_typing_error(waiting: Bench) -> None:
    """Both said on stderr: no address, and nothing found; neither for a person who is found."""
    wrong = relay("forget", "--identity", "email=user0 shop.example", "--dry-run")
    assert "email: not an email address, so relay finds the same text only." in wrong.stderr
    assert "Nothing of this person was found. Check the identities" in wrong.stderr
    right = relay("forget", "--identity", f"email={EMAIL}", "--dry-run")
    assert "not an email address" not in right.stderr
    assert "Nothing of this person" not in right.stderr


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ([], "No person given."),
        (["--identity", EMAIL], "write TYPE=VALUE"),
        (["--identity", f"emial={EMAIL}"], 'Did you mean "email"?'),
        (["--identity", f"{EMAIL}=x"], 'Unknown identity type "…"'),
        (["--identity", "email= "], "is empty"),
    ],
)
def test_wrong_use_quotes_no_value(bench: Bench, arguments: list[str], why: str) -> None:
    """Exit code 2, with what is allowed."""
    result = relay("forget", *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert why in result.stderr
    assert EMAIL not in result.stderr


def test_erasure_waits_for_events_under_a_lease(waiting: Bench) -> None:
    """The worker settles them; the rest of the lane does not wait."""
    lease = waiting.runtime.lanes.claim("shop:0", ClaimLimits(events=1))
    assert isinstance(lease, Lease)
    slept: list[tuple[int, ...]] = []

    def sleep(_: float) -> None:
        slept.append(waiting.count("waiting", "erased"))
        waiting.runtime.lanes.settle(lease, Settlement(BatchSizing(), 1, [], {"delivered": 1}))

    erasure = eraser(waiting, sleep).erase(ProfileStore(waiting.redis, ProfileCodec(None)))
    assert slept == [(2, 1)]
    assert (erasure.is_complete, erasure.events) == (True, 1)
    assert waiting.count("delivered", "erased", "waiting") == (1, 1, 1)


def test_a_lease_that_never_ends_is_reported(waiting: Bench) -> None:
    """After a minute, so that no one believes the erasure is complete."""
    assert isinstance(waiting.runtime.lanes.claim("shop:0", ClaimLimits(events=1)), Lease)
    time = [0.0]

    def sleep(seconds: float) -> None:
        time[0] += seconds

    erasure = eraser(waiting, sleep, lambda: time[0]).erase(ProfileStore(waiting.redis, ProfileCodec(None)))
    assert [connection.in_delivery for connection in erasure.connections] == [1]
    assert not erasure.is_complete
    assert 60 <= time[0] < 62


def test_what_cannot_be_decrypted_is_reported(waiting: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """It may hold the person's data, so it is an error with what to do."""
    other = Keyring([Keyring.new_key()])
    [sealed] = [waiting.redis.lindex("lane:shop:0", 0)]
    codec = type(waiting.runtime.codec)(other)
    waiting.redis.lset("lane:shop:0", 0, codec.encode(waiting.runtime.codec.decode(sealed)))
    result = relay("forget", "--identity", f"email={EMAIL}", "--json")
    assert (result.exit_code, result.json["complete"], result.json["connections"][0]["unreadable"]) == (1, False, 1)
    assert "RELAY_ENCRYPTION_KEY" in result.stderr
    assert waiting.count("erased") == (1,)


def test_a_dead_letter_that_is_replayed_meanwhile_is_found_in_its_lane(waiting: Bench) -> None:
    """Otherwise a replay at the same moment would keep it."""

    class Busy(DeadLetterStore):
        def dead_letters(self, connections: Collection[str]) -> Iterator[DeadLetter]:
            relay("dead-letters", "replay", "--all", "--yes")
            return super().dead_letters(connections)

    erasure = eraser(waiting, store=Busy).erase(ProfileStore(waiting.redis, ProfileCodec(None)))
    assert (erasure.events, erasure.dead_letters) == (3, 0)
    assert waiting.count("waiting", "erased", "replayed") == (1, 3, 1)


def test_a_person_whose_events_keep_arriving_is_not_called_erased(waiting: Bench) -> None:
    """Each pass finds something new; after some passes the command reports it instead of trying for ever."""

    class Arriving(DeadLetterStore):
        def dead_letters(self, connections: Collection[str]) -> Iterator[DeadLetter]:
            waiting.put([purchase(9)])
            return super().dead_letters(connections)

    erasure = eraser(waiting, store=Arriving).erase(ProfileStore(waiting.redis, ProfileCodec(None)))
    assert (erasure.keeps_coming, erasure.is_complete) == (True, False)
    assert erasure.events == 2 + 4
    assert waiting.count("waiting") == (2,)


def test_profiles_are_erased_under_every_key(waiting: Bench) -> None:
    """Also those stored before there was a key."""
    old, new = Keyring.new_key(), Keyring.new_key()
    for keyring in (None, Keyring([old]), Keyring([new, old])):
        store = ProfileStore(waiting.redis, ProfileCodec(keyring), 1 << 20)
        store.remember([Update([name], [Value("ttp", "x", 100, 0, False)]) for name in ("jane", "joe")])
    memory = ProfileStore(waiting.redis, ProfileCodec(Keyring([new, old])))
    assert memory.erase(["jane"], dry_run=True) == memory.erase(["jane"]) == 3
    assert memory.erase(["jane"]) == 0
    assert memory.erase(["joe"]) == 3


UNREADABLE_MPID = '{"environment": "production", "mpid": 1e400, "user_identities": {"email": "%s"}}'


def put_raw(bench: Bench, shared: bytes, *events: bytes) -> None:
    """Store a chunk as ingest stores it, from any JSON."""
    entries = [Entry(place, f"generated-{place}", event) for place, event in enumerate(events)]
    chunk = bench.runtime.codec.encode(Chunk("web", 1, [Batch(shared, entries)]))
    bench.redis.delete("lane:shop:0", "lane:shop:0:sizes")
    bench.put([purchase(place) for place in range(len(events))])
    bench.redis.lset("lane:shop:0", 0, chunk)
    bench.redis.lset("lane:shop:0:sizes", 0, f"{len(events)}:{len(chunk)}")


def test_a_number_too_large_beside_it_hides_no_person(bench: Bench) -> None:
    """Before, forget said that it was complete, and the address went to TikTok."""
    put_raw(bench, (UNREADABLE_MPID % EMAIL).encode(), as_json(purchase(1)))
    result = relay("forget", "--identity", f"email={EMAIL}", "--json")
    assert (result.exit_code, result.json["complete"], result.json["connections"][0]["events"]) == (0, True, 1)
    bench.drain()
    assert bench.sandbox.events() == []


def test_what_cannot_be_read_is_counted_and_ends_with_1(bench: Bench) -> None:
    """It may hold the person's data; a sentence says what to do."""
    put_raw(bench, b'{"user_identities": ' + b"[" * 20_000 + b"]" * 20_000 + b"}", as_json(purchase(1)))
    result = relay("forget", "--identity", f"email={EMAIL}")
    assert result.exit_code == 1
    assert "1 chunk or dead letter cannot be read and may hold data of this person" in result.stderr
    assert relay("forget", "--identity", f"email={EMAIL}", "--json").json["connections"][0]["unreadable"] == 1


def test_an_invalid_batch_is_searched_as_text(bench: Bench) -> None:
    """While it waits and as a dead letter; its neighbours stay."""
    put_raw(bench, NO_BATCH, b"null", f'"{EMAIL}"'.encode(), b'"joe@shop.example"')
    result = relay("forget", "--identity", f"email={EMAIL}", "--json")
    assert (result.exit_code, result.json["connections"][0]["events"]) == (0, 1)
    bench.drain()
    assert bench.count("dead_lettered", "waiting", "erased") == (2, 0, 1)
    assert relay("forget", "--identity", "email=JOE@shop.example", "--json").json["connections"][0]["dead_letters"] == 1
    assert bench.reading().dead_letters == 1
