"""The record of a dead letter: one event, for one connection, that will not be retried automatically (Z1)."""

import re
import secrets
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from config.dead_letter_reasons import INTERNAL_ERROR

_LAST_MS: Final = 253_402_300_799_999
_ID: Final = re.compile(r"[0-9a-f]{22}")


ENCRYPTED_MESSAGE: Final = (
    "TikTok's message is encrypted: put the key that was in use then into RELAY_ENCRYPTION_KEY to read it"
)


class DeadLetter(msgspec.Struct, frozen=True, kw_only=True):
    """Everything stored about a dead letter.

    It is stored as a map, so that older and newer versions of relay can read each other's dead letters: an unknown
    field is ignored and a missing one gets its default.
    """

    id: str
    connection: str
    input: str
    at_ms: int
    """When it was dead-lettered, Unix milliseconds."""
    stage: str = "delivery"
    """`mapping` or `delivery`; of its reason."""
    reason: str = INTERNAL_ERROR.code
    """A code of `config/dead_letter_reasons.py`."""
    message: str = ""
    """A sentence for a person: relay's, or TikTok's, which may quote personal data. ENCRYPTED_MESSAGE if in `words`."""
    field: str | None = None
    """In mapping the incoming name (`TikTok.URL`); in delivery TikTok's path (`properties.value`), if it named one."""
    event_id: str | None = None
    tiktok_event: str | None = None
    tiktok_code: int | None = None
    tiktok_request_id: str | None = None
    attempts: int = 0
    job: str | None = None
    words: bytes = b""
    """TikTok's message, encrypted; empty where there is no encryption key and `message` holds it."""
    source: bytes = b""
    """The event and its batch, to map it again: an encoded chunk, encrypted where there is a key."""
    shared: str = ""
    """The id of the batch's JSON, stored once for all dead letters of the batch. If empty, `source` has it."""

    def __repr__(self) -> str:
        return f"DeadLetter(id={self.id!r}, connection={self.connection!r}, reason={self.reason!r})"

    def encode(self) -> bytes:
        """Return the stored form."""
        return _encoder.encode(self)

    @staticmethod
    def decode(stored: bytes) -> "DeadLetter":
        """Return the dead letter in `stored`. Raise `msgspec.MsgspecError` when it is not one."""
        return _decoder.decode(stored)

    def public(self) -> dict[str, Any]:
        """Return it as `relay dead-letters list --json` prints it: without encrypted fields, times in RFC 3339 UTC."""
        return {
            "id": self.id,
            "connection": self.connection,
            "input": self.input,
            "event_id": self.event_id,
            "tiktok_event": self.tiktok_event,
            "stage": self.stage,
            "reason": self.reason,
            "field": self.field,
            "message": self.message,
            "tiktok_code": self.tiktok_code,
            "tiktok_request_id": self.tiktok_request_id,
            "attempts": self.attempts,
            "job": self.job,
            "at": rfc3339(self.at_ms),
        }


def new_dead_letter_id(dead_lettered_at_ms: int) -> str:
    """Return a new id for a dead letter of this time (Unix milliseconds); ids sort by time."""
    return f"{dead_lettered_at_ms:012x}{secrets.token_hex(5)}"


def dead_lettered_at_ms(dead_letter_id: str) -> int | None:
    """Return the time in a dead letter's id, Unix milliseconds; None for an id of another form."""
    return int(dead_letter_id[:12], 16) if _ID.fullmatch(dead_letter_id) else None


def rfc3339(ms: int) -> str:
    """Return Unix milliseconds as RFC 3339 in UTC, or `unknown` for a time outside the years 1970–9999."""
    if not 0 <= ms <= _LAST_MS:
        return "unknown"
    seconds, rest = divmod(ms, 1000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest:03d}Z"


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(DeadLetter)
