"""Keep what is found in Redis, where workers, commands and metrics read it."""

import msgspec
import redis

from operations.alerts.drift.judge import Watch
from store.records.alert_state import DRIFT, AlertState

Watches = dict[str, Watch]
"""What is remembered of each connection."""

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Watches).decode


def decode_watches(note: bytes) -> Watches:
    """Return what is remembered; nothing when there is no note, or one of a later version."""
    try:
        return _decode(note) if note else {}
    except msgspec.MsgspecError:
        return {}


def encode_watches(watches: Watches) -> bytes:
    """Return the note that keeps it."""
    return _encode(watches)


def read_watches(client: redis.Redis) -> Watches:
    """Return what is remembered of each connection. Raise RedisAway."""
    return decode_watches(AlertState(client).note_of(DRIFT))
