"""Name the rules that withhold events: previews, counts and metrics use these names."""

from collections.abc import Mapping
from typing import Final

from config.conditions.words import describe
from config.model import Condition, Forward

ENVIRONMENT: Final = "environment"
GDPR_PURPOSE: Final = "gdpr_purpose"
DISABLED: Final = "enabled: false"
LOGGED_IN_ONLY: Final = "logged_in_only"
SENTENCES: Final[Mapping[str, str]] = {
    ENVIRONMENT: "the batch's environment is not one of `environments`",
    GDPR_PURPOSE: "the batch has no GDPR consent to the purpose that the connection asks for",
    LOGGED_IN_ONLY: "the batch has no identity of a user who is logged in",
}
"""What the names say that do not explain themselves. A preview has the batch, so it says more."""


def condition_rule(key: str, number: int, condition: Condition) -> str:
    """Return the name of a condition of `only_if` or `never_if`; `number` counts from 1."""
    return f"{key} {number}: {describe(condition)}"


def sample_rule(ppm: int) -> str:
    """Return the name of a sample of `ppm` millionths, with the share as the file writes it."""
    whole, rest = divmod(ppm, 10_000)
    return f"sample {whole}.{rest:04}".rstrip("0").rstrip(".") + "%"


def native_rule(action: str) -> str:
    """Return the name for native events of a product action that are off."""
    return f"native_events: {action} off"


def rules_of(forward: Forward) -> list[str]:
    """Return the names of all rules of `forward`."""
    conditions = (("only_if", forward.only_if), ("never_if", forward.never_if))
    names = [
        condition_rule(key, number, condition)
        for key, found in conditions
        for number, condition in enumerate(found, start=1)
    ]
    if forward.logged_in_only:
        names.append(LOGGED_IN_ONLY)
    if forward.sample_ppm is not None:
        names.append(sample_rule(forward.sample_ppm))
    return names
