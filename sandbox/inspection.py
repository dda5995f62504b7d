"""Judge one request as TikTok does: accept all of it or refuse all of it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from sandbox.field_rule import EVERY_SOURCE, FieldRule
from sandbox.rule_tree import Finding, Node, build_tree
from sandbox.rules import ENDPOINTS, INVALID_BATCH_SIZE, LEGACY, Endpoint, code_of

INVALID_PARAMS = 40000
TOKEN_MISSING = 40104
TOKEN_REFUSED = 40105


@dataclass(frozen=True, slots=True)
class Refusal:
    """TikTok's code and message for a refused request."""

    code: int
    message: str


@dataclass(frozen=True, slots=True)
class Submission:
    """A request whose body is a JSON object."""

    endpoint: Endpoint
    body: dict[str, Any]

    @property
    def source(self) -> str | None:
        """The pixel code, app id or event set id; None if it is no string."""
        source = self.body.get(self.endpoint.source)
        return source if isinstance(source, str) else None

    @property
    def events(self) -> list[Any]:
        """The events, of any type; an empty list if there is no list of events."""
        events = self.body.get(self.endpoint.events)
        return events if isinstance(events, list) else []

    def event_ids(self) -> list[Any]:
        """Return the id of each event, None for an event without one."""
        return [event.get("event_id") if isinstance(event, dict) else None for event in self.events]


def read(endpoint: Endpoint, body: bytes) -> Submission | None:
    """Parse the request in `body`; return None when it is not a JSON object."""
    try:
        return Submission(endpoint, msgspec.json.decode(body, type=dict[str, Any]))
    except (ValueError, msgspec.MsgspecError, RecursionError):
        return None


class Inspector:
    """Judges requests by the rules for the chosen options."""

    def __init__(self, tokens: Collection[str] = (), options: Collection[str] = ()) -> None:
        """`tokens`: the accepted ones; if empty, any token that does not begin with `Bearer`."""
        self._tokens = frozenset(tokens)
        self._requests = {endpoint.path: build_tree(endpoint.request) for endpoint in ENDPOINTS}
        self._events = {
            (endpoint.path, source): build_tree(_holding(endpoint.event, source, options))
            for endpoint in ENDPOINTS
            for source in EVERY_SOURCE
        }

    def inspect(self, headers: Mapping[str, str], submission: Submission | None) -> Submission | Refusal:
        """Return the submission if TikTok would accept all of it, else the refusal."""
        refusal = self._refuse_headers(headers)
        if refusal is not None:
            return refusal
        if submission is None:
            return Refusal(INVALID_PARAMS, "The request body is not a valid JSON object.")
        finding = self._requests[submission.endpoint.path].find(submission.body)
        if finding is not None:
            return _refusal(finding)
        return self._refuse_size(submission) or self._refuse_events(submission) or submission

    def _refuse_headers(self, headers: Mapping[str, str]) -> Refusal | None:
        token = headers.get("access-token", "")
        if not token:
            return Refusal(TOKEN_MISSING, "Access token is empty.")
        if token.startswith("Bearer ") or (self._tokens and token not in self._tokens):
            return Refusal(TOKEN_REFUSED, "Access token is incorrect or has been revoked.")
        if headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            return Refusal(INVALID_PARAMS, "The Content-Type must be application/json.")
        return None

    def _refuse_size(self, submission: Submission) -> Refusal | None:
        endpoint = submission.endpoint
        if not isinstance(submission.body.get(endpoint.events), list):
            return _refusal(Finding(endpoint.events, "not a valid list"))
        if not submission.events:
            return _refusal(Finding(endpoint.events, "shorter than minimum length 1"))
        if len(submission.events) > endpoint.max_events:
            message = f"Invalid value for {endpoint.events}: longer than maximum length {endpoint.max_events}."
            return Refusal(INVALID_BATCH_SIZE, message)
        return None

    def _refuse_events(self, submission: Submission) -> Refusal | None:
        rules = self._rules(submission)
        for position, event in enumerate(submission.events):
            finding = rules.find(event)
            if finding is not None:
                return refusal_of_event(submission.endpoint, position, finding)
        return None

    def _rules(self, submission: Submission) -> Node:
        source = "web" if submission.endpoint is LEGACY else submission.body["event_source"]
        return self._events[submission.endpoint.path, source]


def refusal_of_event(endpoint: Endpoint, position: int, finding: Finding) -> Refusal:
    """Return the refusal of one event; the legacy API names the event, event/track does not."""
    if endpoint is not LEGACY:
        return _refusal(finding if finding.path else finding.under(endpoint.events))
    place = Finding(finding.path, finding.complaint).under(f"Batch.{position}").path
    return Refusal(code_of(finding.complaint), f"{place}: {finding.complaint[0].upper()}{finding.complaint[1:]}")


def _refusal(finding: Finding) -> Refusal:
    return Refusal(code_of(finding.complaint), f"Invalid value for {finding.path}: {finding.complaint}.")


def _holding(rows: tuple[FieldRule, ...], source: str, options: Collection[str]) -> list[FieldRule]:
    return [row for row in rows if source in row.sources and (row.option is None or row.option in options)]
