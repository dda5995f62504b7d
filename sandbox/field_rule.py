"""What one rule of the stand-in TikTok says about one value."""

from typing import NamedTuple

from sandbox.checks import Check

WEB = frozenset({"web"})
APP = frozenset({"app"})
OFFLINE = frozenset({"offline"})
CRM = frozenset({"crm"})
EVERY_SOURCE = WEB | APP | OFFLINE | CRM


class FieldRule(NamedTuple):
    """One rule for one value."""

    path: str
    """The path from the event or the request; `contents[].price` is the price of every item."""
    check: Check
    required: bool = False
    sources: frozenset[str] = EVERY_SOURCE
    """The event sources that the rule is for; the legacy API has one."""
    option: str | None = None
    """The rule is for a sandbox that was started with this option."""
