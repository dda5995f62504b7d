"""Keep users' profiles in Redis; its keys do not reveal the users.

`lanes/scripts/append.lua` adds to profiles in the script that appends events. What is under a key is described in
`store/scripts/profiles.lua`.
"""

import base64
import hmac
from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from hashlib import sha256
from typing import Any, Final, NamedTuple, Protocol

import msgspec
import redis

from store.diagnosis.trouble import translate_errors
from store.records.profile_links import came_together
from store.scripts import Scripts, pack

INDEX: Final = "profiles:index"
SUM: Final = "profiles:bytes"
DROPPED: Final = "profiles:dropped"
SHARE: Final = 4
"""Profiles may hold a quarter of Redis's memory at most, whatever their setting says."""
SWEEP_PAGE: Final = 100
_PURPOSE: Final = b"relay profiles"
_DIGEST_BYTES: Final = 16
_SAME_DIGITS: Final = 12
_PAGE: Final = 500


class Keyring(Protocol):
    """Encryption at rest; `derive_all` makes a secret for one purpose from each key, the newest key's first."""

    def encrypt_text(self, text: str, /) -> str: ...
    def decrypt_text(self, token: str, /) -> str: ...
    def derive_all(self, purpose: bytes, /) -> list[bytes]: ...


class Value(NamedTuple):
    """One value to remember: for `for_s` seconds since it was seen, `age_s` seconds ago.

    With `is_first_sight`, the time when it was seen first counts, however often it comes again.
    """

    name: str
    text: str
    for_s: int
    age_s: int
    is_first_sight: bool


class Update(NamedTuple):
    """What to add to the profile of one user; `answers_for_s` is how long the answers are remembered.

    Values are stored only if the user's newest answers permit it: not opted out, and where there is a `purpose`,
    consented to it. A no removes what is stored. With an `owner`, a kind of identity, the first subject names the user
    by that kind: under the other subjects, values of another user are removed.
    """

    subjects: Sequence[str]
    values: Sequence[Value] = ()
    opted_out: bool | None = None
    purpose: str | None = None
    consented: bool | None = None
    answers_for_s: int = 0
    owner: str | None = None


class Stored(msgspec.Struct, frozen=True):
    """A profile as scripts write it: values by name, and answers, each with when it was seen and when it expires.

    `w` has by kind of identity the name of the user whose values these are.
    """

    v: dict[str, tuple[str, int, int, str]] = {}
    o: tuple[int, int, int] | None = None
    g: dict[str, tuple[int, int, int]] = {}
    n: Any = None
    w: Any = None

    def is_of(self, kind: str, names: Collection[str]) -> bool:
        """Return whether its values are not those of another user than the one with these names of this kind."""
        owner = self.w.get(kind) if isinstance(self.w, dict) else None
        return owner is None or owner in names


class Usage(NamedTuple):
    """How many names have a profile, and in how many bytes of Redis's memory; how many were dropped to make room."""

    names: int
    bytes: int
    dropped: int = 0


_decode = msgspec.msgpack.Decoder(Stored).decode


class ProfileCodec:
    """Hides subjects and values; serves any number of threads. A subject is any text; Redis has only its digest.

    With a keyring, digests are keyed and values are encrypted. Without one, Redis has the events themselves readable.
    """

    def __init__(self, keyring: Keyring | None) -> None:
        self._keyring = keyring
        self._secrets = [*(keyring.derive_all(_PURPOSE) if keyring else ()), b""]
        self._encrypted = lru_cache(maxsize=4096)(self._encrypt)

    def every_name(self, subject: str) -> list[str]:
        """Return the names of a subject's profile: under the newest key, under former keys, and without a key."""
        return [_name(secret, subject) for secret in self._secrets]

    def describe(self, update: Update) -> dict[str, Any]:
        """Return an update as the scripts take it."""
        names = [self.every_name(subject) for subject in update.subjects]
        answers = {"opted_out": update.opted_out, "consented": update.consented}
        return {
            "names": [newest for newest, *_ in names],
            "former": [name for _, *former in names for name in former],
            "values": [self._described(value) for value in update.values],
            "purpose": update.purpose or "",
            "answers_s": update.answers_for_s,
            **({"owner": update.owner} if update.owner else {}),
            **{name: int(answer) for name, answer in answers.items() if answer is not None},
        }

    def _described(self, value: Value) -> list[str | int]:
        stored, digest = self._encrypted(value.text)
        return [value.name, stored, value.for_s, value.age_s, digest, int(value.is_first_sight)]

    def decode(self, packed: bytes) -> Stored | None:
        """Return a stored profile with its values decrypted; a value that no key decrypts is absent."""
        try:
            stored = _decode(packed)
        except msgspec.MsgspecError:
            return None
        values = {name: (text, *rest) for name, (sealed, *rest) in stored.v.items() if (text := self._decrypt(sealed))}
        return msgspec.structs.replace(stored, v=values)

    def _encrypt(self, text: str) -> tuple[str, str]:
        """Return the value as it is stored, and a digest that tells whether it is the same; "" for a readable value."""
        if self._keyring is None:
            return text, ""
        return self._keyring.encrypt_text(text), hmac.digest(self._secrets[0], text.encode(), "sha256").hex()[
            :_SAME_DIGITS
        ]

    def _decrypt(self, sealed: str) -> str | None:
        if self._keyring is None:
            return sealed
        try:
            return self._keyring.decrypt_text(sealed)
        except Exception:  # noqa: BLE001 - whatever a keyring raises means the same: no key fits
            return None


class ProfileStore:
    """Profiles by subject; serves any number of threads. `most_bytes` may be changed at any time."""

    def __init__(self, client: redis.Redis, codec: ProfileCodec, most_bytes: int = 0) -> None:
        self._codec, self._client = codec, client
        self._scripts = Scripts(client)
        self.most_bytes = most_bytes

    def names_of(self, subject: str) -> list[str]:
        """Return the names that a subject's profile may have."""
        return self._codec.every_name(subject)

    def recall(
        self, subjects: Collection[str], *, notes_use: bool = True, now_ms: int | None = None
    ) -> dict[str, Stored]:
        """Return the profiles of these subjects, in one round trip for up to 500; subjects without one are omitted.

        Raise RedisAway or RedisFull. `notes_use` keeps what is used longest.
        """
        found: dict[str, Stored] = {}
        every = [(subject, name) for subject in subjects for name in self._codec.every_name(subject)]
        for start in range(0, len(every), _PAGE):
            page = every[start : start + _PAGE]
            names = (name for _, name in page)
            replies = self._scripts.call("recall_profiles", int(notes_use), *names, now_ms=now_ms)
            for (subject, _), packed in zip(page, replies, strict=True):
                stored = self._codec.decode(packed) if packed else None
                if stored is not None:
                    found[subject] = joined(found[subject], stored) if subject in found else stored
        return found

    def remember(self, updates: Sequence[Update], now_ms: int | None = None) -> None:
        """Add to profiles, beyond `most_bytes` in place of the least recently used. Raise RedisAway or RedisFull."""
        described = [self._codec.describe(update) for update in updates]
        self._scripts.call(
            "remember_profiles", pack({"updates": described, "most_bytes": self.most_bytes}), now_ms=now_ms
        )

    def erase(self, subjects: Collection[str], *, dry_run: bool = False) -> int:
        """Remove the profiles of these subjects and of all that came together with them, under every key.

        Return how many there were (dry run: are). Raise RedisAway or RedisFull.
        """
        persons = [name.encode() for subject in subjects for name in self._codec.every_name(subject)]
        names = sorted(came_together(self._client, self._scripts, INDEX, persons)) if persons else []
        pages = [names[start : start + _PAGE] for start in range(0, len(names), _PAGE)]
        return sum(int(self._scripts.call("erase_profiles", int(not dry_run), *page)) for page in pages)

    def sweep(self, place: int, now_ms: int | None = None) -> int:
        """Remove what has expired from the next profiles; return the place of the next sweep, 0 after the last."""
        ask = {"place": place, "count": SWEEP_PAGE, "most_bytes": self.most_bytes}
        return int(self._scripts.call("sweep_profiles", pack(ask), now_ms=now_ms))


def profile_usage(client: redis.Redis) -> Usage:
    """Return how many names have a profile, and the memory of these. Raise RedisAway."""
    with translate_errors:
        return Usage(int(client.zcard(INDEX)), int(client.get(SUM) or 0), int(client.get(DROPPED) or 0))


def budget_of(setting: int, limit: int) -> int:
    """Return how many bytes profiles may use, where Redis's maxmemory is `limit` bytes, or 0 for none."""
    return min(setting, limit // SHARE) if limit else setting


def joined(newest: Stored, former: Stored) -> Stored:
    """Return one profile of two of the same subject; of values with the same name, those of the first.

    Where the first has an owner, the values of the other are left: its owner has another name there.
    """
    outs = [answer for answer in (newest.o, former.o) if answer is not None]
    consents: Mapping[str, tuple[int, int, int]] = {**former.g, **newest.g}
    values = newest.v if newest.w else {**former.v, **newest.v}
    newest_out = max(outs, key=lambda answer: answer[1], default=None)
    return Stored(values, newest_out, dict(consents), w=newest.w or former.w)


def _name(secret: bytes, subject: str) -> str:
    digest = hmac.digest(secret, subject.encode(), "sha256") if secret else sha256(subject.encode()).digest()
    return base64.urlsafe_b64encode(digest[:_DIGEST_BYTES]).rstrip(b"=").decode()
