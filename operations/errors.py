"""The one thing operations raise that is no defect below them: an answer that is bad news."""

from config.errors import RelayError


class OperatorError(RelayError):
    """The answer is bad news; the message is a whole sentence: what, where, what to do."""
