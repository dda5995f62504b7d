"""What is in force: the credentials and compiled connections of a configuration, exchanged whole when it changes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import structlog

from config.errors import ConfigurationError
from config.file import ConfigurationFile
from config.model import Configuration
from ingest.auth import Credentials
from mapping.plan import Plan, compile_plan

INTERVAL_S: Final = 0.5

log = structlog.get_logger("relay.ingest")


@dataclass(frozen=True, slots=True)
class InForce:
    """A configuration ready for requests; `plans` has each input's, disabled connections included.

    `peer_inputs`: those with a connection that may send the address of whoever posts (I1).
    """

    credentials: Credentials
    plans: Mapping[str, tuple[Plan, ...]]
    peer_inputs: frozenset[str]


def compile_configuration(configuration: Configuration) -> InForce:
    """Everything that can be resolved before a request comes."""
    inputs = configuration.inputs.values()
    plans = {
        one.id: tuple(compile_plan(connection, one) for connection in configuration.connections_of(one.id))
        for one in inputs
    }
    peer_inputs = frozenset(name for name, some in plans.items() if any(plan.takes_peer for plan in some))
    return InForce(Credentials(inputs), plans, peer_inputs)


class Follower:
    """Keeps `now` in step with the file; a file that is refused changes nothing and is logged once."""

    def __init__(self, file: ConfigurationFile) -> None:
        self.now = compile_configuration(file.current)
        self._file = file
        self._logged: ConfigurationError | None = None

    @property
    def refused(self) -> ConfigurationError | None:
        """Why the newest file is not in force, if it is not."""
        return self._file.error

    def look(self) -> None:
        """Put the file in force if it has changed; reads files, so not for the event loop."""
        if self._file.refresh():
            self.now = compile_configuration(self._file.current)
            log.info("configuration in force", file=str(self._file.path))
        refused = self._file.error
        if refused is not None and refused is not self._logged:
            log.warning("configuration refused; the former one stays", problems=[str(one) for one in refused.problems])
        self._logged = refused
