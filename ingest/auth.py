"""Authenticate requests by HTTP Basic: find the input whose key and secret the header carries."""

import base64
import binascii
import hashlib
import secrets
from collections.abc import Iterable
from hmac import compare_digest
from typing import Final

from config.model import Input
from ingest.answers import FORBIDDEN, UNAUTHORIZED, RequestRefused

_DIGEST_BYTES: Final = 16
_MOST_ADMITTED: Final = 1024
_LONGEST_ADMITTED: Final = 2 * 1024
"""Longer headers are compared each time: spaces around right credentials would be kept with them."""


class Credentials:
    """The keys and secrets of a configuration, as digests under a key of this process.

    The time of an answer reveals nothing: finding a digest does not depend on how much of a guess is right. An unknown
    key costs the same comparison, with a decoy.
    """

    def __init__(self, inputs: Iterable[Input]) -> None:
        self._pepper = secrets.token_bytes(32)
        self._known = {
            self._digest(source.api_key.encode()): (self._digest(source.api_secret.encode()), source.id)
            for source in inputs
        }
        self._decoy = (secrets.token_bytes(_DIGEST_BYTES), None)
        self._admitted: dict[bytes, str] = {}

    def input_of(self, authorization: bytes | None) -> str:
        """Return the id of the input whose key and secret the header carries. Raise RequestRefused with 401 or 403.

        Accepted headers are kept whole in a dict, whose hash Python keys differently in each process. A header that
        differs in any byte is compared like a new one.
        """
        if authorization in self._admitted:
            return self._admitted[authorization]
        input_id = self._compare(authorization)
        if authorization and len(authorization) <= _LONGEST_ADMITTED and len(self._admitted) < _MOST_ADMITTED:
            self._admitted[authorization] = input_id
        return input_id

    def input_of_key(self, authorization: bytes | None) -> str | None:
        """Return the id of the input whose key the header carries, with any secret; None if there is none."""
        try:
            key, _ = _read(authorization)
        except RequestRefused:
            return None
        return self._known.get(self._digest(key), self._decoy)[1]

    def _compare(self, authorization: bytes | None) -> str:
        key, secret = _read(authorization)
        expected, input_id = self._known.get(self._digest(key), self._decoy)
        if not compare_digest(expected, self._digest(secret)) or input_id is None:
            raise RequestRefused(FORBIDDEN, "The API key and secret are not those of any input.")
        return input_id

    def _digest(self, text: bytes) -> bytes:
        return hashlib.blake2b(text, digest_size=_DIGEST_BYTES, key=self._pepper).digest()


def _read(authorization: bytes | None) -> tuple[bytes, bytes]:
    """Return key and secret of a Basic header; one of them may be empty. Raise RequestRefused."""
    scheme, _, encoded = (authorization or b"").partition(b" ")
    if scheme.lower() != b"basic":
        raise RequestRefused(UNAUTHORIZED, "Send the input's API key and secret in an Authorization header (Basic).")
    try:
        key, colon, secret = base64.b64decode(encoded.strip(), validate=True).partition(b":")
    except binascii.Error:
        colon = b""
    if not colon:
        raise RequestRefused(UNAUTHORIZED, "The Authorization header must be: Basic base64(key:secret).")
    if not (key or secret):
        raise RequestRefused(UNAUTHORIZED, "The API key and secret are both empty.")
    return key, secret
