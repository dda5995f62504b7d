"""A line of a trace says in a sentence why an item ended as it did."""

import pytest
from support.bench import Bench

from config.conditions.rule_names import ENVIRONMENT, GDPR_PURPOSE, LOGGED_IN_ONLY
from delivery.receipt import ReceiptFields
from operations.receipts.describe_item import describe_item
from operations.receipts.item import TraceItem
from operations.status.connections import overview


@pytest.mark.parametrize(
    ("outcome", "reason", "words"),
    [
        ("withheld", ENVIRONMENT, "environment: the batch's environment is not one of `environments`"),
        ("withheld", GDPR_PURPOSE, "gdpr_purpose: the batch has no GDPR consent to the purpose that the connection"),
        ("withheld", LOGGED_IN_ONLY, "logged_in_only: the batch has no identity of a user who is logged in"),
        ("withheld", "only_if 1: attribute channel in web, shop", "only_if 1: attribute channel in web, shop"),
        ("dead_lettered", "invalid_url", "invalid_url: The page's address does not start with"),
    ],
)
def test_a_reason_is_explained(outcome: str, reason: str, words: str, bench: Bench) -> None:
    """The name of a condition says itself what it asks for."""
    item = TraceItem("e1", ReceiptFields("shop", "web", outcome, reason=reason), 1)
    [fact] = describe_item(item, overview(bench.runtime.settings, bench.redis))
    assert (fact.subject, fact.text[: len(words)]) == ("reason", words)


def test_a_replay_has_no_reason(bench: Bench) -> None:
    """Its receipt only says that it was a dead letter."""
    item = TraceItem("e1", ReceiptFields("shop", "web", "replayed", reason="dead_letter"), 1)
    assert list(describe_item(item, overview(bench.runtime.settings, bench.redis))) == []
