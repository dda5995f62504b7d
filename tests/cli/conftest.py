"""Fixtures of command tests."""

from support.fixtures import bench, bench_file, nodes, place, sandbox

__all__ = ["bench", "bench_file", "nodes", "place", "sandbox"]
