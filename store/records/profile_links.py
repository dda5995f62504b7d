"""Find the profiles that came together with those of a person, directly or through others."""

from collections.abc import Collection
from typing import Final, cast

import redis

from store.diagnosis.trouble import translate_errors
from store.scripts import Scripts

PAGE: Final = 200


def came_together(client: redis.Redis, scripts: Scripts, index: str, names: Collection[bytes]) -> set[bytes]:
    """Return the names, and all that any chain of batches joins to them. Raise RedisAway or RedisFull.

    All profiles are read, a page at a time: a name between two others may have no profile any more, and a profile names
    only some of those that came with it.
    """
    sets = _Sets()
    cursor, is_first = 0, True
    while cursor or is_first:
        with translate_errors:
            cursor, page = client.zscan(index, cursor, count=PAGE)
        is_first = False
        found = [cast("bytes", name) for name, _ in page]
        for start in range(0, len(found), PAGE):
            some = found[start : start + PAGE]
            for name, others in zip(some, scripts.call("profile_links", *some), strict=True):
                for other in others:
                    sets.join(name, other)
    persons = {sets.root(name) for name in names}
    return {*names, *(name for name in sets.names if sets.root(name) in persons)}


class _Sets:
    """Disjoint sets of names; each is known by one of its names, the root."""

    def __init__(self) -> None:
        self.names: dict[bytes, bytes] = {}

    def root(self, name: bytes) -> bytes:
        while (above := self.names.get(name, name)) != name:
            self.names[name] = name = self.names[above]
        return name

    def join(self, one: bytes, other: bytes) -> None:
        for name in (one, other):
            self.names.setdefault(name, name)
        self.names[self.root(one)] = self.root(other)
