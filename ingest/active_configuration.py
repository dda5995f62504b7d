"""What is in force: the credentials and compiled connections of a configuration, exchanged whole when it changes."""

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

INTERVAL_S: Final = 0.5
IN_USE_S: Final = 300.0

log = structlog.get_logger("relay.ingest")


@dataclass(frozen=True, slots=True)
class ActiveConfiguration:
    """A configuration ready for requests; `plans` has each input's, disabled connections included.

    `peer_inputs`: those with a connection that may send the address of whoever posts (I1).
    """

    credentials: Credentials
    plans: Mapping[str, tuple[Plan, ...]]
    peer_inputs: frozenset[str]


def compile_configuration(configuration: Configuration) -> ActiveConfiguration:
    """Everything that can be resolved before a request comes."""
    inputs = configuration.inputs.values()
    plans = {
        one.id: tuple(compile_plan(connection, one) for connection in configuration.connections_of(one.id))
        for one in inputs
    }
    peer_inputs = frozenset(name for name, some in plans.items() if any(plan.takes_peer for plan in some))
    return ActiveConfiguration(Credentials(inputs), plans, peer_inputs)


class InputsInUse:
    """Which inputs this process has taken events of lately."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._last: dict[str, float] = {}

    def note(self, input_id: str) -> None:
        """A request of this input was taken."""
        self._last[input_id] = self._monotonic()

    def would_lose_connections(self, former: Configuration, new: Configuration) -> bool:
        """Whether the new configuration leaves events of an input in use without a connection that they had."""
        since = self._monotonic() - IN_USE_S
        return any(
            {one.id for one in former.connections_of(name)} - {one.id for one in new.connections_of(name)}
            or new.input_of(name) is None
            for name, last in list(self._last.items())
            if last >= since and former.input_of(name)
        )


class ConfigurationReloader:
    """Keeps `now` in step with the file; a file that is refused or held back changes nothing and is logged once."""

    def __init__(self, file: ConfigurationFile, in_use: InputsInUse) -> None:
        self.active = compile_configuration(file.current)
        self.in_use = in_use
        self._file = file
        self._logged: ConfigurationError | None = None
        self._logged_held = False

    @property
    def refused(self) -> ConfigurationError | None:
        """Why the newest file is not in force, if it is not."""
        return self._file.error

    @property
    def is_held_back(self) -> bool:
        """Whether a new file must stand for a while before it is in force."""
        return self._file.is_held_back

    def configuration(self) -> Configuration:
        """What is in force. Raises ConfigurationError while the newest file is refused, as reading it would."""
        if self._file.error is not None:
            raise ConfigurationError(self._file.error.problems)
        return self._file.current

    def poll(self) -> None:
        """Put the file in force if it has changed; reads files, so not for the event loop."""
        if self._file.refresh():
            self.active = compile_configuration(self._file.current)
            log.info("configuration_reloaded", file=str(self._file.path))
        refused = self._file.error
        if refused is not None and refused is not self._logged:
            log.warning("configuration_refused", problems=[str(one) for one in refused.problems])
        self._logged = refused
        if self.is_held_back and not self._logged_held:
            log.warning("configuration_held_back")
        self._logged_held = self.is_held_back
