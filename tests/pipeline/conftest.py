"""Fixtures of tests with real processes."""

from support.fixtures import bench, bench_file, place, sandbox

__all__ = ["bench", "bench_file", "place", "sandbox"]
