"""The one exception that operations raise for the operator to read."""

from config.errors import RelayError


class OperatorError(RelayError):
    """A sentence for the operator: what happened, where, what to do."""
