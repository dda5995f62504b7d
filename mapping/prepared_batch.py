"""Prepare once what all events of a batch share: read, hash and encode it, and cache it for the user's next batches."""

from collections.abc import Callable
from functools import lru_cache
from typing import Final, TypeAlias

from config.vocabulary import ENVIRONMENTS
from mapping.fields.consent import consents_to
from mapping.incoming.batch_fields import BatchFields, read_batch_fields
from mapping.recipe import Recipe
from mapping.results import Note, Withheld
from mapping.wire import Document, Spliced

_OTHER_ENVIRONMENTS: Final = frozenset(
    (
        *("prod", "prd", "live", "release", "dev", "develop", "debug", "local", "localhost", "sandbox"),
        *("stage", "staging", "stg", "test", "testing", "tst", "qa", "uat", "integration", "int", "ci"),
        *("preview", "preprod", "pre-prod", "pre-production", "preproduction", "beta", "alpha", "demo", "canary"),
    )
)
MOST_KEPT: Final = 1024
"""Users whose batches one process caches; batches of one user follow each other within minutes."""
LONGEST_KEPT: Final = 2048
"""Bytes of JSON of one user. Decoded, they may take 20 times as much: 40 MiB in all, 3 MiB for usual users."""
MOST_LONG_KEPT: Final = 16
LONGEST_LONG_KEPT: Final = 64 << 10
"""Bytes of JSON of the few longer ones, 20 MiB in all; longer ones still are decoded each time."""


class PreparedBatch:
    """The shared part of a batch for one connection; serves any number of threads and batches."""

    def __init__(self, recipe: Recipe, relevant: bytes, remembered_ip: str | None, peer_ip: str | None) -> None:
        self.shared = read_batch_fields(relevant)
        self.shared.addresses = (self.shared.ip, remembered_ip, peer_ip)
        self.shared.platform = recipe.platform
        self.withheld = withheld(self.shared, recipe)
        self._recipe = recipe
        self._encoded: tuple[Spliced, tuple[Note, ...]] | None = None

    def encoded(self) -> tuple[Spliced, tuple[Note, ...]]:
        """Return the fields of the batch, encoded, and the notes about them; computed at the first call."""
        if self._encoded is None:
            document: Document = {}
            notes = list(self.shared.notes)
            self._recipe.of_batch(
                self.shared, document, notes
            )  # rules of a batch's fields only omit fields: nothing fails
            self._encoded = Spliced(document), tuple(notes)
        return self._encoded


PrepareBatch: TypeAlias = Callable[[bytes, str | None, str | None], PreparedBatch]
"""Takes the relevant JSON of a batch, the remembered address and the sender's address, where those may be sent."""


class _Maker:
    """A recipe compared by identity: a key of the caches that all connections share."""

    __slots__ = ("recipe",)

    def __init__(self, recipe: Recipe) -> None:
        self.recipe = recipe


def _make(maker: _Maker, relevant: bytes, remembered_ip: str | None, peer_ip: str | None) -> PreparedBatch:
    return PreparedBatch(maker.recipe, relevant, remembered_ip, peer_ip)


_kept = lru_cache(maxsize=MOST_KEPT)(_make)
_kept_long = lru_cache(maxsize=MOST_LONG_KEPT)(_make)


def batch_preparer(recipe: Recipe) -> PrepareBatch:
    """Return a function that prepares the shared part for `recipe`, and caches it for batches with the same content."""
    maker = _Maker(recipe)

    def make(relevant: bytes, remembered_ip: str | None, peer_ip: str | None) -> PreparedBatch:
        if len(relevant) <= LONGEST_KEPT:
            return _kept(maker, relevant, remembered_ip, peer_ip)
        prepare = _kept_long if len(relevant) <= LONGEST_LONG_KEPT else _make
        return prepare(maker, relevant, remembered_ip, peer_ip)

    return make


def _of_environment(name: str, sent: frozenset[str]) -> str:
    """Return why an environment is withheld. Only common names are shown: any other may be personal data."""
    shown = name if name in ENVIRONMENTS or name in _OTHER_ENVIRONMENTS else "another"
    why = f"environment {shown}, and this connection sends {', '.join(sorted(sent))} only"
    return why if name in ENVIRONMENTS else f"{why}; mParticle's words are {' and '.join(ENVIRONMENTS[:2])}"


def withheld(shared: BatchFields, recipe: Recipe) -> Withheld | None:
    """Return why no event of the batch may be sent; None when its events may be sent."""
    if shared.environment not in recipe.environments:
        return Withheld(_of_environment(shared.environment, recipe.environments))
    if recipe.purpose is not None and not consents_to(recipe.purpose, shared.consent):
        return Withheld(f"no GDPR consent to {recipe.purpose}, which this connection asks for (gdpr_purpose)")
    return None
