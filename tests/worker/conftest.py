"""Fixtures of worker tests."""

from support.fixtures import bench, bench_file, sandbox

__all__ = ["bench", "bench_file", "sandbox"]
