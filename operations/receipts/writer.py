"""Write receipts: what ended, for the script that ends it."""

from collections.abc import Sequence
from typing import Final

from config.settings import Settings
from delivery.receipt import AlikeItems, digest_secrets, digester, encode_receipts
from lanes.settlement import NO_RECEIPTS, Receipts


class ReceiptWriter:
    """Writes receipts; all together take at most `budget` bytes of Redis, 0 for none. Serves any number of threads."""

    def __init__(self, secret: bytes, budget: int) -> None:
        self.budget = budget
        self._digest = digester(secret)

    def write(self, groups: Sequence[AlikeItems]) -> Receipts:
        """Return the receipts of these items; none where no receipts are kept."""
        number = sum([len(event_ids) for _, event_ids in groups]) if self.budget else 0
        return Receipts(number, encode_receipts(groups, self._digest), self.budget) if number else NO_RECEIPTS


NO_WRITER: Final = ReceiptWriter(b"", 0)


def receipt_writer(settings: Settings) -> ReceiptWriter:
    """Return the writer of these settings."""
    return ReceiptWriter(digest_secrets(settings.keyring)[0], settings.receipts_memory)
