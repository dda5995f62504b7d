"""The vocabulary agrees with the tables it restates (product.md C, N, M2)."""

import pytest

from config.vocabulary import APP_EVENTS, IDENTITY_TYPES, NATIVE_EVENTS, PRODUCT_ACTIONS, TIKTOK_EVENTS, WEB_EVENTS

COMMERCE = {"price", "quantity", "currency", "value", "content_id", "content_name", "content_category"}


@pytest.mark.parametrize(
    ("targets", "carried"),
    [
        (
            "AddPaymentInfo AddToCart AddToWishlist CompletePayment InitiateCheckout PlaceAnOrder Purchase ViewContent",
            COMMERCE,
        ),
        ("Checkout", COMMERCE),
        ("Search", {"query"}),
        ("Subscribe StartTrial", {"currency", "value"}),
        (
            "ClickButton Contact Download CompleteRegistration SubmitForm Lead Schedule FindLocation CustomizeProduct",
            set(),
        ),
        ("SubmitApplication ApplicationApproval LaunchAPP", set()),
    ],
)
def test_a_target_carries_what_the_page_lists(targets: str, carried: set[str]) -> None:
    """M2, newer names included; `description` goes with every one."""
    for target in targets.split():
        assert TIKTOK_EVENTS[target] == carried | {"description"}, target


def test_names_of_app_events_are_told_apart() -> None:
    """No name is in both tables, so which connections may use it is never in doubt."""
    assert not WEB_EVENTS.keys() & APP_EVENTS.keys()
    assert TIKTOK_EVENTS.keys() == WEB_EVENTS.keys() | APP_EVENTS.keys()


def test_native_events_are_real() -> None:
    """N1–N5 take actions that exist to events that exist."""
    assert NATIVE_EVENTS.keys() <= set(PRODUCT_ACTIONS)
    assert set(NATIVE_EVENTS.values()) <= WEB_EVENTS.keys()


def test_identity_types_are_those_of_the_page() -> None:
    """22 of them: nine by name, ten others, three phones."""
    assert len(IDENTITY_TYPES) == len(set(IDENTITY_TYPES)) == 22
    assert {"other_id_2", "other_id_10", "phone_number_3"} <= set(IDENTITY_TYPES)
