"""Describe one line of a trace in sentences, for commands and the console alike."""

from collections.abc import Iterator
from typing import Final, Literal, NamedTuple

from config.conditions.rule_names import SENTENCES
from config.dead_letter_reasons import REASONS
from operations.dead_letters.store import public
from operations.format import plural
from operations.receipts.item import TraceItem
from operations.status.connections import Overview
from operations.status.describe import describe_status

Subject = Literal["place", "answer", "attempts", "reason", "message", "dead_letter", "match_keys", "note"]
ASIDE: Final = ("dead_letter", "match_keys", "note")
"""What is shown less prominently."""


class Fact(NamedTuple):
    """One thing to know about an item; `subject` says what it is about."""

    subject: Subject
    text: str


def describe_item(item: TraceItem, seen: Overview) -> Iterator[Fact]:
    """Yield what is known of an item, in the order of its life; `text` may have control characters."""
    facts = item.facts
    if item.place is not None:
        status = next((status for status in seen.statuses if status.id == facts.connection), None)
        stands = "" if status is None else f"; {facts.connection} is {describe_status(status, seen.reading.now_ms)}"
        yield Fact("place", f"in lane {item.place.lane}, {plural(item.place.position, 'event')} before it{stands}")
    if facts.tiktok_code is not None or facts.tiktok_request_id:
        yield Fact("answer", f"TikTok's code {facts.tiktok_code}, request id {facts.tiktok_request_id or 'none'}")
    if facts.attempts:
        repeated = "; sent before with an unknown outcome" if facts.repeated else ""
        yield Fact("attempts", f"attempt {facts.attempts}{repeated}")
    if facts.reason and facts.outcome != "replayed":  # its reason only says that it was a dead letter
        yield Fact("reason", _reason(facts.outcome, facts.reason))
    if item.dead_letter is not None and (message := public(item.dead_letter, reveal=False)["message"]):
        yield Fact("message", message)
    if facts.dead_letter:
        gone = facts.outcome == "dead_lettered" and item.dead_letter is None
        yield Fact("dead_letter", f"dead letter {facts.dead_letter}{', no longer in the store' if gone else ''}")
    if item.match_keys:
        yield Fact("match_keys", f"match keys: {', '.join(item.match_keys)}")
    for note in item.notes:
        yield Fact("note", note)


def _reason(outcome: str, reason: str) -> str:
    """Return the reason or the name of the rule, and the sentence that explains it, if there is one."""
    if outcome == "withheld":
        sentence = SENTENCES.get(reason)
    else:
        sentence = REASONS[reason].sentence if reason in REASONS else None
    return f"{reason}: {sentence}" if sentence else reason
