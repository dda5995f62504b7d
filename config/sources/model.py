"""A queue as the configuration file declares it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from config.sources.address import SourceAddress

DEFAULT_CONSUMER_GROUP: Final = "relay"


@dataclass(frozen=True, slots=True)
class InputByHeader:
    """The input of a message by one of its headers or attributes: `inputs` by value, `otherwise` for all others."""

    header: str
    inputs: Mapping[str, str]
    otherwise: str


@dataclass(frozen=True, slots=True)
class QueueSource:
    """A queue from which `relay consume` takes batches, and the input that they are of.

    Exactly one of `input` and `input_by` is set. `queue` is its name, or what the kind of queue calls it.
    `consumer_group` is Kafka's.
    """

    id: str
    address: SourceAddress
    queue: str
    input: str | None = None
    input_by: InputByHeader | None = None
    enabled: bool = True
    consumer_group: str = DEFAULT_CONSUMER_GROUP

    def input_of(self, headers: Mapping[str, str]) -> str:
        """Return the id of the input of a message with these headers."""
        if self.input_by is None:
            assert self.input is not None  # noqa: S101 - the reader of the file requires one of both
            return self.input
        by = self.input_by
        value = headers.get(by.header, "")
        return by.inputs.get(value, by.otherwise)

    @property
    def inputs(self) -> tuple[str, ...]:
        """All inputs that its messages may be of."""
        if self.input_by is None:
            return () if self.input is None else (self.input,)
        return tuple(dict.fromkeys([*self.input_by.inputs.values(), self.input_by.otherwise]))
