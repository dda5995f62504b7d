"""Read a query for dead letters from a URL or a form, and write it back."""

import re
from dataclasses import asdict
from typing import Any, Final

from console.request import PageRequest
from operations.dead_letters.query import DeadLetterQuery

CONDITIONS: Final = (
    *("connection", "reason", "field", "tiktok_event", "received", "job", "search", "older_than", "newer_than"),
)


def query_of(request: PageRequest) -> DeadLetterQuery:
    """Return the query that the request's fields describe. An empty field means any; `id` may list several ids."""
    given: dict[str, Any] = {name: request.field(name).strip() or None for name in CONDITIONS}
    return DeadLetterQuery(ids=tuple(re.findall(r"[^\s,]+", request.field("id"))), **given)


def fields_of(query: DeadLetterQuery) -> dict[str, Any]:
    """Return the query as fields for URLs and hidden inputs, without empty ones."""
    ids = {"id": ",".join(query.ids)} if query.ids else {}
    return {**ids, **{name: value for name, value in asdict(query).items() if value and name in CONDITIONS}}
