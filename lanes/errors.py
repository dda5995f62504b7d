"""The errors of the queue, named by who must act."""

from config.errors import RelayError


class ArrivalTooLarge(RelayError):
    """The events of one append need, over all their connections, more than one script may carry: send less (413)."""


class ChunkUnreadable(RelayError):
    """This process cannot read a chunk, which stays; `what_to_do` is a sentence for the operator."""

    def __init__(self, what_to_do: str) -> None:
        super().__init__(what_to_do)
        self.what_to_do = what_to_do
