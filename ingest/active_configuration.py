"""The active configuration: credentials and compiled connections, replaced as a whole when the file changes."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import structlog

from config.errors import ConfigurationError
from config.file import ConfigurationFile
from config.model import Configuration
from ingest.auth import Credentials
from mapping.plan import Plan, compile_plan
from process.configuration_log import log_refresh

INTERVAL_S: Final = 0.5
IN_USE_S: Final = 300.0

log = structlog.get_logger("relay.ingest")


@dataclass(frozen=True, slots=True)
class ActiveConfiguration:
    """A configuration ready for requests; `plans` are by input, disabled connections included.

    `peer_inputs`: the inputs with a connection that may send the address of the host that posts (I1).
    """

    credentials: Credentials
    plans: Mapping[str, tuple[Plan, ...]]
    peer_inputs: frozenset[str]


def compile_configuration(configuration: Configuration) -> ActiveConfiguration:
    """Resolve everything that does not depend on a request."""
    inputs = configuration.inputs.values()
    plans = {
        source.id: tuple(compile_plan(connection, source) for connection in configuration.connections_of(source.id))
        for source in inputs
    }
    peer_inputs = frozenset(
        name for name, input_plans in plans.items() if any(plan.uses_peer_ip for plan in input_plans)
    )
    return ActiveConfiguration(Credentials(inputs), plans, peer_inputs)


class InputsInUse:
    """The inputs from which this process accepted events in the last IN_USE_S seconds."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._accepted_at: dict[str, float] = {}

    def record(self, input_id: str) -> None:
        """Record that a request of this input was accepted now."""
        self._accepted_at[input_id] = self._monotonic()

    def would_lose_connections(self, former: Configuration, new: Configuration) -> bool:
        """Return whether an input in use, or one of its connections, is missing in the new configuration."""
        since = self._monotonic() - IN_USE_S
        return any(
            {connection.id for connection in former.connections_of(name)}
            - {connection.id for connection in new.connections_of(name)}
            or new.input_of(name) is None
            for name, accepted_at in list(self._accepted_at.items())
            if accepted_at >= since and former.input_of(name)
        )


class ConfigurationReloader:
    """Keeps `active` in step with the file; a file that is refused or held back is logged once and changes nothing."""

    def __init__(self, file: ConfigurationFile, in_use: InputsInUse) -> None:
        self.active = compile_configuration(file.current)
        self.in_use = in_use
        self._file = file
        self._logged_held = False

    @property
    def refused(self) -> ConfigurationError | None:
        """The errors of the newest file; None when it has none."""
        return self._file.error

    @property
    def is_held_back(self) -> bool:
        """Whether a new file must stay as it is for a while before it is used."""
        return self._file.is_held_back

    @property
    def in_force(self) -> Configuration:
        """The configuration in force, whatever the newest file has."""
        return self._file.current

    def configuration(self) -> Configuration:
        """Return the active configuration. Raise ConfigurationError while the newest file is refused."""
        if self._file.error is not None:
            raise ConfigurationError(self._file.error.problems)
        return self._file.current

    def poll(self) -> None:
        """Use the file if it has changed. Reads files, so do not call it on the event loop."""
        before = self._file.error
        is_new = self._file.refresh()
        if is_new:
            self.active = compile_configuration(self._file.current)
        log_refresh(log, self._file, before, is_new=is_new)
        if self.is_held_back and not self._logged_held:
            log.warning("configuration_held_back")
        self._logged_held = self.is_held_back
