"""Fixtures of worker tests."""

from support.fixtures import bench, sandbox

__all__ = ["bench", "sandbox"]
