"""`relay forget` leaves receipts, in Redis and in the archive: no identity is in them, and it says what stays."""

import hashlib
from typing import Any

import pytest
from support.archive import ArchiveBench, sha256
from support.events import batch, purchase
from support.terminal import relay

from lanes.receipts.blocks import merge_receipts, trim_receipts
from operations.archive.write import files_of

EMAIL = "user1@shop.example"
PERSON = batch(user=1)


def identities() -> list[bytes]:
    """Return every text that could tell who the person is: as sent, hashed, and as a digest."""
    texts = [str(value) for value in PERSON["user_identities"].values()]
    texts += [str(PERSON["ip"]), *(str(value) for value in PERSON["device_info"].values())]
    digests = [hashlib.sha256(text.encode()) for text in texts]
    return [
        *(text.encode() for text in texts),
        *(each.hexdigest().encode() for each in digests),
        *(each.digest() for each in digests),
    ]


def everything(client: Any) -> bytes:
    """Return what is in Redis of receipts, as it is stored."""
    keys = [*client.keys("receipts:*"), *client.keys("archive:*")]
    assert keys
    return b"".join(client.dump(key) for key in keys) + b"".join(
        value for key in keys if client.type(key) == b"list" for value in client.lrange(key, 0, -1)
    )


def forget(*options: str) -> str:
    """Erase the person; return what the command says."""
    return " ".join(relay("forget", "--identity", f"email={EMAIL}", *options).stderr.split())


def test_no_identity_is_in_what_stays(bench: ArchiveBench) -> None:
    """Neither in pieces, blocks and what waits for the archive, nor in its files."""
    bench.put([purchase(1)], shared=PERSON)
    bench.drain()
    bench.put([purchase(2)], shared=PERSON)
    forget()
    assert bench.count("waiting", "erased") == (0, 1)
    held = everything(bench.redis)
    merge_receipts(bench.redis, 64 << 20, 1)
    held += everything(bench.redis)
    bench.write()
    held += b"".join(bench.storage.get(file.path) for file in files_of(bench.storage))
    held += str(bench.rows()).encode()
    assert [text for text in identities() if text in held] == []
    rows = [(row["event_id_sha256"], row["outcome"]) for row in bench.rows()]
    assert sorted(rows) == sorted([(sha256("e1"), "delivered"), (sha256("e2"), "erased")])
    trim_receipts(bench.redis, 0)
    assert [item["outcome"] for item in relay("trace", "e1", "e2", "--json").json] == ["delivered", "erased"]


@pytest.mark.parametrize(
    ("days", "said"), [("30", "for 30 days (RELAY_ARCHIVE_DAYS)"), ("0", "until you remove its files")]
)
def test_it_says_what_stays_and_for_how_long(
    bench: ArchiveBench, monkeypatch: pytest.MonkeyPatch, days: str, said: str
) -> None:
    """In Redis since when; in the archive until when."""
    monkeypatch.setenv("RELAY_ARCHIVE_DAYS", days)
    bench.put([purchase(1)], shared=PERSON)
    bench.drain()
    since = relay("status", "--json").json["receipts"]["since"]
    answer = forget("--dry-run")
    assert f"Receipts stay in Redis until newer ones replace them; they reach back to {since}." in answer
    assert f"The archive {bench.runtime.settings.archive} keeps receipts {said}, with the SHA-256" in answer
    assert "no identity" in answer


def test_it_says_nothing_of_what_there_is_not(bench: ArchiveBench) -> None:
    """Without receipts, nothing stays."""
    bench.put([purchase(1)], shared=PERSON)
    answer = forget("--dry-run")
    assert "Receipts stay" not in answer
    assert "The archive" not in answer
