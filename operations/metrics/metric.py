"""One metric: a row of the catalogue."""

from typing import Literal, NamedTuple

from operations.metrics.samples import Take


class Metric(NamedTuple):
    """One metric: `samples` takes it from a snapshot."""

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    labels: tuple[str, ...]
    help: str
    samples: Take
