"""Say how unlikely a number of events is, when their usual number is known."""

import math

_SMALLEST_PART = 1e-12


def at_most(count: int, mean: float) -> float:
    """Return the probability of at most `count` events where `mean` are usual (Poisson); 1 when `count` is not low."""
    return 1.0 if count >= mean else _tail(count, mean, step=-1)


def at_least(count: int, mean: float) -> float:
    """Return the probability of at least `count` events where `mean` are usual (Poisson); 1 when it is not high."""
    return 1.0 if count <= mean or count <= 0 else _tail(count, mean, step=1)


def _tail(count: int, mean: float, step: int) -> float:
    """Add up the probabilities from `count` away from the mean; each is smaller than the one before."""
    if mean <= 0:
        return 0.0
    first = math.exp(count * math.log(mean) - mean - math.lgamma(count + 1))
    part = total = 1.0
    while part > _SMALLEST_PART and (step > 0 or count > 0):
        part *= mean / (count + 1) if step > 0 else count / mean
        total += part
        count += step
    return min(1.0, first * total)
