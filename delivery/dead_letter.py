"""A dead letter: one event, for one connection, that will not be tried again by itself (product.md Z1)."""

import re
import secrets
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from config.dead_letter_reasons import INTERNAL_ERROR

_LAST_MS: Final = 253_402_300_799_999
_ID: Final = re.compile(r"[0-9a-f]{22}")


ENCRYPTED_MESSAGE: Final = (
    "what TikTok said is encrypted: reading it takes the key in RELAY_ENCRYPTION_KEY that was in use then"
)


class DeadLetter(msgspec.Struct, frozen=True, kw_only=True):
    """Everything kept about it. Stored as a map, so older and newer versions of `relay` read each other's letters:
    an unknown field is passed over and a missing one takes its default.
    """

    id: str
    connection: str
    input: str
    at_ms: int
    """When it died, Unix milliseconds."""
    stage: str = "delivery"
    """`mapping` or `delivery`."""
    reason: str = INTERNAL_ERROR.code
    """Machine-readable: `invalid_url`, `rejected_by_tiktok`, `expired`, …"""
    message: str = ""
    """For a person. TikTok's own words, which may quote personal data; SEALED where `words` has them."""
    field: str | None = None
    """mapping: the incoming name (`TikTok.URL`); delivery: TikTok's path (`properties.value`) where it named one."""
    event_id: str | None = None
    tiktok_event: str | None = None
    tiktok_code: int | None = None
    tiktok_request_id: str | None = None
    attempts: int = 0
    job: str | None = None
    words: bytes = b""
    """TikTok's own words, encrypted; empty where there is no key, and `message` has them."""
    source: bytes = b""
    """Enough to map it again: a sealed chunk, opaque here."""
    shared: str = ""
    """The id under which the store keeps the batch's JSON, once for all its letters. Empty: `source` has it."""

    def __repr__(self) -> str:
        return f"DeadLetter(id={self.id!r}, connection={self.connection!r}, reason={self.reason!r})"

    def encode(self) -> bytes:
        """The stored form."""
        return _encoder.encode(self)

    @staticmethod
    def decode(stored: bytes) -> "DeadLetter":
        """The letter in `stored`; raises `msgspec.MsgspecError` when it is none."""
        return _decoder.decode(stored)

    def public(self) -> dict[str, Any]:
        """What `relay dead-letters list --json` prints: every field but what is sealed, times in RFC 3339 UTC."""
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
    """An id for a letter of an event that died then; ids sort by that."""
    return f"{dead_lettered_at_ms:012x}{secrets.token_hex(5)}"


def dead_lettered_at_ms(letter_id: str) -> int | None:
    """When its event died, Unix milliseconds, told by the id alone; None for an id that is none of ours."""
    return int(letter_id[:12], 16) if _ID.fullmatch(letter_id) else None


def rfc3339(ms: int) -> str:
    """Unix milliseconds as JSON has them: RFC 3339, UTC; what is no time of this calendar is `unknown`."""
    if not 0 <= ms <= _LAST_MS:
        return "unknown"
    seconds, rest = divmod(ms, 1000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest:03d}Z"


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(DeadLetter)
