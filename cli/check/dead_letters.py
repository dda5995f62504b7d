"""What `relay check` says of dead letters: whether some will soon have been kept long enough."""

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


def findings_of_letters(settings: Settings) -> list[Finding]:
    """A warning for each connection; nothing where the file is wrong or Redis away, which is told already."""
    with contextlib.suppress(ConfigurationError, OperatorError, RedisAway, ValueError):
        configuration = configuration_of(settings)
        with connect(redis_url(settings)) as client:
            soon = count_expiring(client, configuration, now_ms(client))
        found = ((configuration.connections[name], letters) for name, letters in soon.items())
        return [
            Finding("dead letters", "warning", expiry_warning(one, letters), expiry_remedy(one))
            for one, letters in found
        ]
    return []
