"""Fixtures of command tests."""

from support.fixtures import bench, place, sandbox

__all__ = ["bench", "place", "sandbox"]
