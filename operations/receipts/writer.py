"""Write receipts: what ended, for the script that ends it."""

from collections.abc import Sequence
from typing import Final

from config.settings import Settings
from delivery.receipt import AlikeItems, ReceiptColumns, digest_secrets, digester
from lanes.settlement import NO_RECEIPTS, Receipts


class ReceiptWriter:
    """Writes receipts; all together take at most `budget` bytes of Redis, 0 for none. Serves any number of threads.

    `archive`: how many bytes of Redis may wait for the archive, 0 without one.
    """

    def __init__(self, secret: bytes, budget: int, archive: int = 0) -> None:
        self.budget, self.archive = budget, archive
        self._digest = digester(secret)

    @property
    def is_on(self) -> bool:
        """Whether any receipt is written."""
        return bool(self.budget or self.archive)

    def write(self, groups: Sequence[AlikeItems]) -> Receipts:
        """Return the receipts of these items; none where no receipts are kept."""
        return self.write_columns(ReceiptColumns(groups)) if self.is_on else NO_RECEIPTS

    def write_columns(self, columns: ReceiptColumns) -> Receipts:
        """Return these receipts; none where no receipts are kept."""
        if not self.is_on or not columns:
            return NO_RECEIPTS
        content = columns.encode(self._digest)
        if self.archive:
            content = columns.archived_ids() + content
        return Receipts(len(columns), content, self.budget, self.archive)


NO_WRITER: Final = ReceiptWriter(b"", 0)


def receipt_writer(settings: Settings) -> ReceiptWriter:
    """Return the writer of these settings."""
    archive = settings.archive_memory if settings.archive else 0
    return ReceiptWriter(digest_secrets(settings.keyring)[0], settings.receipts_memory, archive)
