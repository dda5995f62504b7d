"""Read what a page is limited to from a URL or a form, such as a query for dead letters, and write it back."""

import re
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from config.nearest import unknown
from console.request import PageRequest
from operations.dead_letters.query import TEXT_CONDITIONS, DeadLetterQuery
from operations.errors import OperatorError


def query_of(request: PageRequest) -> DeadLetterQuery:
    """Return the query that the request's fields make. `id` may have several ids.

    In a URL an empty field means any, because browsers send all fields of a search. In a form that replays,
    discards or exports it raises OperatorError.
    """
    for name in (*TEXT_CONDITIONS, "id"):
        if name in request.form and not request.field(name).strip():
            raise OperatorError(f"The field `{name}` is empty. Give it a value, or omit it.")
    given: dict[str, Any] = {name: request.field(name).strip() or None for name in TEXT_CONDITIONS}
    return DeadLetterQuery(ids=tuple(re.findall(r"[^\s,]+", request.field("id"))), **given)


def unknown_connection(request: PageRequest, known: Iterable[str]) -> list[str]:
    """Return the sentences about the connection that a page is limited to, if there is no such connection."""
    names, chosen = list(known), request.field("connection")
    return [unknown("connection", chosen, names)] if chosen and chosen not in names else []


def fields_of(query: DeadLetterQuery) -> dict[str, Any]:
    """Return the query as fields for URLs and hidden inputs, without empty ones."""
    ids = {"id": ",".join(query.ids)} if query.ids else {}
    return {**ids, **{name: value for name, value in asdict(query).items() if value and name in TEXT_CONDITIONS}}
