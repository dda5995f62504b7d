"""Fixtures of tests with real processes."""

from support.fixtures import bench, place, sandbox

__all__ = ["bench", "place", "sandbox"]
