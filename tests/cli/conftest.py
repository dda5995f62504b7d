"""Fixtures of command tests."""

from support.fixtures import bench, nodes, place, sandbox

__all__ = ["bench", "nodes", "place", "sandbox"]
