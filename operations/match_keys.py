"""Count match keys: how many delivered events carried each, and how many lost one and why; by day and TikTok event."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final

import redis

from lanes.daily_counts import day_of, read_match_keys
from mapping.match_keys import MATCH_KEYS
from operations.status.daily import EPOCH, MOST_DAYS

SENT: Final = "sent"
_CARRIED: Final = "carried"
_FILLED: Final = "filled"
LOST: Final = "lost"
BETWEEN: Final = "\t"


def sent(tiktok_event: str) -> str:
    """Return the name that counts delivered events of this TikTok event."""
    return BETWEEN.join((SENT, tiktok_event))


def carried(tiktok_event: str, code: str) -> str:
    """Return the name that counts those of them that were sent with this match key, filled or not."""
    return BETWEEN.join((_CARRIED, tiktok_event, code))


def filled(tiktok_event: str, code: str) -> str:
    """Return the name that counts those of them whose match key came from the user's profile."""
    return BETWEEN.join((_FILLED, tiktok_event, code))


def lost(tiktok_event: str, code: str, why: str) -> str:
    """Return the name that counts those that came with this match key and were sent without it."""
    return BETWEEN.join((LOST, tiktok_event, code, why))


@dataclass(slots=True)
class KeyCounts:
    """The events of one TikTok event that were delivered, and their match keys: carried, filled from profiles, lost."""

    events: int = 0
    sent: Counter[str] = field(default_factory=Counter)
    """With the match key, filled or not; by code."""
    filled: Counter[str] = field(default_factory=Counter)
    lost: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By code and reason."""

    def why_lost(self, code: str) -> list[tuple[str, int]]:
        """Return why events lost this match key, the most frequent reason first."""
        return [(why, number) for (key, why), number in self.lost.most_common() if key == code]

    def carried(self, code: str) -> int:
        """Return how many events came with this match key and were sent with it."""
        return max(0, self.sent[code] - self.filled[code])

    def absent(self, code: str) -> int:
        """Return how many events came and went without this match key."""
        return max(0, self.events - self.sent[code] - sum(number for _, number in self.why_lost(code)))

    def share(self, code: str) -> float | None:
        """Return the part of the events that were sent with this match key; None without events."""
        return self.sent[code] / self.events if self.events else None

    def add(self, other: "KeyCounts") -> None:
        """Add other counts."""
        self.events += other.events
        self.sent.update(other.sent)
        self.filled.update(other.filled)
        self.lost.update(other.lost)

    def as_object(self) -> dict[str, Any]:
        """Return the counts as `relay status --match-keys --json` shows them."""
        keys = {
            key.code: {
                "carried": self.carried(key.code),
                "filled": self.filled[key.code],
                "lost": dict(self.why_lost(key.code)),
                "absent": self.absent(key.code),
            }
            for key in MATCH_KEYS
        }
        return {"events": self.events, "match_keys": keys}


@dataclass(slots=True)
class MatchKeyDay:
    """The events that one connection received on one day (UTC) and delivered, by TikTok event."""

    connection: str
    date: date
    events: dict[str, KeyCounts] = field(default_factory=dict)

    def add(self, counts: Iterable[tuple[str, int]]) -> None:
        """Add counters by name."""
        for name, number in counts:
            match name.split(BETWEEN):
                case [kind, event] if kind == SENT:
                    self._of(event).events += number
                case [kind, event, code] if kind == _CARRIED:
                    self._of(event).sent[code] += number
                case [kind, event, code] if kind == _FILLED:
                    self._of(event).filled[code] += number
                case [kind, event, code, why] if kind == LOST:
                    self._of(event).lost[code, why] += number

    def _of(self, event: str) -> KeyCounts:
        return self.events.setdefault(event, KeyCounts())

    def together(self) -> KeyCounts:
        """Return the counts of all TikTok events together."""
        total = KeyCounts()
        for counts in self.events.values():
            total.add(counts)
        return total


def match_key_days(client: redis.Redis, connections: Sequence[str], number: int, now_ms: int) -> list[MatchKeyDay]:
    """Return the last `number` days of these connections, today first. Raise RedisAway."""
    today = day_of(now_ms)
    numbers = range(today, today - min(number, MOST_DAYS), -1)
    wanted = [(connection, day) for day in numbers for connection in connections]
    days = []
    for (connection, day), counts in zip(wanted, read_match_keys(client, wanted), strict=True):
        days.append(MatchKeyDay(connection, EPOCH + timedelta(days=day)))
        days[-1].add(counts.items())
    return days
