"""The newest error of a lane, as the worker stores it in Redis and `relay status` shows it: the one schema."""

import msgspec

from delivery.dead_letter import rfc3339


class LastError(msgspec.Struct, frozen=True, omit_defaults=True):
    """When, what happened, and who must do what; `who` and `what_to_do` are empty where no one has to act."""

    at_ms: int
    """Unix milliseconds, by Redis's clock."""
    error: str
    who: str = ""
    what_to_do: str = ""
    blocked: bool = False
    """Whether the lane delivers nothing until someone acts: its oldest events cannot be read."""

    def encode(self) -> str:
        """Return the stored form."""
        return _encoder.encode(self).decode()

    @staticmethod
    def decode(stored: str) -> "LastError | None":
        """Return the stored error; None where there is none, or a later version wrote it in another form."""
        try:
            return _decoder.decode(stored)
        except msgspec.DecodeError:
            return None

    def as_object(self) -> dict[str, str]:
        """Return it as `relay status --json` shows it."""
        return {"at": rfc3339(self.at_ms), "error": self.error, "who": self.who, "what_to_do": self.what_to_do}


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(LastError)
