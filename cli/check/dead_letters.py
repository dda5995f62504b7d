"""Check dead letters: warn before their retention ends."""

import contextlib

from cli.check.findings import Finding
from cli.context import configuration_of, redis_url
from config.errors import ConfigurationError
from config.settings import Settings
from operations.dead_letters.retention import count_expiring, expiry_remedy, expiry_warning
from operations.errors import OperatorError
from store.client import connect
from store.clocks import now_ms
from store.errors import RedisAway


def findings_of_dead_letters(settings: Settings) -> list[Finding]:
    """Return a warning for each connection; nothing without file or Redis, which other checks report."""
    with contextlib.suppress(ConfigurationError, OperatorError, RedisAway, ValueError):
        configuration = configuration_of(settings)
        with connect(redis_url(settings)) as client:
            expiring = count_expiring(client, configuration, now_ms(client))
        connections = configuration.connections
        return [
            Finding(
                "dead letters", "warning", expiry_warning(connections[id_], number), expiry_remedy(connections[id_])
            )
            for id_, number in expiring.items()
        ]
    return []
