"""What all events of a batch share, made ready once: read, hashed, encoded; kept, for a user's batches are alike."""

from collections.abc import Callable
from functools import lru_cache, partial
from typing import Final, TypeAlias

from config.vocabulary import ENVIRONMENTS
from mapping.consent import consents_to
from mapping.recipe import Recipe
from mapping.results import Note, Withheld
from mapping.shared import Shared, read_shared
from mapping.wire import Document, Spliced

MOST_KEPT: Final = 1024
"""Batches of one user follow each other within minutes: this many users' are remembered, a few KB each."""


class Common:
    """The shared part of a batch for one connection; serves any number of threads and of batches."""

    def __init__(self, recipe: Recipe, relevant: bytes, remembered_ip: str | None, peer_ip: str | None) -> None:
        self.shared = read_shared(relevant)
        self.shared.addresses = (self.shared.ip, remembered_ip, peer_ip)
        self.withheld = withheld(self.shared, recipe)
        self._recipe = recipe
        self._encoded: tuple[Spliced, list[Note]] | None = None

    def encoded(self) -> tuple[Spliced, list[Note]]:
        """The fields of a batch's scope, and notes about them; made when the first event asks."""
        if self._encoded is None:
            document: Document = {}
            notes = list(self.shared.notes)
            self._recipe.of_batch(self.shared, document, notes)  # its rules are forgiving: nothing fails
            self._encoded = Spliced(document), notes
        return self._encoded


CommonOf: TypeAlias = Callable[[bytes, str | None, str | None], Common]
"""From what is relevant of a batch, the remembered address and that of whoever posted it, where those may be sent."""


def common_of(recipe: Recipe) -> CommonOf:
    """What makes the shared part for `recipe`, and remembers it for the next batch that says the same."""
    return lru_cache(maxsize=MOST_KEPT)(partial(Common, recipe))


def withheld(shared: Shared, recipe: Recipe) -> Withheld | None:
    """Why no event of the batch is sent; None when they may be."""
    if shared.environment not in recipe.environments:
        name = shared.environment if shared.environment in ENVIRONMENTS else "another"
        return Withheld(f"environment {name}, and this connection sends {', '.join(sorted(recipe.environments))} only")
    if recipe.purpose is not None and not consents_to(recipe.purpose, shared.consent):
        return Withheld(f"no GDPR consent to {recipe.purpose}, which this connection asks for (gdpr_purpose)")
    return None
