"""The TikTok event that a product action becomes without a custom mapping: the rows N1–N6."""

from typing import NamedTuple

from config.model import Connection
from config.vocabulary import NATIVE_EVENTS, PRODUCT_ACTIONS

COMMERCE_EVENT = "commerce_event"

# mParticle's event types. Only these are shown: any other text in an event might be personal data.
EVENT_TYPES = frozenset(
    (
        *("session_start", "session_end", "screen_view", "custom_event", "crash_report", "opt_out", "first_run"),
        *("pre_attribution", "push_registration", "application_state_transition", "push_message"),
        *("network_performance", "breadcrumb", "profile", "push_reaction", COMMERCE_EVENT, "user_attribute_change"),
        *("user_identity_change", "uninstall"),
    )
)


class NativeRow(NamedTuple):
    """A commerce event with this product action becomes this TikTok event."""

    id: str
    action: str
    tiktok_event: str


NATIVE = tuple(NativeRow(f"N{n}", action, event) for n, (action, event) in enumerate(NATIVE_EVENTS.items(), start=1))


def native_events(connection: Connection) -> dict[str, str | None]:
    """Return product action → TikTok event, with the connection's own choices applied; None where it is off."""
    return {**{row.action: row.tiktok_event for row in NATIVE}, **connection.native_events}


def describe(event_type: str, action: str) -> str:
    """Return a description of an unsupported event (N6), in mParticle's words only."""
    if event_type not in EVENT_TYPES:
        return "event of an unknown type" if event_type else "event without a type"
    if event_type != COMMERCE_EVENT:
        return event_type
    if not action:
        return f"{event_type} without product action"
    return f"{event_type} {action}" if action in PRODUCT_ACTIONS else f"{event_type} with an unknown action"
