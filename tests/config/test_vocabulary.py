"""The vocabulary agrees with the documented tables (C, N, M2)."""

import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from config.additional_fields import ADDITIONAL_PARAMETERS
from config.conditions.words import NAMES
from config.vocabulary import (
    APP_EVENTS,
    IDENTITY_TYPES,
    NATIVE_EVENTS,
    PRODUCT_ACTIONS,
    TIKTOK_EVENTS,
    WEB_EVENTS,
    carried_by,
)

COMMERCE = {"price", "quantity", "currency", "value", "content_id", "content_name", "content_category"}


EVERY = COMMERCE | {"query", *ADDITIONAL_PARAMETERS}


@pytest.mark.parametrize(
    ("targets", "carried"),
    [
        ("AddPaymentInfo AddToCart AddToWishlist CompletePayment InitiateCheckout PlaceAnOrder ViewContent", COMMERCE),
        ("Search", {"query"}),
        ("Subscribe", {"currency", "value"}),
        ("ClickButton Contact Download", set()),
        ("Purchase StartTrial CompleteRegistration SubmitForm Lead Schedule FindLocation CustomizeProduct", EVERY),
        ("SubmitApplication ApplicationApproval LaunchAPP Checkout", EVERY),
    ],
)
def test_an_event_has_the_documented_parameters(targets: str, carried: set[str]) -> None:
    """M2: the twelve of mParticle's page have its list, others all; `description` goes with every one."""
    for target in targets.split():
        assert carried_by(target) == carried | {"description"}, target
        assert carried_by(target, extra=True) == EVERY | {"description"}, target


def test_app_events_and_web_events_have_different_names() -> None:
    """No name is in both tables, so it is clear which connections may use it."""
    assert not WEB_EVENTS.keys() & APP_EVENTS.keys()
    assert TIKTOK_EVENTS.keys() == WEB_EVENTS.keys() | APP_EVENTS.keys()


def test_native_events_exist() -> None:
    """N1–N5 map existing actions to existing events."""
    assert NATIVE_EVENTS.keys() <= set(PRODUCT_ACTIONS)
    assert set(NATIVE_EVENTS.values()) <= WEB_EVENTS.keys()


def test_identity_types_are_the_documented_ones() -> None:
    """22 of them: nine by name, ten others, three phones."""
    assert len(IDENTITY_TYPES) == len(set(IDENTITY_TYPES)) == 22
    assert {"other_id_2", "other_id_10", "phone_number_3"} <= set(IDENTITY_TYPES)


@pytest.mark.parametrize(("subject", "names"), NAMES.items(), ids=NAMES.keys())
def test_the_document_on_conditions_names_what_a_subject_may_name(subject: str, names: Sequence[str]) -> None:
    """docs/control.md has each name; of identities it has examples."""
    text = (Path(__file__).parents[2] / "docs" / "control.md").read_text(encoding="utf-8")
    (cell,) = re.findall(rf"^\| `{subject}: NAME` \| (.*) \|$", text, re.MULTILINE)
    named = re.findall(r"`(\w+)`", cell)
    assert set(named) == set(names) if subject != "identity" else set(named) < set(names)
