"""What tests of requests to TikTok may ask for."""

from support.fixtures import sandbox

__all__ = ["sandbox"]
