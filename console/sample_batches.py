"""The invented sample batches of the page “Try it”, in the shape that mParticle sends."""

from importlib.resources import files
from typing import Final, NamedTuple


class Sample(NamedTuple):
    """One sample: its name in URLs, and a title that says what it shows."""

    name: str
    title: str


SAMPLES: Final = (
    Sample("purchase", "a purchase with every field"),
    Sample("basket", "a shopper fills a basket; one event has a bad URL"),
    Sample("app", "an app user adds to a wish list and buys"),
)


def sample_text(name: str) -> str:
    """Return the batch of that name, or "" if there is none."""
    if name not in {sample.name for sample in SAMPLES}:
        return ""
    return (files("console") / "samples" / f"{name}.json").read_text(encoding="utf-8")
