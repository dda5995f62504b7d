"""Measure the memory of Redis that a profile takes, for users of several shapes, and the size that relay counts."""

import random
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from benchmarks.report.figures import figure
from benchmarks.report.result import Result
from benchmarks.support.bed import Bed
from config.profiles.fields import PROFILE_FIELDS
from config.secrets import Keyring
from store.client import connect
from store.records.profiles import ProfileCodec, ProfileStore, Update, Value, profile_usage

NAMES: Final = 100_000
TOGETHER: Final = 200
WEB: Final = ("ttclid", "ttp", "ip", "user_agent", "email")


class Shape(NamedTuple):
    """Users with this number of identities, each of which has these fields."""

    what: str
    identities: int
    fields: Sequence[str]
    encrypted: bool = False


SHAPES: Final = (
    Shape("a click id", 1, ("ttclid",)),
    Shape("click id, cookie, address, agent, email", 1, WEB),
    Shape("the same, three identities", 3, WEB),
    Shape("the same, three identities, encrypted", 3, WEB, encrypted=True),
    Shape("all fields, three identities", 3, tuple(PROFILE_FIELDS)),
    Shape("an opt-out", 1, ()),
)


def run(quick: bool) -> list[Result]:
    """Store profiles of each shape in an empty server, and divide its memory by their number."""
    results = []
    for shape in SHAPES:
        names, counted, used = _measure(shape, NAMES // (10 if quick else 1))
        note = f"{names:,} identities; relay counts {counted / names:.0f} bytes for each"
        results.append(
            figure("profile_memory", shape.what, "bytes an identity", [used / names], better="less", note=note)
        )
    return results


def _measure(shape: Shape, names: int) -> tuple[int, int, int]:
    """Return how many identities have a profile, and their bytes: as relay counts them, and as the server does."""
    with Bed(durable=False) as bed, connect(bed.redis_url) as client:
        keyring = Keyring.from_text(Keyring.new_key()) if shape.encrypted else None
        store = ProfileStore(client, ProfileCodec(keyring), 1 << 40)
        store.remember([next(_updates(shape, 1))])
        store.erase(["email:0.0"])
        before = int(client.info("memory")["used_memory"])
        updates = list(_updates(shape, names // shape.identities))
        for start in range(0, len(updates), TOGETHER):
            store.remember(updates[start : start + TOGETHER])
        usage = profile_usage(client)
        return usage.names, usage.bytes, int(client.info("memory")["used_memory"]) - before


def _updates(shape: Shape, users: int) -> Iterator[Update]:
    rng = random.Random(18)
    for user in range(users):
        subjects = [f"email:{user}.{number}" for number in range(shape.identities)]
        values = [Value(name, _text(name, rng), 7 * 86_400, 0, name == "ttclid") for name in shape.fields]
        opted_out = True if not values else None
        yield Update(subjects, values, opted_out, answers_for_s=365 * 86_400)


def _text(name: str, rng: random.Random) -> str:
    """Return a value as long as those of this field are."""
    letters = "".join(rng.choices("0123456789abcdef", k=128))
    lengths = {"ip": 14, "user_agent": 120, "ttclid": 100, "ttp": 27, "city": 9, "state": 2, "country": 2}
    return letters[: lengths.get(name, 64)]
