"""Record what the sandbox received: how often each id came, and the newest events and refusals as a whole."""

from collections import Counter, deque
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec

from sandbox.inspection import Refusal, Submission
from sandbox.rules import LEGACY


class AcceptedEvent(msgspec.Struct, frozen=True):
    """One accepted event as it arrived."""

    endpoint: str
    event_source: str | None
    event_source_id: str | None
    pixel_code: str | None
    test_event_code: str | None
    event: str
    event_id: str | None
    request_id: str
    at: str
    body: msgspec.Raw


class RefusedRequest(msgspec.Struct, frozen=True):
    """One refused request."""

    endpoint: str
    code: int
    message: str
    request_id: str
    events: int


class ReceivedEvents:
    """Counts every (event source, event, event_id); keeps the newest `keep` events and 100 refusals as a whole."""

    def __init__(self, keep: int) -> None:
        self._keep = keep
        self.clear()

    def clear(self) -> None:
        """Delete all events, refusals and counts."""
        self.requests = 0
        self.refused: Counter[int] = Counter()
        self.faults: Counter[str] = Counter()
        self.refusals: deque[RefusedRequest] = deque(maxlen=100)
        self._newest: deque[AcceptedEvent] = deque(maxlen=self._keep)
        self._times: dict[tuple[str, str], Counter[str]] = {}
        self._without_id: Counter[tuple[str, str]] = Counter()

    def accept(self, submission: Submission, events: Iterable[dict[str, Any]], request_id: str, now: datetime) -> None:
        """Record `events` of an accepted request."""
        body, source = submission.body, str(submission.source)
        legacy = submission.endpoint is LEGACY
        at = now.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        for event in events:
            name, event_id = event["event"], event.get("event_id")
            self._count(source, name, event_id)
            self._newest.append(
                AcceptedEvent(
                    endpoint=submission.endpoint.path,
                    event_source=body.get("event_source"),
                    event_source_id=None if legacy else source,
                    pixel_code=source if legacy else None,
                    test_event_code=body.get("test_event_code"),
                    event=name,
                    event_id=event_id,
                    request_id=request_id,
                    at=at,
                    body=msgspec.Raw(msgspec.json.encode(event)),
                )
            )

    def _count(self, source: str, name: str, event_id: str | None) -> None:
        if event_id is None:
            self._without_id[source, name] += 1
        else:
            self._times.setdefault((source, name), Counter())[event_id] += 1

    def refuse(self, path: str, refusal: Refusal, request_id: str, events: int) -> None:
        """Record a request that was refused."""
        self.refused[refusal.code] += 1
        self.refusals.append(RefusedRequest(path, refusal.code, refusal.message, request_id, events))

    def events(self) -> Iterator[dict[str, Any]]:
        """Yield the newest events, oldest first, each with the number of times it came by now."""
        for accepted in self._newest:
            source = accepted.event_source_id or accepted.pixel_code or ""
            count = 1 if accepted.event_id is None else self._times[source, accepted.event][accepted.event_id]
            yield {**msgspec.structs.asdict(accepted), "count": count}

    def ids(self) -> Iterator[tuple[str, str, str, int]]:
        """Yield every (event source id, event, event_id, number of times)."""
        for (source, name), times in self._times.items():
            for event_id, count in times.items():
                yield source, name, event_id, count

    def summary(self) -> dict[str, Any]:
        """Return counts: `events` received, `distinct` as TikTok counts them, and the difference, `duplicates`."""
        sources: dict[str, dict[str, dict[str, int]]] = {}
        for source, name in {*self._times, *self._without_id}:
            sources.setdefault(source, {})[name] = self._counts(source, name)
        totals = [counts for names in sources.values() for counts in names.values()]
        return {
            "requests": self.requests,
            "refused": {str(code): times for code, times in sorted(self.refused.items())},
            "faults": dict(self.faults),
            **{what: sum(counts[what] for counts in totals) for what in ("events", "distinct", "duplicates")},
            "sources": sources,
        }

    def _counts(self, source: str, name: str) -> dict[str, int]:
        times = self._times.get((source, name), Counter[str]())
        without_id = self._without_id[source, name]
        events, distinct = times.total() + without_id, len(times) + without_id
        return {"events": events, "distinct": distinct, "duplicates": events - distinct}
