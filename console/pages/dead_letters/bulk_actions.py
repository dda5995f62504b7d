"""Replay or discard dead letters: one, those of a filter, or all, step by step, with a progress bar.

Each request does one step, and the page requests the next. The page holds the progress, not the server, so any process
may do any step. Closing the page stops the action; what was replayed or discarded until then stays so.
"""

from dataclasses import dataclass, field
from typing import Final

from starlette.responses import Response

from console.filters import fields_of, query_of
from console.request import PageRequest
from console.services import Services
from operations.dead_letters.query import DeadLetterQuery, Found
from operations.dead_letters.replay import (
    REPLAYED,
    Result,
    discard_all,
    late_among,
    late_question,
    replay_all,
    run_step,
)
from operations.dead_letters.store import DeadLetterStore

MOST_REASONS: Final = 5
_MOST_MS: Final = 10**14


@dataclass(slots=True)
class Progress:
    """The progress of an action, which the page sends back with every step."""

    until: int
    """Only dead letters that existed then, Unix milliseconds: those added during the action are not included."""
    total: int
    after: str = ""
    done: int = 0
    left: int = 0
    reasons: list[str] = field(default_factory=list)

    def add(self, step: Result) -> None:
        """Add the result of one more step."""
        self.after = step.last or self.after
        self.done += len(step.done)
        self.left += len(step.left)
        self.reasons = list(dict.fromkeys([*self.reasons, *(reason for _, reason in step.left)]))[:MOST_REASONS]


def replay(services: Services, request: PageRequest) -> Response:
    """Replay the dead letters of the filter."""
    return replay_found(services, request, query_of(request))


def replay_found(services: Services, request: PageRequest, query: DeadLetterQuery) -> Response:
    """Do one step of a replay. Before the first step, ask the operator if some events are late."""
    store = services.store()
    progress, found = _begin(services, request, store, query)
    has_answer = request.field("late") or request.field("until")
    late = set() if has_answer else late_among(found.oldest(), store.now_ms())
    if late:
        return services.page(
            request,
            "dead_letters/confirm_late.html",
            fields=fields_of(query),
            question=late_question(len(late)),
            late=len(late),
            total=len(found),
        )
    send_late = request.field("late") == "send"
    step = run_step(replay_all(store, found.oldest(), services.replay_previews(store), send_late=send_late))
    return _progress_page(services, request, query, progress, step, "replay")


def discard(services: Services, request: PageRequest) -> Response:
    """Discard the dead letters of the filter, after the operator has confirmed it."""
    store, query = services.store(), query_of(request)
    progress, found = _begin(services, request, store, query)
    if len(found) and not request.field("sure"):
        return services.page(request, "dead_letters/confirm_discard.html", fields=fields_of(query), total=len(found))
    step = run_step(discard_all(store, found.oldest()))
    return _progress_page(services, request, query, progress, step, "discard")


def _begin(
    services: Services, request: PageRequest, store: DeadLetterStore, query: DeadLetterQuery
) -> tuple[Progress, Found]:
    """Return the progress that the page sent, and the dead letters that are left to do."""
    until = request.number("until", 0, _MOST_MS) or store.now_ms()
    after = request.field("after")
    found = services.index.find(store.connections, query.between(after, until))
    progress = Progress(
        until=until,
        total=request.number("total", len(found), _MOST_MS),
        after=after,
        done=request.number("done", 0, _MOST_MS),
        left=request.number("left", 0, _MOST_MS),
        reasons=list(request.form.get("left_because", ())),
    )
    return progress, found


def _progress_page(
    services: Services, request: PageRequest, query: DeadLetterQuery, progress: Progress, step: Result, action: str
) -> Response:
    progress.add(step)
    return services.page(
        request,
        "dead_letters/progress_part.html" if request.partial else "dead_letters/progress.html",
        action=action,
        progress=progress,
        finished=step.finished,
        fields=fields_of(query),
        late=request.field("late"),
        replayed=REPLAYED,
    )
