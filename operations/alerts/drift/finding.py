"""What detectors find, as it is kept until it is over."""

from typing import Literal, get_args

import msgspec

Detector = Literal["silence", "match_keys", "jumps"]
DETECTORS: tuple[Detector, ...] = get_args(Detector)


class Finding(msgspec.Struct):
    """Something that stopped or changed.

    detector   what found it
    subject    the TikTok event that stopped (EVERY_EVENT: all); the code of the match key that fell, or, of a
               jump, of the one that is omitted; "" for dead letters
    reason     of a jump: the reason of the dead letters or of the omissions
    events     the TikTok events that it was found for
    since_ms   when it began, about
    usual      silence: events an hour; match key: the share that carried it; jump: the number expected
    seen, of   match key and jump: how many, and of how many events, when it was found
    """

    detector: Detector
    subject: str
    since_ms: int
    usual: float
    seen: int = 0
    of: int = 0
    reason: str = ""
    events: list[str] = []

    @property
    def id(self) -> str:
        """What tells it from other findings of the connection."""
        return f"{self.detector}\t{self.subject}\t{self.reason}"
