"""What tests of what Redis holds beside lanes may ask for."""

from support.fixtures import client

__all__ = ["client"]
