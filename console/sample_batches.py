"""The sample batches that the console offers: invented, in the shape that mParticle sends."""

from importlib.resources import files
from typing import Final, NamedTuple


class Sample(NamedTuple):
    """One of them: its name in addresses, and what it shows."""

    name: str
    title: str


SAMPLES: Final = (
    Sample("purchase", "a purchase with everything in it"),
    Sample("basket", "a visit that fills a basket, one event with a bad URL"),
    Sample("app", "an app user who adds to a wish list and buys"),
)


def sample_text(name: str) -> str:
    """The batch of that name; "" when there is none."""
    if name not in {sample.name for sample in SAMPLES}:
        return ""
    return (files("console") / "samples" / f"{name}.json").read_text(encoding="utf-8")
