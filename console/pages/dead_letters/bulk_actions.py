"""Sending dead letters again and discarding them: one, those of a filter, or all, step by step, with how far it is.

Each answer is a step; the page asks for the next by itself. Nothing is kept here between them, so any process may
answer any of them, and closing the page stops it: what has gone has gone, once.
"""

from dataclasses import dataclass, field
from typing import Final

from starlette.responses import Response

from console.filters import fields_of, query_of
from console.request import PageRequest
from console.services import Services
from operations.dead_letters.query import DeadLetterQuery, Found
from operations.dead_letters.replay import Result, discard_all, late_among, late_question, replay_all, run_step
from operations.dead_letters.store import DeadLetterStore

MOST_REASONS: Final = 5
_MOST_MS: Final = 10**14


@dataclass(slots=True)
class Progress:
    """How far it is: what the page brings back with every step."""

    until: int
    """Only letters that had died by then, Unix milliseconds: what dies on the way is not meant."""
    total: int
    after: str = ""
    done: int = 0
    left: int = 0
    why: list[str] = field(default_factory=list)

    def add(self, step: Result) -> None:
        """What became of one more step."""
        self.after = step.last or self.after
        self.done += len(step.done)
        self.left += len(step.left)
        self.why = list(dict.fromkeys([*self.why, *(why for _, why in step.left)]))[:MOST_REASONS]


def replay(services: Services, request: PageRequest) -> Response:
    """Send those of the filter again."""
    return replay_found(services, request, query_of(request))


def replay_found(services: Services, request: PageRequest, query: DeadLetterQuery) -> Response:
    """Send these again: the first step, or the next; before the first it asks, where some are late."""
    store = services.store()
    progress, found = _begin(services, request, store, query)
    asked = request.field("late") or request.field("until")
    late = set() if asked else late_among(found.oldest(), store.now_ms())
    if late:
        numbers = {"late": len(late), "total": len(found)}
        return services.page(
            request,
            "dead_letters/confirm_late.html",
            fields=fields_of(query),
            question=late_question(len(late)),
            **numbers,
        )
    send_late = request.field("late") == "send"
    step = run_step(replay_all(store, found.oldest(), services.replay_previews(store), send_late=send_late))
    return _answer(services, request, query, progress, step, "replay")


def discard(services: Services, request: PageRequest) -> Response:
    """Throw those of the filter away; it asks before."""
    store, query = services.store(), query_of(request)
    progress, found = _begin(services, request, store, query)
    if len(found) and not request.field("sure"):
        return services.page(request, "dead_letters/confirm_discard.html", fields=fields_of(query), total=len(found))
    return _answer(services, request, query, progress, run_step(discard_all(store, found.oldest())), "discard")


def _begin(
    services: Services, request: PageRequest, store: DeadLetterStore, query: DeadLetterQuery
) -> tuple[Progress, Found]:
    """Where it is, and the letters that are still to come."""
    until = request.number("until", 0, _MOST_MS) or store.now_ms()
    after = request.field("after")
    found = services.index.find(store.connections, query.between(after, until))
    progress = Progress(
        until=until,
        total=request.number("total", len(found), _MOST_MS),
        after=after,
        done=request.number("done", 0, _MOST_MS),
        left=request.number("left", 0, _MOST_MS),
        why=list(request.form.get("why", ())),
    )
    return progress, found


def _answer(
    services: Services, request: PageRequest, query: DeadLetterQuery, progress: Progress, step: Result, what: str
) -> Response:
    progress.add(step)
    return services.page(
        request,
        "dead_letters/progress_part.html" if request.partial else "dead_letters/progress.html",
        what=what,
        progress=progress,
        finished=step.finished,
        fields=fields_of(query),
        late=request.field("late"),
    )
