"""Prepare what the append script writes: the shares of connections, and their chunks."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, TypeAlias

from lanes.errors import ArrivalTooLarge
from lanes.names import lane_name
from lanes.settlement import NO_RECEIPTS, Receipts
from store.scripts import pack

LARGEST_SCRIPT: Final = 4 * 1024 * 1024
LARGEST_WRITE: Final = 32 * 1024 * 1024
"""The most bytes that one script writes, so that Redis serves other clients again within milliseconds."""

Profiles: TypeAlias = Sequence[Mapping[str, Any]]
"""What is new in users' profiles, as `store/scripts/profiles.lua` takes it."""
PROFILE_BYTES: Final = 4_000
"""About how many bytes an update of a profile takes in memory."""
OVERHEAD: Final = 800
"""About how many bytes the description of a share takes in memory."""


@dataclass(frozen=True, slots=True)
class Share:
    """One connection's part of an arrival; `withheld` counts by rule.

    `chunk` is encoded and has the events that are neither unsupported nor withheld.
    """

    accepted: int
    unsupported: int = 0
    withheld: Mapping[str, int] = field(default_factory=dict)
    chunk: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Arrival:
    """Events of one input: `accepted` of them; no connection takes `unrouted` of these."""

    input: str
    accepted: int
    unrouted: int = 0
    shares: Mapping[str, Share] = field(default_factory=dict)


class AppendContents(NamedTuple):
    """What an append writes."""

    described: dict[str, Any]
    chunks: list[bytes]
    receipts: bytes = b""

    @property
    def events(self) -> int:
        """How many events arrived."""
        return sum([each["accepted"] for each in self.described["inputs"]])

    @property
    def memory(self) -> int:
        """About how many bytes of memory the append takes while it is kept."""
        profiles = PROFILE_BYTES * len(self.described.get("profiles", ()))
        shares = OVERHEAD * (1 + len(self.described["shares"]))
        return len(self.receipts) + sum(map(len, self.chunks)) + shares + profiles

    def arguments(self, **options: int | str) -> list[bytes]:
        """Return the script's arguments with these options; raise ArrivalTooLarge for more than one script takes.

        Profiles that do not fit beside the events are not written; a user's no always is.
        """
        self.described.update(options)
        packed = pack(self.described)
        rest = len(self.receipts) + sum(map(len, self.chunks))
        if len(packed) + rest > LARGEST_SCRIPT and (profiles := self.described.pop("profiles", None)):
            if refusals := [update for update in profiles if _says_no(update)]:
                self.described["profiles"] = refusals
            packed = pack(self.described)
        if len(packed) + rest > LARGEST_SCRIPT:
            raise ArrivalTooLarge
        return [packed, self.receipts, *self.chunks]


def _says_no(update: Mapping[str, Any]) -> bool:
    return update.get("opted_out") == 1 or update.get("consented") == 0


def append_contents(
    arrivals: Sequence[Arrival],
    choose_lane: Callable[[], int],
    receipts: Receipts = NO_RECEIPTS,
    profiles: Profiles = (),
) -> AppendContents:
    """Return what the arrivals write, with `receipts` of what is withheld and what is new in `profiles`.

    Raise ArrivalTooLarge for more than one script may write.

    A chunk of several shares, whose connections want the same events, is among the chunks once.
    """
    shares = [(connection, share) for arrival in arrivals for connection, share in arrival.shares.items()]
    places: dict[int, int] = {}
    chunks: list[bytes] = []
    written = 0
    described = []
    for connection, share in shares:
        chunk, place = share.chunk, 0
        if chunk:
            place = places.setdefault(id(chunk), len(chunks) + 1)
            if place > len(chunks):
                chunks.append(chunk)
            written += len(chunk)
        described.append(
            {
                "connection": connection,
                "lane": lane_name(connection, choose_lane()),
                "accepted": share.accepted,
                "unsupported": share.unsupported,
                "withheld": dict(share.withheld),
                "chunk": place,
            }
        )
    if written > LARGEST_WRITE:
        raise ArrivalTooLarge
    inputs = [{"id": arrival.input, "accepted": arrival.accepted, "unrouted": arrival.unrouted} for arrival in arrivals]
    about: dict[str, Any] = {"inputs": inputs, "shares": described}
    if receipts.number:
        about["receipts"] = receipts.described()
    if profiles:
        about["profiles"] = profiles
    return AppendContents(about, chunks, receipts.content)
