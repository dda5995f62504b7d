"""What `relay check` says of phone numbers: whether some come without a country where no default_region is set."""

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
    """A warning for each connection; nothing where the file is wrong or Redis away, which is told already."""
    with contextlib.suppress(ConfigurationError, OperatorError, RedisAway, ValueError):
        configuration = configuration_of(settings)
        without = [one.id for one in configuration.connections.values() if one.default_region is None]
        with connect(redis_url(settings)) as client:
            read = read_ledger(client, without, []).connections if without else []
        counts = {one.name: one.measures.get(PHONES, 0) for one in read if one.name in without}
        return [_finding(connection, count) for connection, count in counts.items() if count]
    return []


def _finding(connection: str, count: int) -> Finding:
    events = "1 event" if count == 1 else f"{count:,} events"
    return Finding(
        "phone numbers",
        "warning",
        f"`{connection}` has sent {events} whose phone number says no country, and it has no default_region:"
        " most such numbers are omitted, and some are read as another country's",
        "set default_region to the country that such numbers are of, or send them with + and the country code",
    )
