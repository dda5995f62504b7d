"""Sample users: a user is always in or always out, in every process, connection and version."""

from hashlib import sha256
from typing import Final

from config.model import Connection
from mapping.fields.placeholders import own_user
from mapping.incoming.batch_fields import BatchFields
from mapping.incoming.ids import usable_id
from mapping.incoming.kinds import Leaf
from mapping.values import first, text

PPM: Final = 1_000_000


def in_sample(identifier: str, ppm: int) -> bool:
    """Return whether an id is in a sample of `ppm` millionths.

    The first 64 bits of its SHA-256 (UTF-8, big-endian) are a fraction of 1, which must be below the share. So a larger
    sample has all ids of a smaller one.
    """
    fraction = int.from_bytes(sha256(identifier.encode("utf-8", "surrogatepass")).digest()[:8])
    return fraction * PPM < ppm << 64


def sampled_id(shared: BatchFields) -> str | None:
    """Return the id that the user is sampled by: mpid, else customer id, else device id; None where each is absent."""
    device = usable_id(shared.device_id)
    return _user(shared.mpid) or _user(first(shared.identity("customer_id"))) or (device and device.strip().lower())


def _user(value: Leaf) -> str | None:
    plain = text(value)
    return own_user(plain) if isinstance(plain, str) else None


def reads_device_id(connection: Connection) -> bool:
    """Return whether the connection's decisions need the device id, which no field that is sent does."""
    return connection.forward.sample_ppm is not None
