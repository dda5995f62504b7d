"""The bodies that are counted: bulk posts of five-event batches."""

import json
from collections.abc import Iterator, Sequence
from random import Random
from typing import Final

from benchmarks.support.data import Json, batches, bulk

A_POST: Final = 100
"""Batches of a bulk post: with five events each, 500 events."""
EVENTS_A_BATCH: Final = 5
KINDS: Final = {
    "strangers": "each batch of another user; identities differ or are missing, a fifth of the phones has no country",
    "known": "a hundred users who come again, all with every identity",
}


def bodies(kind: str, posts: int, first: int = 0) -> list[bytes]:
    """Return the bodies of `posts` bulk posts; the same arguments give the same bytes."""
    if kind == "known":
        return [bulk(batches(A_POST, EVENTS_A_BATCH, seed=first + post)) for post in range(posts)]
    return [
        bulk([*_varied(batches(A_POST, EVENTS_A_BATCH, users=A_POST, seed=first + post), Random(first + post))])
        for post in range(posts)
    ]


def _varied(several: Sequence[bytes], random: Random) -> Iterator[bytes]:
    """Yield the batches with fewer identities, each with others, and some that mapping has a note on."""
    for encoded in several:
        batch: Json = json.loads(encoded)
        identities, attributes = batch["user_identities"], batch["user_attributes"]
        for name in list(identities):
            if random.random() < 0.4:
                del identities[name]
        for name in ("$FirstName", "$City", "$Zip", "$Country"):
            if random.random() < 0.3:
                del attributes[name]
        if random.random() < 0.2 and "mobile_number" in identities:
            identities["mobile_number"] = "030 123456"
        if random.random() < 0.2:
            identities["email"] = "none"
        if random.random() < 0.5:
            del batch["partner_identities"]
        yield json.dumps(batch, ensure_ascii=False).encode()
