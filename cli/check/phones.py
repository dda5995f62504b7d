"""Check phone numbers: warn if some have no country code and no default_region is set."""

import contextlib

from cli.check.findings import Finding
from cli.context import configuration_of, redis_url
from config.errors import ConfigurationError
from config.settings import Settings
from lanes.ledger import read_ledger
from operations.errors import OperatorError
from operations.metrics.samples import PHONES
from store.client import connect
from store.errors import RedisAway


def findings_of_phones(settings: Settings) -> list[Finding]:
    """Return a warning for each connection; nothing without file or Redis, which other checks report."""
    with contextlib.suppress(ConfigurationError, OperatorError, RedisAway, ValueError):
        configuration = configuration_of(settings)
        without = [each.id for each in configuration.connections.values() if each.default_region is None]
        with connect(redis_url(settings)) as client:
            read = read_ledger(client, without, []).connections if without else []
        counts = {each.name: each.measures.get(PHONES, 0) for each in read if each.name in without}
        return [_finding(connection, count) for connection, count in counts.items() if count]
    return []


def _finding(connection: str, count: int) -> Finding:
    events = "1 event" if count == 1 else f"{count:,} events"
    return Finding(
        "phone numbers",
        "warning",
        f"`{connection}` has no default_region and has sent {events} whose phone number has no country code:"
        " relay omits most such numbers, and reads some as another country's",
        "Set default_region to the country of such numbers, or send them with + and the country code.",
    )
