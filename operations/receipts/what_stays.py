"""Say what receipts keep of a person's events after the person's data were erased, and for how long."""

import redis

from config.settings import Settings
from delivery.dead_letter import rfc3339
from lanes.receipts.archive import archive_kept
from lanes.receipts.blocks import receipts_kept


def describe_what_stays(settings: Settings, client: redis.Redis) -> list[str]:
    """Return a sentence for the receipts in Redis and one for the archive; none for what there is not."""
    kept, sentences = receipts_kept(client), []
    if kept.receipts:
        digest = "a keyed digest" if settings.keyring else "a digest"
        sentences.append(
            f"Receipts stay in Redis until newer ones replace them; they reach back to {rfc3339(kept.since_ms or 0)}. "
            f"They hold how an event ended and {digest} of its id, and no identity."
        )
    if settings.archive and (archive_kept(client).archived or archive_kept(client).receipts):
        days = settings.archive_days
        until = f"for {days} days (RELAY_ARCHIVE_DAYS)" if days else "until you remove its files"
        sentences.append(
            f"The archive {settings.archive} keeps receipts {until}, "
            "with the SHA-256 of the event's id and no identity."
        )
    return sentences
