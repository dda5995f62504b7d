"""Write receipts: what ended, for the script that ends it."""

from collections.abc import Sequence
from typing import Final

from config.settings import Settings
from delivery.receipt import AlikeItems, archived_ids, digest_secrets, digester, encode_receipts
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
        number = sum([len(event_ids) for _, event_ids in groups]) if self.is_on else 0
        if not number:
            return NO_RECEIPTS
        content = encode_receipts(groups, self._digest)
        if self.archive:
            content = archived_ids(groups) + content
        return Receipts(number, content, self.budget, self.archive)


NO_WRITER: Final = ReceiptWriter(b"", 0)


def receipt_writer(settings: Settings) -> ReceiptWriter:
    """Return the writer of these settings."""
    archive = settings.archive_memory if settings.archive else 0
    return ReceiptWriter(digest_secrets(settings.keyring)[0], settings.receipts_memory, archive)
